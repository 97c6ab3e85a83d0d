"""The end of a fleet, in virtual time."""

from __future__ import annotations

import pytest

from gomicro.fleet.actions import Exit
from tests.fleet.playing import Play


def test_sigterm_closes_the_supervisors_listeners_before_the_last_workers_take_the_queue() -> None:
    play = Play().ready(1, 2)
    play.told()
    assert play.stop().told() == ["CloseListeners", ("leave", 1, "last"), ("leave", 2, "last")]
    assert play.died(1).told() == []
    assert play.died(2).news() == [Exit(0)]


def test_those_that_start_end_before_the_listeners_are_closed() -> None:
    play = Play().ready(1, 2).restart()
    play.told()
    assert play.stop().told() == [("signal", 3, "SIGTERM")]
    assert play.died(3, -15).told() == [
        "CloseListeners", ("leave", 1, "last"), ("leave", 2, "last")
    ]  # fmt: skip
    assert play.log("restart given up") == []


def test_one_that_starts_and_does_not_hear_is_killed_after_a_second() -> None:
    play = Play().ready(1, 2).restart().stop()
    play.told()
    assert play.wait(1.5).told() == [("signal", 3, "SIGKILL")]
    assert play.died(3, -9).told()[0] == "CloseListeners"


def test_nobody_waits_longer_than_two_seconds_for_one_that_the_system_does_not_let_go() -> None:
    play = Play().ready(1, 2).restart().stop().wait(1.5)
    play.told()
    assert play.wait(1).told() == ["CloseListeners", ("leave", 1, "last"), ("leave", 2, "last")]


def test_a_worker_that_leaves_for_another_is_told_that_it_is_among_the_last() -> None:
    play = Play(workers=1).ready(1).restart().ready(2)
    play.told()
    assert play.stop().told() == ["CloseListeners", ("leave", 1, "last"), ("leave", 2, "last")]


@pytest.mark.parametrize("status", [1, -9])
def test_the_status_is_1_if_a_worker_did_not_end_well(status: int) -> None:
    play = Play().ready(1, 2).stop().died(1, status).died(2)
    assert play.news()[-1] == Exit(1)


def test_the_end_of_one_that_left_before_does_not_count() -> None:
    play = Play(workers=1).ready(1).restart().ready(2).died(1, 1).stop().died(2)
    assert play.news()[-1] == Exit(0)


@pytest.mark.parametrize(("reason", "status"), [("SIGTERM", 143), ("SIGINT", 130), ("other", 0)])
def test_a_stop_before_anybody_is_ready_has_its_own_status(reason: str, status: int) -> None:
    play = Play(workers=1).stop(reason).died(1, -15)
    assert play.news()[-1] == Exit(status)


def test_nobody_is_started_after_a_stop() -> None:
    play = Play(workers=2).ready(1, 2).died(1, 1).stop()
    play.told()
    assert play.wait(10).restart().told() == []
    assert not play.more()
    assert not play.fewer()
    assert play.ask(2).died(2, -9).told() == ["Exit"]


def test_sigterm_again_is_told_again_since_it_ends_the_delay_of_the_workers() -> None:
    play = Play(workers=1).ready(1).stop()
    play.told()
    assert play.stop().told() == [("leave", 1, "last")]
    assert play.stop().died(1).news()[-1] == Exit(0)


def test_sigterm_again_while_those_that_start_are_stopped_ends_the_delay_of_the_others() -> None:
    play = Play().ready(1).stop().stop()
    play.told()
    assert play.died(2, -15).told() == ["CloseListeners", *[("leave", 1, "last")] * 2]


def test_sigint_after_sigterm_hurries_and_a_second_one_ends_all() -> None:
    play = Play(workers=1).ready(1).stop()
    play.told()
    assert play.stop("SIGINT").told() == [("leave", 1, "last")]
    assert play.stop("SIGINT").told() == [("signal", 1, "SIGKILL")]
    assert play.died(1, -9).news() == [Exit(130)]


def test_sigint_while_those_that_start_are_stopped_hurries_the_others_later() -> None:
    play = Play().ready(1).stop().stop("SIGINT")
    play.died(2, -15)
    tells = [action for action in play.news() if hasattr(action, "word")]
    assert [action.fields["patient"] for action in tells] == [False]  # type: ignore[union-attr]


def test_a_drain_that_hangs_is_killed_a_little_after_the_grace() -> None:
    play = Play(workers=1, grace=30).ready(1).stop()
    play.told()
    assert play.wait(34).told() == []
    assert play.wait(2).told() == [("signal", 1, "SIGKILL")]
    assert play.died(1, -9).news() == [Exit(1)]


def test_without_a_grace_nobody_is_killed() -> None:
    play = Play(workers=1, grace=0).ready(1).stop()
    play.told()
    assert play.wait(10_000).told() == []


def test_sigquit_has_every_worker_write_its_stacks_and_ends_with_2() -> None:
    play = Play().ready(1)
    play.told()
    assert play.quit().told() == [("signal", 1, "SIGQUIT"), ("signal", 2, "SIGQUIT")]
    assert play.died(1, 2).died(2, -3).news() == [Exit(2)]


def test_one_that_does_not_end_on_sigquit_is_killed() -> None:
    play = Play(workers=1).ready(1).quit()
    play.told()
    assert play.wait(6).told() == [("signal", 1, "SIGKILL")]


def test_sigquit_ends_a_departure_that_hangs() -> None:
    play = Play(workers=1).ready(1).stop().quit().died(1, 2)
    assert play.news()[-1] == Exit(2)
