"""Replacing workers that serve, in virtual time."""

from __future__ import annotations

import itertools

from tests.fleet.playing import Play


def test_a_restart_replaces_one_worker_after_another_and_waits_for_each_to_be_ready() -> None:
    play = Play().ready(1, 2)
    play.told()
    assert play.restart().told() == [("start", 3, 1)]
    assert play.wait(20).told() == []
    assert play.ready(3).told() == [("leave", 1, ""), ("start", 4, 2)]
    assert play.ready(4).told() == [("leave", 2, "")]
    assert play.rests(1).log("restart done") == []
    assert play.rests(2).log("restart done") == [{"generation": 2, "duration": 20.0}]
    assert [line.get("replaces") for line in play.log("worker ready")] == [None, None, 101, 102]


def test_one_that_leaves_is_not_replaced_and_its_end_is_no_death() -> None:
    play = Play(workers=1).ready(1).restart().ready(2)
    play.told()
    assert play.wait(3).died(1).wait(60).told() == []
    assert play.log("worker left") == [{"worker": 1, "pid": 101, "status": 0, "after": 3.0}]
    assert play.log("worker died") == []


def test_a_new_worker_that_cannot_start_ends_the_restart_and_the_old_ones_stay() -> None:
    play = Play().ready(1, 2).restart()
    play.told()
    assert play.failed(3, "cannot import").wait(120).told() == []
    assert play.log("restart given up") == [{"generation": 2, "reason": "cannot import"}]
    assert play.alive == {1, 2}
    assert play.restart().told() == [("start", 4, 1)]


def test_a_new_worker_that_is_never_ready_is_killed_and_the_old_one_stays() -> None:
    play = Play(start=10).ready(1, 2).restart()
    play.told()
    assert play.wait(10.1).told() == [("locate", 3)]
    assert play.located(3, "app.py:7 load").told() == [("signal", 3, "SIGKILL")]
    assert play.died(3, -9).told() == []
    reason = "not ready within 10 s (--worker-start-timeout), at app.py:7 load"
    assert play.log("restart given up") == [{"generation": 2, "reason": reason}]
    assert play.alive == {1, 2}


def test_one_that_starts_for_too_long_is_killed_also_where_nobody_knows_where_it_is() -> None:
    play = Play(start=10).ready(1, 2).restart()
    play.told()
    assert play.wait(11).told() == [("locate", 3), ("signal", 3, "SIGKILL")]
    assert play.located(3, "app.py:7 load").told() == []


def test_a_second_restart_during_the_first_renews_those_that_were_new_once_more() -> None:
    play = Play().ready(1, 2).restart().ready(3).restart()
    play.told()
    assert play.ready(4).told() == [("leave", 2, "")]
    assert play.died(1).told() == [("start", 5, 1)]
    assert play.ready(5).died(2).told() == [("leave", 3, ""), ("start", 6, 2)]
    assert play.log("restart done") == []
    play.ready(6).rests(3, 4)
    assert play.log("restart done") == [{"generation": 3, "duration": 0.0}]


def test_many_restarts_at_once_are_one() -> None:
    play = Play(workers=1).ready(1)
    for _ in range(20):
        play.restart()
    play.ready(2).died(1).ready(3).rests(2).wait(60)
    assert play.log("restart done") == [{"generation": 21, "duration": 0.0}]
    assert len(play.log("worker started")) == 3


def test_a_restart_before_anybody_is_ready_renews_those_that_start() -> None:
    play = Play(workers=1).restart()
    play.told()
    assert play.ready(1).told() == ["Listening", ("start", 2, 1)]
    assert play.ready(2).told() == [("leave", 1, "")]


def test_an_old_worker_that_dies_in_a_restart_is_not_started_twice() -> None:
    play = Play(workers=1).ready(1).restart().died(1, -9)
    play.told()
    assert play.wait(60).told() == []
    assert play.ready(2).wait(60).told() == []
    assert len(play.log("restart done")) == 1


def test_if_both_die_the_place_is_filled_again() -> None:
    play = Play().ready(1, 2).restart().died(1, -9)
    play.told()
    assert play.failed(3).wait(0.3).told() == [("start", 4, 1)]
    assert len(play.log("restart given up")) == 1


def test_a_restart_that_meets_an_empty_place_is_done_when_that_is_filled() -> None:
    play = Play(workers=1).ready(1).died(1, -9).restart()
    play.told()
    assert play.wait(0.2).told() == [("start", 2, 1)]
    play.ready(2)
    assert len(play.log("restart done")) == 1


def test_a_restart_that_cannot_fill_an_empty_place_is_given_up() -> None:
    play = Play().ready(1, 2).died(1, -9).restart().ready(3)
    play.wait(0.2).failed(4, "broken")
    assert [line["reason"] for line in play.log("restart given up")] == ["broken"]


def test_a_worker_that_is_told_to_end_by_somebody_else_is_replaced_first() -> None:
    play = Play().ready(1, 2)
    play.told()
    assert play.ask(2).ask(2).told() == [("start", 3, 2)]
    assert play.ready(3).told() == [("leave", 2, "")]
    assert play.log("worker leaving")[0]["reason"] == "SIGTERM to the worker"
    assert play.ask(2).told() == []


def test_who_has_served_enough_requests_is_replaced_one_at_a_time() -> None:
    play = Play(requests=100).ready(1, 2)
    play.told()
    play.beat(1, requests=99).beat(2, requests=99)
    assert play.wait(5).told() == []
    play.beat(1, requests=100).beat(2, requests=100)
    assert play.wait(5).told() == [("start", 3, 1)]
    assert play.ready(3).told() == [("leave", 1, ""), ("start", 4, 2)]
    assert play.log("worker leaving")[0]["reason"] == "--max-requests"


def test_who_has_served_long_enough_is_replaced() -> None:
    play = Play(workers=1, age=3600).ready(1)
    play.told()
    assert play.wait(3599).told() == []
    assert play.wait(2).told() == [("start", 2, 1)]
    play.ready(2)
    assert play.log("worker leaving")[0]["reason"] == "--max-worker-age"


def test_who_is_too_large_is_replaced_and_one_that_is_born_too_large_ever_less_often() -> None:
    play = Play(workers=1, memory=100).ready(1)
    starts = []
    for key in range(2, 10):
        play.beat(key - 1, memory=100)
        while key not in play.alive:
            play.wait(0.5)
        starts.append(play.now)
        play.ready(key).died(key - 1)
    pauses = [later - before for before, later in itertools.pairwise(starts)]
    assert pauses == sorted(pauses)
    assert pauses[-1] > 4
    assert play.log("worker leaving")[0]["reason"] == "--max-worker-memory"


def test_a_replacement_that_cannot_start_is_tried_again_later() -> None:
    play = Play(workers=1, age=10).ready(1).wait(11)
    play.told()
    assert play.failed(2).told() == []
    assert play.wait(1).told() == [("start", 3, 1)]
    assert play.failed(3).wait(0.15).told() == []
    assert play.log("restart given up") == []


def test_a_place_whose_last_worker_still_leaves_waits_with_its_next_renewal() -> None:
    play = Play(workers=1).ready(1).restart().ready(2).restart()
    play.told()
    assert play.wait(20).told() == []
    assert play.died(1).told() == [("start", 3, 1)]
