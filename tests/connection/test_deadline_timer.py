"""The timer of a connection, on a loop and a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gomicro.connection import deadline_timer
from gomicro.connection.deadline_timer import DeadlineTimer
from gomicro.connection.deadlines import LINGER, Deadline, State, Timeouts
from tests.connection.harness import (
    GET,
    Clock,
    Peer,
    answering,
    echo,
    make_service,
    post,
    quiet,
    virtually,
)


class Handle:
    def __init__(self, when: float, callback: Callable[[], None]) -> None:
        self.when = when
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Loop:
    """As much of an event loop as a timer needs."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.handles: list[Handle] = []

    def call_later(self, delay: float, callback: Callable[[], None]) -> Handle:
        assert delay >= 0
        self.handles.append(Handle(self.clock.now + delay, callback))
        return self.handles[-1]

    def standing(self) -> list[float]:
        return [round(h.when - 1000, 6) for h in self.handles if not h.cancelled]

    def run_until(self, end: float) -> None:
        """Let time pass, and call what is due on the way."""
        while due := [h for h in self.handles if not h.cancelled and h.when <= 1000 + end]:
            first = min(due, key=lambda handle: handle.when)
            self.handles.remove(first)
            self.clock.now = max(self.clock.now, first.when)
            first.callback()
        self.clock.now = 1000 + end


class Connection(DeadlineTimer):
    """A connection that only waits."""

    def __init__(self, loop: Loop, **timeouts: float) -> None:
        super().__init__(
            cast("Any", SimpleNamespace(timeouts=Timeouts(**timeouts))), cast("Any", loop)
        )
        self.unsent = 0
        self.transport = cast("Any", SimpleNamespace(get_write_buffer_size=lambda: self.unsent))
        self.clock = loop.clock
        self.passed: list[tuple[Deadline, float]] = []

    def enter(self, state: State) -> None:
        self._state = state
        self._state_at = self.clock.now

    def _passed(self, deadline: Deadline, now: float) -> None:
        self.passed.append((deadline, round(now - 1000, 6)))


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Loop:
    clock = Clock()
    monkeypatch.setattr(deadline_timer, "monotonic", clock)
    return Loop(clock)


def test_a_connection_has_no_timer_before_it_asks_for_one(loop: Loop) -> None:
    Connection(loop)
    assert loop.handles == []


def test_the_timer_tells_the_deadline_that_has_passed(loop: Loop) -> None:
    connection = Connection(loop, header=2)
    connection._arm(loop.clock.now)
    assert loop.standing() == [2]
    loop.run_until(5)
    assert connection.passed == [(Deadline.HEADER, 2)]
    assert loop.standing() == []


def test_arming_again_replaces_the_timer(loop: Loop) -> None:
    connection = Connection(loop)
    for _ in range(3):
        connection._arm(loop.clock.now)
    assert loop.standing() == [1]


def test_a_timer_that_is_early_sets_itself_to_what_stands_now(loop: Loop) -> None:
    connection = Connection(loop, header=1, idle=10)
    connection._arm(loop.clock.now)
    loop.run_until(0.5)
    connection.enter(State.IDLE)
    loop.run_until(1.5)
    assert connection.passed == []
    assert loop.standing() == [10.5]
    loop.run_until(11)
    assert connection.passed == [(Deadline.IDLE, 10.5)]


def test_a_deadline_that_has_passed_when_it_is_armed_fires_at_once(loop: Loop) -> None:
    connection = Connection(loop)
    loop.run_until(3)
    connection._arm(loop.clock.now)
    assert loop.standing() == [3]
    loop.run_until(3)
    assert connection.passed == [(Deadline.HEADER, 3)]


@pytest.mark.parametrize("state", sorted(set(State) - {State.DRAIN, State.LINGER}, key=str))
def test_without_timeouts_there_is_no_timer(loop: Loop, state: State) -> None:
    connection = Connection(loop, header=0, read=0, write=0, idle=0)
    connection.enter(state)
    connection._arm(loop.clock.now)
    assert loop.handles == []


def test_a_disarmed_timer_never_fires(loop: Loop) -> None:
    connection = Connection(loop)
    connection._arm(loop.clock.now)
    connection._disarm()
    connection._disarm()
    loop.run_until(100)
    assert connection.passed == []


def test_an_idle_connection_whose_answer_is_not_taken_has_the_write_deadline(loop: Loop) -> None:
    connection = Connection(loop, header=1, write=3, idle=10)
    connection._arm(loop.clock.now)
    connection.enter(State.IDLE)
    connection.unsent = 1
    loop.run_until(2)
    assert loop.standing() == [3]
    loop.run_until(3)
    assert connection.passed == [(Deadline.WRITE, 3)]


def test_an_answer_that_is_taken_at_last_leaves_the_connection_idle(loop: Loop) -> None:
    connection = Connection(loop, header=1, write=3, idle=10)
    connection._arm(loop.clock.now)
    connection.enter(State.IDLE)
    connection.unsent = 1
    loop.run_until(2)
    connection.unsent = 0
    loop.run_until(20)
    assert [deadline for deadline, _ in connection.passed] == [Deadline.IDLE]
    assert 10 <= connection.passed[0][1] <= 13


def test_an_answer_that_is_taken_late_leaves_an_idle_deadline_without_a_write_deadline(
    loop: Loop,
) -> None:
    connection = Connection(loop, header=1, write=0, idle=10)
    connection._arm(loop.clock.now)
    connection.enter(State.IDLE)
    connection.unsent = 1
    loop.run_until(2)
    connection.unsent = 0
    loop.run_until(1000)
    assert [deadline for deadline, _ in connection.passed] == [Deadline.IDLE]


def test_what_is_done_about_a_deadline_is_the_connections(loop: Loop) -> None:
    bare = DeadlineTimer(cast("Any", SimpleNamespace(timeouts=Timeouts())), cast("Any", loop))
    with pytest.raises(NotImplementedError):
        bare._passed(Deadline.IDLE, 0)


# On a connection.


def test_a_connection_has_one_timer_through_all_its_requests() -> None:
    async def main() -> None:
        peer = Peer(make_service(echo))
        seen = {len(peer.timers())}
        for data in [GET, GET + GET, post(b"abc"), GET[:9], GET[9:], post(b"abc")[:-1], b"c"]:
            await peer.send(data)
            seen.add(len(peer.timers()))
        assert seen == {1}
        peer.wire.lose(None)
        assert peer.timers() == []

    virtually(main)


def test_requests_in_a_row_set_no_timers_of_their_own() -> None:
    async def main() -> None:
        peer = Peer(make_service(answering()))
        timer = peer.timers()
        for _ in range(50):
            await peer.send(GET)
        assert peer.timers() == timer
        peer.wire.lose(None)

    virtually(main)


@pytest.mark.parametrize("error", [None, ConnectionResetError()], ids=["closed", "reset"])
@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing sent"),
        pytest.param(GET[:9], id="in a head"),
        pytest.param(post(b"abc")[:-1], id="in a body"),
        pytest.param(GET, id="kept alive"),
        pytest.param(b"bad\r\n\r\n", id="lingering"),
    ],
)
def test_the_timer_ends_with_its_connection(data: bytes, error: Exception | None) -> None:
    async def main() -> None:
        peer = Peer(make_service(echo))
        if data:
            await peer.send(data)
        assert len(peer.timers()) == 1
        peer.wire.lose(error)
        assert peer.timers() == []
        await quiet()
        assert peer.timers() == []

    virtually(main)


def test_with_all_timeouts_off_a_connection_never_has_a_timer() -> None:
    async def main() -> None:
        off = {"read_timeout": 0.0, "write_timeout": 0.0, "idle_timeout": 0.0}
        peer = Peer(make_service(echo, **off))
        for data in [GET[:9], GET[9:], post(b"abc")[:-1], b"c"]:
            assert peer.timers() == []
            await peer.send(data)
        assert peer.timers() == []
        assert peer.closed_after() is None
        peer.wire.lose(None)

    virtually(main)


def test_lingering_ends_also_with_all_timeouts_off() -> None:
    async def main() -> None:
        off = {"read_timeout": 0.0, "write_timeout": 0.0, "idle_timeout": 0.0}
        peer = Peer(make_service(echo, **off))
        await peer.send(b"bad\r\n\r\n")
        await asyncio.sleep(5)
        assert peer.closed_after() == LINGER

    virtually(main)
