"""Whether another request may begin: two gates, and the count of those that they have shed."""

from __future__ import annotations

import asyncio
from collections.abc import Sized
from contextvars import Context
from itertools import cycle
from math import inf
from random import sample
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from gomicro.connection.lag import Lag

if TYPE_CHECKING:
    from gomicro.connection.http1 import HTTP1

__all__ = ["CALM", "Overload"]

REPORT: Final = 1.0
"""Seconds between two log lines, at least."""

CALM: Final = 10.0
"""Seconds for which the lag gate has let everybody in, and is done with what made it close."""

RETRY_AFTER: Final = range(1, 6)
"""Seconds after which the shed are asked to come again: not all of them at once."""

_BODY: Final = b"Service Unavailable\n"
_HEAD: Final = b"HTTP/1.1 503 Service Unavailable\r\n"
_FIELDS: Final = (
    b"retry-after: %d\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 20\r\n"
)


class Overload:
    """The gates of a service.

    The lag gate closes for the rest of a turn of the loop when more stands in it than can be
    served: see `lag`. To shed takes little, so that the next turn begins soon.

    The other gate is closed while as many requests are in flight as are allowed.
    """

    def __init__(
        self,
        *,
        max_lag: float,
        write_timeout: float,
        max_in_flight: int,
        connections: Sized,
        log: Any,
        context: Context,
        late_start: bool = False,
    ) -> None:
        """`max_lag` and `write_timeout` are seconds; 0 is no limit, as for `max_in_flight`.
        `connections` are those that are open. `late_start`: the lag gate stands before the handlers
        (`begins_late`), and not before the heads.
        """
        self.looks_at = -inf if max_lag and not late_start else inf
        """No gate is closed before this moment (monotonic): a request need not ask."""
        self.in_flight = 0
        """Requests whose application has begun, and not ended."""
        self.shed = {"lag": 0, "in_flight": 0}
        """Requests that were shed so far, by gate."""
        self.shed_at = -inf
        """When the last one was (monotonic)."""
        self._late_until = -inf
        self._max_in_flight = max_in_flight or inf
        self._log = log
        self._context = context
        self._gate = "lag"
        self._reported = dict(self.shed)
        self._report: asyncio.TimerHandle | None = None
        self._seconds = cycle(sample(RETRY_AFTER, 5))
        self._answers = cycle([_FIELDS % seconds for seconds in sample(RETRY_AFTER, 5)])
        heads, starts = (0.0, max_lag) if late_start else (max_lag, 0.0)
        self._lag = Lag(heads, write_timeout, connections, self._look_at, context)
        self._starts = Lag(starts, write_timeout, connections, self._look_at_starts, context)
        self._starts_look_at = -inf

    def closed(self, now: float, loop: asyncio.AbstractEventLoop, asker: object) -> bool:
        """Whether a request whose head is read `now` (monotonic) is to be shed; `asker` is its
        connection.
        """
        if self.in_flight >= self._max_in_flight:
            self._gate = "in_flight"
            return True
        self._gate = "lag"
        return self._lag.late(now, loop, asker)

    def begins_late(self, now: float, loop: asyncio.AbstractEventLoop, asker: object) -> bool:
        """Whether a handler that begins `now`, a turn after its head was read, is to be shed. Then
        it is counted.
        """
        late = now > self._starts_look_at and self._starts.late(now, loop, asker)
        if late:
            self._gate = "lag"
            self.count(now, loop)
        return late

    def begin_at_once(self, asker: HTTP1) -> bool:
        """Whether what comes on a connection is not to wait for what else comes in this turn of the
        loop: the lag gate sheds, or did lately, and nothing has come on it before in the turn.
        """
        if monotonic() > self._late_until:
            return False
        return asker.deadlines.answer_at < self._lag.turn_began

    def retry_after(self) -> int:
        """Seconds after which the next that is shed may come again."""
        return next(self._seconds)

    def count(self, now: float, loop: asyncio.AbstractEventLoop) -> None:
        """A request is shed, at the gate that was found closed last."""
        self.shed[self._gate] += 1
        self.shed_at = now
        if self._gate == "lag":
            self._late_until = now + CALM
        if self._report is None:
            self._report = loop.call_later(REPORT, self._tell, loop, context=self._context)

    @property
    def shedding(self) -> bool:
        """Whether a request has been shed in the last second. May be asked in any thread."""
        return monotonic() - self.shed_at < REPORT

    def answer(self, stamp: bytes, *, keep: bool, body: bool = True) -> bytes:
        """A whole response that says so. `stamp`: header lines that every response has."""
        end = b"\r\n" if keep else b"connection: close\r\n\r\n"
        return b"".join((_HEAD, stamp, next(self._answers), end, _BODY if body else b""))

    def begun(self) -> None:
        """The application has begun with a request, and waits for something."""
        self.in_flight += 1
        if self.in_flight >= self._max_in_flight:
            self.looks_at = -inf

    def ended(self) -> None:
        """The application has ended with it."""
        self.in_flight -= 1

    def report(self) -> None:
        """Log what was shed since the last time, if there was anything."""
        lag, in_flight = (self.shed[gate] - self._reported[gate] for gate in self.shed)
        self._gate = "lag"
        self._reported = dict(self.shed)
        if lag or in_flight:
            self._log.warning(
                "requests shed",
                lag=lag,
                in_flight=in_flight,
                hint="more comes than can be served: see --max-lag and --max-in-flight",
            )

    def _tell(self, loop: asyncio.AbstractEventLoop) -> None:
        again = self.shed != self._reported
        self._report = (
            loop.call_later(REPORT, self._tell, loop, context=self._context) if again else None
        )
        self.report()

    def _look_at_starts(self, moment: float) -> None:
        self._starts_look_at = moment

    def _look_at(self, moment: float) -> None:
        self.looks_at = -inf if self.in_flight >= self._max_in_flight else moment
