"""The heartbeat, in virtual time: what the watchers hear of a loop that answers late."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, cast

import pytest

from gomicro.watch.heartbeat import PAUSE, Heartbeat

AFTER = 0.5


class Heard:
    """What a watcher has heard."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, float]] = []

    def blocked(self, seconds: float) -> None:
        self.calls.append(("blocked", round(seconds, 3)))

    def free(self, seconds: float) -> None:
        self.calls.append(("free", round(seconds, 3)))


class World:
    """A clock, and a loop that answers `delay` seconds after it is asked."""

    def __init__(self, after: float = AFTER) -> None:
        self.now = 100.0
        self.delay = 0.0
        self.oversleeps = 0.0
        """How much later than asked for the next wait ends."""
        self.answer_at: float | None = None
        self.answer: Callable[[], None] = lambda: None
        self.heard = Heard()
        self.lags: list[float] = []
        self.heartbeat = Heartbeat(
            self.ask,
            after,
            clock=lambda: self.now,
            event=lambda: cast("threading.Event", Event(self)),
        )
        self.heartbeat.watchers.append(self.heard)
        self.heartbeat.lags.append(lambda lag: self.lags.append(round(lag, 3)))

    def ask(self, answer: Callable[[], None]) -> None:
        self.answer, self.answer_at = answer, self.now + self.delay

    def pass_time(self, seconds: float | None, event: Event) -> None:
        """Let time pass until the event is set, or the seconds are over."""
        ends_at = 1e9 if seconds is None else self.now + seconds + self.oversleeps
        self.oversleeps = 0.0
        if self.answer_at is not None and self.answer_at <= ends_at:
            self.now = max(self.now, self.answer_at)
            self.answer_at = None
            self.answer()
            if event.flag:
                return
        self.now = ends_at


class Event:
    """An event in the world's time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.flag = False

    def set(self) -> None:
        self.flag = True

    def clear(self) -> None:
        self.flag = False

    def is_set(self) -> bool:
        return self.flag

    def wait(self, seconds: float | None) -> bool:
        if not self.flag:
            self.world.pass_time(seconds, self)
        return self.flag


def test_a_loop_that_answers_soon_is_not_mentioned() -> None:
    world = World()
    for world.delay in (0.0, 0.1, AFTER - 0.001):
        assert world.heartbeat.beat()
    assert world.heard.calls == []
    assert world.lags == [0.0, 0.1, 0.499]


def test_a_loop_is_asked_for_after_each_pause() -> None:
    world = World()
    for _ in range(3):
        world.heartbeat.beat()
    assert world.now == pytest.approx(100 + 3 * PAUSE)


def test_a_blocked_loop_is_told_while_it_is_and_when_it_is_over() -> None:
    world = World()
    world.delay = AFTER + 2.5 * PAUSE
    world.heartbeat.beat()
    assert world.heard.calls == [
        ("blocked", AFTER),
        ("blocked", AFTER + PAUSE),
        ("blocked", round(AFTER + 2 * PAUSE, 3)),
        ("free", round(AFTER + 2.5 * PAUSE, 3)),
    ]


def test_its_age_is_what_has_been_waited_for() -> None:
    world = World()
    ages = []
    world.heard.blocked = lambda seconds: ages.append(world.heartbeat.age())  # type: ignore[method-assign] # a watcher that looks
    assert world.heartbeat.age() == 0
    world.delay = 0.6
    world.heartbeat.beat()
    assert ages == [pytest.approx(AFTER)]
    assert world.heartbeat.age() == 0


def test_who_held_the_interpreters_lock_while_the_watch_slept_is_told_afterwards() -> None:
    world = World()
    world.oversleeps = 3.0
    world.heartbeat.beat()
    assert world.heard.calls == [("free", 3.0)]


def test_who_holds_it_while_an_answer_is_waited_for_is_told_afterwards() -> None:
    world = World()

    def ask(answer: Callable[[], None]) -> None:
        world.oversleeps = 3.0
        world.answer, world.answer_at = answer, 1e9

    def wait_again(seconds: float | None, event: Event) -> None:
        if world.now > 103:
            world.answer_at = world.now + 0.01
        pass_time(seconds, event)

    pass_time = world.pass_time
    world.ask = ask  # type: ignore[method-assign] # this world's loop
    world.heartbeat._ask = ask
    world.pass_time = wait_again  # type: ignore[method-assign] # this world's time
    world.heartbeat.beat()
    assert world.heard.calls == [("free", 3.51)]


def test_a_loop_that_gives_no_sign_after_that_is_blocked_all_the_same() -> None:
    world = World()
    world.delay = 5.0
    world.oversleeps = 0.2  # of the pause
    world.heartbeat.beat()
    assert [name for name, _ in world.heard.calls][:2] == ["blocked", "blocked"]
    assert world.heard.calls[-1] == ("free", 5.2)


def test_without_a_limit_it_waits_without_a_word() -> None:
    world = World(after=0)
    world.delay = 3600.0
    world.heartbeat.beat()
    assert world.heard.calls == []
    assert world.lags == [3600.0]


def test_it_ends_when_its_loop_has_closed() -> None:
    async def main() -> Heartbeat:
        return Heartbeat.of(asyncio.get_running_loop(), AFTER)

    heartbeat = asyncio.run(main())
    heartbeat.start()
    heartbeat._thread.join(10)
    assert not heartbeat._thread.is_alive()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What has been told of threads that failed."""
    found: list[str] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: found.append(str(args.exc_value)))
    return found


@pytest.mark.parametrize("error", [ValueError, BrokenPipeError, RuntimeError])
def test_who_fails_to_hear_of_a_loop_is_told_of_and_the_others_hear(
    told: list[str], error: type[Exception]
) -> None:
    def fail(seconds: float) -> None:
        raise error(f"{seconds:.1f}")

    world, failing = World(), Heard()
    failing.blocked = failing.free = fail  # type: ignore[method-assign] # a log that is broken
    world.heartbeat.watchers.insert(0, failing)
    world.heartbeat.lags.insert(0, fail)
    world.delay = AFTER + 0.1
    assert world.heartbeat.beat()
    assert told == ["0.5", "0.6", "0.6"]
    assert world.heard.calls == [("blocked", AFTER), ("free", 0.6)]
    assert world.lags == [0.6]
    assert world.heartbeat.age() == 0


@pytest.mark.usefixtures("told")
def test_a_heart_beats_on_when_who_hears_of_it_fails() -> None:
    async def main() -> None:
        beats: asyncio.Queue[float] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        heartbeat = Heartbeat.of(loop, 1000)

        def fail(lag: float) -> None:
            loop.call_soon_threadsafe(beats.put_nowait, lag)
            raise RuntimeError

        heartbeat.lags.append(fail)
        heartbeat.start()
        try:
            for _ in range(2):
                await asyncio.wait_for(beats.get(), 20)
        finally:
            heartbeat.end()

    asyncio.run(main())


def test_it_ends_at_once_when_it_is_told_to_while_it_waits() -> None:
    asked = threading.Event()
    heard = Heard()
    heartbeat = Heartbeat(lambda answer: asked.set(), 1000)
    heartbeat.watchers.append(heard)
    heartbeat.start()
    assert asked.wait(10)
    heartbeat.end()
    assert heard.calls == []


def test_it_ends_at_once_when_it_is_told_to_while_it_pauses() -> None:
    world: Any = World()
    world.heartbeat._ended.set()
    assert world.heartbeat.beat() is False
    assert world.lags == []


def test_a_real_loop_gives_signs_of_life() -> None:
    async def main() -> float:
        lags: asyncio.Queue[float] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        heartbeat = Heartbeat.of(loop, 1000)

        def tell(lag: float) -> None:
            loop.call_soon_threadsafe(lags.put_nowait, lag)

        heartbeat.lags.append(tell)
        heartbeat.start()
        try:
            return await asyncio.wait_for(lags.get(), 20)
        finally:
            heartbeat.end()

    assert asyncio.run(main()) >= 0
