"""The one timer of a connection, which applies the table of deadlines."""

from __future__ import annotations

import asyncio
from math import inf
from time import monotonic
from typing import TYPE_CHECKING

from gomicro.connection.deadlines import Deadline, Moment, State, standing

if TYPE_CHECKING:
    from gomicro.connection.service import Service

__all__ = ["DeadlineTimer"]


class DeadlineTimer:
    """A connection's state, the moments its deadlines count from, and its timer.

    The timer is only set earlier, never later: it fires at a deadline that was met long ago, finds
    another one standing, and is set to that. So a request costs no timer of its own.
    """

    __slots__ = (
        "_headers_at",
        "_request_at",
        "_state",
        "_state_at",
        "_timer",
        "_timer_at",
        "loop",
        "service",
        "transport",
    )

    transport: asyncio.Transport

    def __init__(self, service: Service, loop: asyncio.AbstractEventLoop) -> None:
        self.service = service
        self.loop = loop
        self._state = State.NEW
        self._state_at = self._request_at = self._headers_at = monotonic()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = inf

    def _arm(self, now: float) -> None:
        """Set the timer to the deadline that stands, instead of where it was set before."""
        self._disarm()
        at, _ = self._standing()
        if at < inf:
            self._timer_at = at
            self._timer = self.loop.call_later(max(0.0, at - now), self._on_timer)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._timer_at = inf

    def _standing(self) -> tuple[float, Deadline | None]:
        since = {
            Moment.STATE: self._state_at,
            Moment.REQUEST: self._request_at,
            Moment.HEADERS: self._headers_at,
        }
        return standing(self.service.timeouts, self._state, since)

    def _on_timer(self) -> None:
        self._timer = None
        self._timer_at = inf
        now = monotonic()
        if self._state is State.IDLE or self._state is State.FLUSH:
            self._look_at_flush(now)
        at, deadline = self._standing()
        if deadline is not None and at <= now:
            self._passed(deadline, now)
        else:
            self._arm(now)

    def _look_at_flush(self, now: float) -> None:
        """The time of being idle counts from when the peer has the whole answer."""
        if self.transport.get_write_buffer_size():
            self._state = State.FLUSH
            self._state_at = now
        elif self._state is State.FLUSH:
            self._state = State.IDLE
            self._state_at = now

    def _passed(self, deadline: Deadline, now: float) -> None:
        """Do what a deadline that has passed asks for."""
        raise NotImplementedError
