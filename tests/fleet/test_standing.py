"""Where a fleet stands, and what its manager is told of it."""

from __future__ import annotations

from gomicro.fleet.standing import Standing
from gomicro.fleet.telling import Telling
from gomicro.server.manager import Nobody
from tests.fleet.playing import Play


class Recording(Nobody):
    """A manager that keeps what it is told."""

    def __init__(self, watchdog: float = 0.0) -> None:
        self.watchdog = watchdog
        self.told: list[str] = []

    def ready(self, status: str) -> None:
        self.told.append(f"ready, {status}")

    def reloading(self) -> None:
        self.told.append("reloading")

    def stopping(self, status: str) -> None:
        self.told.append(f"stopping, {status}")

    def alive(self) -> None:
        self.told.append("alive")


def stands(play: Play) -> Standing:
    return play.machine.stands()[0]


def test_a_fleet_is_ready_when_every_worker_has_been() -> None:
    play = Play(2)
    assert stands(play) is Standing.STARTING
    assert stands(play.ready(1)) is Standing.STARTING
    assert stands(play.ready(2)) is Standing.READY
    assert stands(play.died(1, -9)) is Standing.READY  # it is replaced


def test_a_restart_is_reloading_until_it_is_done_or_given_up() -> None:
    play = Play(1).ready(1)
    assert stands(play) is Standing.READY
    assert stands(play.restart()) is Standing.RELOADING
    assert stands(play.ready(2).rests(1).died(1)) is Standing.READY
    assert stands(play.restart()) is Standing.RELOADING
    assert stands(play.failed(3)) is Standing.READY


def test_a_restart_before_all_are_ready_belongs_to_the_start() -> None:
    play = Play(1)
    assert stands(play) is Standing.STARTING
    assert stands(play.restart()) is Standing.STARTING


def test_a_fleet_that_leaves_comes_back_no_more() -> None:
    play = Play(1).ready(1)
    play.restart()
    assert play.stop().machine.stands() == (Standing.LEAVING, "SIGTERM")
    assert stands(play.died(1).died(2, -15)) is Standing.LEAVING


def test_one_worker_that_gives_signs_of_life_is_enough() -> None:
    play = Play(2)
    assert play.machine.alive()
    play.ready(1, 2)
    play.wait(3, silent=(1,))
    assert play.machine.alive()
    play.wait(3, silent=(1, 2))
    assert not play.machine.alive()
    play.wait(1)
    assert play.machine.alive()


def test_the_manager_is_told_each_thing_once() -> None:
    manager = Recording()
    telling = Telling(manager, lambda: True, "listening on :80")
    for where in (
        Standing.STARTING,
        Standing.READY,
        Standing.READY,
        Standing.RELOADING,
        Standing.READY,
        Standing.LEAVING,
        Standing.LEAVING,
    ):
        telling.look(where, "SIGTERM")
    assert manager.told == [
        "ready, listening on :80",
        "reloading",
        "ready, listening on :80",
        "stopping, leaving service: SIGTERM",
    ]


def test_signs_of_life_are_given_in_half_the_watchdogs_time_while_there_is_life() -> None:
    manager = Recording(watchdog=4.0)
    alive = True
    telling = Telling(manager, lambda: alive, "")
    assert telling.due() <= 100
    for now, lives, count in ((100.0, True, 1), (101.9, True, 1), (102.0, False, 1), (104.0, 1, 2)):
        alive = bool(lives)
        telling.tick(now)
        assert len(manager.told) == count
    assert telling.due() == 106


def test_without_a_watchdog_nothing_is_due() -> None:
    manager = Recording()
    telling = Telling(manager, lambda: True, "")
    assert telling.due() == float("inf")
    telling.tick(1e9)
    assert manager.told == []
