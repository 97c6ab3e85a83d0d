"""The timer of a connection, on a loop and a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context
from math import inf
from typing import Any, cast

import pytest

from gomicro.connection import deadlines
from gomicro.connection.deadlines import LINGER, ON_TIME, Deadlines, Timeouts
from gomicro.connection.http1 import HTTP1
from gomicro.connection.state import Deadline, State
from gomicro.connection.terms import Terms
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

    def call_later(self, delay: float, callback: Callable[[], None], *, context: Context) -> Handle:
        assert delay >= 0
        self.handles.append(Handle(self.clock.now + delay, callback))
        return self.handles[-1]

    def call_soon(self, callback: Callable[[], None], *, context: Context) -> Handle:
        return self.call_later(0, callback, context=context)

    def standing(self) -> list[float]:
        return [round(h.when - 1000, 6) for h in self.handles if not h.cancelled]

    def block_until(self, end: float) -> None:
        """Let time pass without a turn; then call what is due."""
        self.clock.now = 1000 + end
        self.run_until(end)

    def run_until(self, end: float) -> None:
        """Let time pass, and call what is due on the way."""
        while due := [h for h in self.handles if not h.cancelled and h.when <= 1000 + end]:
            first = min(due, key=lambda handle: handle.when)
            self.handles.remove(first)
            self.clock.now = max(self.clock.now, first.when)
            first.callback()
        self.clock.now = 1000 + end


class Connection:
    """A connection that only waits."""

    def __init__(self, loop: Loop, **timeouts: float) -> None:
        self.state = State.NEW
        self.clock = loop.clock
        self.passed: list[tuple[Deadline, float]] = []
        self.lateness: list[float] = []
        chosen = Timeouts(**{"header": 1, "read": 1, "write": 1, "idle": 120, **timeouts})
        self.terms = Terms(chosen, inf, logged=True)
        self.context = Context()
        self.service = self
        self.deadlines = Deadlines(self, cast("Any", loop))

    def arm(self) -> None:
        self.deadlines.arm(self.clock.now)

    def enter(self, state: State) -> None:
        self.state = state
        self.deadlines.state_at = self.clock.now

    def look_at_flush(self) -> None:
        pass

    def deadline_passed(self, deadline: Deadline, late: float) -> None:
        self.passed.append((deadline, round(self.clock.now - 1000, 6)))
        self.lateness.append(round(late, 6))


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Loop:
    clock = Clock()
    monkeypatch.setattr(deadlines, "monotonic", clock)
    return Loop(clock)


def test_a_connection_has_no_timer_before_it_asks_for_one(loop: Loop) -> None:
    Connection(loop)
    assert loop.handles == []


def test_the_timer_tells_the_deadline_that_has_passed(loop: Loop) -> None:
    connection = Connection(loop, header=2)
    connection.arm()
    assert loop.standing() == [2]
    loop.run_until(5)
    assert connection.passed == [(Deadline.HEADER, 2)]
    assert loop.standing() == []


def test_arming_again_replaces_the_timer(loop: Loop) -> None:
    connection = Connection(loop)
    for _ in range(3):
        connection.arm()
    assert loop.standing() == [1]


def test_a_timer_that_is_early_sets_itself_to_what_stands_now(loop: Loop) -> None:
    connection = Connection(loop, header=1, idle=10)
    connection.arm()
    loop.run_until(0.5)
    connection.enter(State.IDLE)
    loop.run_until(1.5)
    assert connection.passed == []
    assert loop.standing() == [10.5]
    loop.run_until(11)
    assert connection.passed == [(Deadline.IDLE, 10.5)]


# A loop that was blocked.


def test_a_deadline_found_late_is_put_off_by_as_much_as_it_was_late(loop: Loop) -> None:
    connection = Connection(loop, header=1)
    connection.arm()
    loop.block_until(3)
    assert connection.passed == []
    loop.run_until(4.9)
    assert connection.passed == []
    loop.run_until(5)
    assert connection.passed == [(Deadline.HEADER, 5)]
    assert connection.lateness == [4]


def test_a_deadline_is_put_off_once(loop: Loop) -> None:
    connection = Connection(loop, header=1)
    connection.arm()
    loop.block_until(1.5)
    loop.block_until(9)
    assert connection.passed == [(Deadline.HEADER, 9)]


def test_whoever_was_ready_while_the_loop_was_blocked_is_in_time(loop: Loop) -> None:
    connection = Connection(loop, header=1)
    connection.arm()
    loop.block_until(3)
    connection.enter(State.IDLE)  # the request that waited in the kernel is served now
    loop.run_until(100)
    assert connection.passed == []


def test_the_next_deadline_of_a_connection_is_put_off_anew(loop: Loop) -> None:
    connection = Connection(loop, header=1, idle=1)
    connection.arm()
    loop.block_until(3)
    connection.enter(State.IDLE)
    loop.block_until(6)
    assert connection.passed == []
    loop.run_until(8)
    assert connection.passed == [(Deadline.IDLE, 8)]


@pytest.mark.parametrize("late", [0, ON_TIME])
def test_a_timer_as_late_as_any_counts_at_once(loop: Loop, late: float) -> None:
    connection = Connection(loop, header=1)
    connection.arm()
    loop.block_until(1 + late)
    assert connection.passed == [(Deadline.HEADER, 1 + late)]
    assert connection.lateness == [0]


@pytest.mark.parametrize("state", sorted(set(State) - {State.DRAIN, State.LINGER}, key=str))
def test_without_timeouts_there_is_no_timer(loop: Loop, state: State) -> None:
    connection = Connection(loop, header=0, read=0, write=0, idle=0)
    connection.enter(state)
    connection.arm()
    assert loop.handles == []


def test_a_disarmed_timer_never_fires(loop: Loop) -> None:
    connection = Connection(loop)
    connection.arm()
    connection.deadlines.disarm()
    connection.deadlines.disarm()
    loop.run_until(100)
    assert connection.passed == []


# On a connection.


def owner(peer: Peer) -> Deadlines:
    return peer.connection.deadlines


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


def test_nor_do_they_where_the_headers_have_less_time_than_the_answer() -> None:
    async def main() -> None:
        options = {"read_header_timeout": 10.0, "read_timeout": 30.0, "write_timeout": 30.0}
        peer = Peer(make_service(answering(), **options))
        loop: Any = peer.loop
        for _ in range(1000):
            await peer.send(GET)
            await asyncio.sleep(0.1)
        ours = [t for t in loop.timers if getattr(t._callback, "__self__", 0) is owner(peer)]
        assert len(ours) < 10

    virtually(main)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"", 1.0, id="nothing sent"),
        pytest.param(GET[:-2], 1.0, id="in a head"),
        pytest.param(post(b"abc")[:-1], 1.0 + LINGER, id="in a body"),
    ],
)
def test_what_a_tls_handshake_takes_is_not_taken_from_the_request(
    data: bytes, expected: float
) -> None:
    async def main() -> None:
        service = make_service(echo)
        connection = HTTP1(service, asyncio.get_running_loop())
        await asyncio.sleep(0.9)  # the handshake
        peer = Peer(service, connection)
        if data:
            await peer.send(data)
        await asyncio.sleep(5)
        assert peer.closed_after() == expected

    entries = virtually(main)
    assert not [entry for entry in entries if "loop_late" in entry]


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
