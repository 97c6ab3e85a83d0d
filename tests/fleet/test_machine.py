"""What a fleet decides, in virtual time: starts, deaths, and the number of workers."""

from __future__ import annotations

import pytest

from gomicro.fleet.actions import Exit, Failure
from gomicro.fleet.state import TRANSITIONS, Event, State
from tests.fleet.playing import Play


def test_all_workers_start_at_once_and_the_first_that_is_ready_makes_the_service_listen() -> None:
    play = Play(workers=3)
    assert play.told() == [("start", 1, 1), ("start", 2, 2), ("start", 3, 3)]
    assert play.ready(2).told() == ["Listening"]
    assert play.ready(1, 3).told() == []
    assert [line["worker"] for line in play.log("worker ready")] == [2, 1, 3]


def test_a_worker_that_dies_when_it_is_ready_is_started_again_ever_later() -> None:
    play = Play(workers=1).ready(1)
    for key in range(1, 12):
        pause = play.died(key, -9).log("worker died")[-1]["again_in"]
        assert not play.wait(pause - 0.01).alive
        assert play.wait(0.02).ready(key + 1).alive == {key + 1}
    pauses = [line["again_in"] for line in play.log("worker died")]
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0]
    assert play.log("worker died")[0] == {
        "worker": 1, "pid": 101, "signal": "SIGKILL", "lived": 0.0, "again_in": 0.1,
    }  # fmt: skip


def test_a_worker_that_dies_for_the_first_time_is_replaced_at_once() -> None:
    play = Play(workers=1).ready(1).wait(1).died(1).wait(0.001)
    assert play.alive == {2}
    play.ready(2).wait(1).died(2).wait(0.09)
    assert play.alive == set()
    assert play.wait(0.02).alive == {3}
    assert [line["again_in"] for line in play.log("worker died")] == [0.0, 0.1]


def test_a_worker_that_lived_for_a_minute_is_replaced_at_once_and_its_pauses_begin_anew() -> None:
    play = Play(workers=1).ready(1)
    play.died(1).wait(0.1).ready(2).died(2).wait(0.2).ready(3)
    play.wait(60).died(3, 1).wait(0.01)
    assert 4 in play.alive
    play.ready(4).died(4).wait(0.1)
    assert 5 in play.alive


def test_if_no_worker_can_start_the_service_ends_with_the_first_ones_error() -> None:
    play = Play(workers=2)
    play.failed(2, "cannot import the application", 3, trace="Traceback ...")
    assert play.log("stopped") == []
    play.failed(1, "cannot import the application", 3, trace="Traceback ...")
    assert play.exit == Exit(3, Failure("cannot import the application", 3, "Traceback ..."))
    first, second = play.log("worker failed to start")
    assert first["exception"] == "Traceback ..."
    assert "exception" not in second


def test_nobody_is_started_again_while_none_has_ever_been_ready() -> None:
    play = Play(workers=2)
    play.told()
    play.failed(1).wait(5)
    assert play.told() == []
    assert play.ready(2).wait(0.2).told() == ["Listening", ("start", 3, 1)]


def test_a_start_that_ends_by_a_signal_is_told_so() -> None:
    play = Play(workers=1).died(1, -11)
    reason = "worker 1 was ended by SIGSEGV before it was ready"
    assert play.exit == Exit(3, Failure(reason, 3))


def test_a_start_that_ends_without_a_word_is_told_so() -> None:
    play = Play(workers=1).died(1, 1)
    assert play.exit == Exit(3, Failure("worker 1 exited with 1 before it was ready", 3))


def test_a_signal_without_a_name_is_its_number() -> None:
    play = Play(workers=2).ready(1, 2).died(2, -50)
    assert play.log("worker died")[0]["signal"] == "signal 50"


def test_one_that_fails_while_others_serve_is_tried_again_and_again() -> None:
    play = Play(workers=2).ready(1, 2).died(2, 1)
    for key in range(3, 8):
        play.wait(31)
        assert key in play.alive
        play.failed(key)
    assert play.exit is None
    assert play.alive == {1}


def test_ttin_is_one_more_and_ttou_one_fewer_down_to_one() -> None:
    play = Play(workers=1).ready(1)
    play.told()
    assert play.more()
    assert play.told() == [("start", 2, 2)]
    play.ready(2)
    assert play.fewer()
    assert play.told() == [("leave", 2, "")]
    assert not play.fewer()
    play.died(2).wait(100)
    assert play.told() == []
    assert play.more()
    assert play.told() == [("start", 3, 2)]


def test_ttou_stops_one_that_starts() -> None:
    play = Play(workers=2).ready(1)
    play.told()
    assert play.fewer()
    assert play.told() == [("signal", 2, "SIGTERM")]
    play.died(2, -15).wait(10)
    assert play.told() == []
    assert play.log("worker failed to start") == []


def test_ttou_takes_one_back_that_waits_for_its_start() -> None:
    play = Play(workers=2).ready(1, 2).died(2, 1)
    play.told()
    assert play.fewer()
    assert play.wait(60).told() == []
    assert play.more()


def test_ttou_of_one_whose_predecessor_still_leaves_is_complete_when_both_are_gone() -> None:
    play = Play(workers=2).ready(1, 2).restart().ready(3).ready(4)
    assert play.fewer()
    assert play.died(4).died(2).alive == {1, 3}
    play.told()
    assert play.more()
    assert play.told() == [("start", 5, 2)]


def test_there_are_256_workers_at_most() -> None:
    play = Play(workers=256)
    assert not play.more()


def test_a_word_that_comes_too_late_changes_nothing() -> None:
    play = Play(workers=1).stop()
    play.told()
    assert play.ready(1).told() == []


@pytest.mark.parametrize("state", State)
def test_every_state_can_be_left_but_the_last(state: State) -> None:
    ends = [TRANSITIONS.get((state, event)) for event in Event]
    assert (State.GONE in ends) == (state is not State.GONE)
