"""The deadlines of a connection: one timer over the moments that they count from.

Which of them stand in which state is `state.ALLOWS`. The contract is Go's `http.Server`:
ReadTimeout, ReadHeaderTimeout, WriteTimeout and IdleTimeout.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from gomicro.connection.state import Deadline, Moment, State

if TYPE_CHECKING:
    from gomicro.connection.terms import Terms

__all__ = [
    "DRAIN",
    "LINGER",
    "ON_TIME",
    "Deadlines",
    "Moments",
    "Shared",
    "Timed",
    "Timeouts",
    "standing",
]

LINGER: Final = 0.5
"""Seconds a closed connection is still read, so that no reset overtakes its last answer
(RFC 9112 section 9.6; Go's rstAvoidanceDelay)."""

DRAIN: Final = 1.0
"""Seconds an idle connection is kept for its next request once the service is stopping."""

ON_TIME: Final = 0.01
"""Seconds that a timer may fire late in a loop that is not blocked."""


class Timeouts(NamedTuple):
    """Seconds for each deadline; 0 means that it never passes."""

    header: float
    read: float
    write: float
    idle: float

    def seconds(self, deadline: Deadline) -> float:
        """Seconds from a deadline's start until it passes; infinite where there is none."""
        match deadline:
            case Deadline.HEADER:
                seconds = self.header
            case Deadline.READ:
                seconds = self.read
            case Deadline.WRITE:
                seconds = self.write
            case Deadline.IDLE:
                seconds = self.idle
            case Deadline.DRAIN:
                seconds = DRAIN
            case _:
                seconds = LINGER
        return seconds or inf


class Moments(Protocol):
    """When the moments were that deadlines are counted from, in seconds of one monotonic clock."""

    state_at: float
    request_at: float
    answer_at: float


def standing(timeouts: Timeouts, state: State, since: Moments) -> tuple[float, Deadline | None]:
    """When the earliest deadline of `state` passes, and which one it is; (inf, None) where none
    stands. Of two that pass together the first in the table counts.
    """
    earliest: float = inf
    which = None
    for deadline, moment in state.deadlines:
        match moment:
            case Moment.STATE:
                at = since.state_at
            case Moment.REQUEST:
                at = since.request_at
            case _:
                at = since.answer_at
        at += timeouts.seconds(deadline)
        if at < earliest:
            earliest, which = at, deadline
    return earliest, which


class Shared(Protocol):
    """What the deadlines of all connections of a service share."""

    terms: Terms
    """What holds for a request of which nothing else is said."""
    context: Context
    """In which timers fire: one for all, instead of a copy for each."""


class Timed(Protocol):
    """What deadlines stand over."""

    state: State

    @property
    def service(self) -> Shared:
        """What it shares with all others."""
        ...

    def look_at_flush(self) -> None:
        """Find out whether the peer has taken all that was written, before deadlines are judged."""
        ...

    def deadline_passed(self, deadline: Deadline, late: float) -> None:
        """End the state. `late`: seconds that the loop was late to find it out, 0 if it was not."""
        ...


class Deadlines:
    """The moments from which a connection's deadlines count, and its one timer.

    The timer is only set earlier, never later: it fires at a deadline that was met long ago, finds
    another one standing, and is set to that. So a request costs no timer of its own. Whoever writes
    a moment sees to it that the timer fires early enough (`fires_at`).

    Deadlines measure the peer and the handler, never the loop. One that is found passed late,
    since the loop was blocked, is put off once, by as much as it was late and at least by a full
    turn of the loop, in which the bytes that wait in the kernel and the awaits that are done have
    their say. Then it counts. One that is found on time counts at once. One that had passed when it
    was set (the headers took longer than there is for the whole request) has that turn, too.
    """

    __deletable__ = ("_of",)
    __slots__ = (
        "_of", "_put_off", "_set_at", "_timer", "answer_at", "fires_at", "loop", "request_at",
        "state_at", "terms",
    )  # fmt: skip

    def __init__(self, of: Timed, loop: asyncio.AbstractEventLoop) -> None:
        self._of = of
        self.terms = of.service.terms
        """What holds for the request that is served, or was served last."""
        self.loop = loop
        self._timer: asyncio.Handle | None = None
        self.fires_at = inf
        self._put_off = inf  # the moment of the deadline that was put off
        self._set_at = -inf  # when the timer was set to what stood
        self.state_at = self.request_at = self.answer_at = monotonic()

    def begin(self) -> None:
        """The connection is made. What a TLS handshake took before that does not count (Go)."""
        self.request_at = monotonic()
        self.enter()

    def arm(self, now: float) -> None:
        """Set the timer to the deadline that stands, instead of where it was set before."""
        self.disarm()
        at, _ = self._standing()
        if at < inf:
            self.fires_at = at
            self._timer = self._call_later(max(0.0, at - now), self._on_timer)
            if at != self._put_off:  # of that the loop is known to have been late
                self._set_at = now

    def _call_later(self, seconds: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        return self.loop.call_later(seconds, callback, context=self._of.service.context)

    def disarm(self) -> None:
        """Let no deadline pass any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self.fires_at = inf

    def end(self) -> None:
        """No deadline will be asked for again. No cycle is left for the collector."""
        self.disarm()
        del self._of

    def enter(self) -> None:
        """Count from now what counts from a state's beginning, and set the timer to it."""
        self.state_at = now = monotonic()
        self.arm(now)

    def hasten(self, now: float) -> None:
        """Set the timer anew if it would fire too late for what stands."""
        at, _ = self._standing()
        if at < self.fires_at:
            self.arm(now)

    def count_answer(self, now: float) -> None:
        """Count the write deadline from now on."""
        self.answer_at = now
        self.hasten(now)

    def _standing(self) -> tuple[float, Deadline | None]:
        return standing(self.terms.timeouts, self._of.state, self)

    def _on_timer(self) -> None:
        self._timer = None
        self.fires_at = inf
        self._of.look_at_flush()
        now = monotonic()
        at, deadline = self._standing()
        if deadline is None or at > now:
            self.arm(now)
            return
        # Of one that was moved to before now nobody knows whether the loop was late for it.
        moved = at < self._set_at
        if self._put_off == at:
            self._of.deadline_passed(deadline, 0.0 if moved else now - at)
        elif now - at <= ON_TIME and not moved:
            self._of.deadline_passed(deadline, 0.0)
        else:
            late = now - max(at, self._set_at)
            self._put_off = at
            self.fires_at = now + late
            self._timer = self._call_later(late, self._on_put_off)

    def _on_put_off(self) -> None:
        # After whatever became ready in the turn that has just polled.
        self._timer = self.loop.call_soon(self._on_timer, context=self._of.service.context)
