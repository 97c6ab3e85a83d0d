"""Signs of life for a watchdog, on the clock of a virtual event loop."""

from __future__ import annotations

import asyncio

from gomicro.server.manager import Nobody
from gomicro.server.watchdog import guarding
from tests.connection.harness import Clock, VirtualLoop


class Counting(Nobody):
    """A manager that keeps the moments at which it heard of the service."""

    def __init__(self, watchdog: float) -> None:
        self.watchdog = watchdog
        self.moments: list[float] = []

    def alive(self) -> None:
        self.moments.append(asyncio.get_running_loop().time() - 1000)


def heard(watchdog: float) -> list[float]:
    """When a manager with this watchdog heard of a service that lives for two seconds."""
    manager = Counting(watchdog)
    clock = Clock()

    async def main() -> None:
        with guarding(manager):
            await asyncio.sleep(2.1)
        await asyncio.sleep(5)

    with asyncio.Runner(loop_factory=lambda: VirtualLoop(clock)) as runner:
        runner.run(main())
    return [round(moment, 3) for moment in manager.moments]


def test_a_sign_of_life_comes_twice_in_the_watchdogs_time() -> None:
    assert heard(1.0) == [0, 0.5, 1.0, 1.5, 2.0]


def test_nothing_is_said_where_nobody_asks() -> None:
    assert heard(0) == []


def test_without_a_manager_nobody_is_told() -> None:
    async def main() -> None:
        with Nobody().guarding():
            assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())
