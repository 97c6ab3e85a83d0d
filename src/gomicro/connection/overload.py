"""Whether another request may begin: two gates, and the count of those that they have shed.

Measured latency is blind in an event loop: the queue stands in the kernel and in what the loop has
polled, before any clock of ours starts. What sees it is the age of the loop's turn. Whoever is
served late in a long turn has waited at least for all that was served in it before.
"""

from __future__ import annotations

import asyncio
from contextvars import Context
from itertools import cycle
from math import inf
from random import sample
from time import monotonic
from typing import Any

__all__ = ["Overload"]

LONG_TURN = 0.01
"""Seconds of a turn from which on the next one is watched from its beginning."""

LOOK_AGAIN = 0.01
"""Seconds in which nobody looks after a turn that was shorter."""

QUEUE = 20
"""Requests that make a queue. Fewer, and it may be their handlers that take long."""

SHORT_QUEUE = 3
"""The same where their turn has taken a good part of the write timeout."""

PATIENCE = 0.4
"""That part: under a half, since whoever is last has waited through the turn before as well."""

REPORT = 1.0
"""Seconds between two log lines, at least."""

RETRY_AFTER = range(1, 6)
"""Seconds after which the shed are asked to come again: not all of them at once."""

_BODY = b"Service Unavailable\n"
_HEAD = b"HTTP/1.1 503 Service Unavailable\r\n"
_FIELDS = b"retry-after: %d\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 20\r\n"


class Overload:
    """The gates of a service.

    The lag gate closes for the rest of a turn of the loop when that is old, and so many requests
    have begun in it that it is a queue and not one slow handler: of the time they took the longest
    is left out. To shed takes little, so that the next turn begins soon.

    The other gate is closed while as many requests are in flight as are allowed.
    """

    def __init__(
        self,
        *,
        max_lag: float,
        write_timeout: float,
        max_in_flight: int,
        log: Any,
        context: Context,
    ) -> None:
        """`max_lag` and `write_timeout` are seconds; 0 is no limit, as for `max_in_flight`."""
        self.looks_at = -inf if max_lag else inf
        """No gate is closed before this moment (monotonic): a request need not ask."""
        self.in_flight = 0
        """Requests whose application has begun, and not ended."""
        self.shed = {"lag": 0, "in_flight": 0}
        """Requests that were shed so far, by gate."""
        self.shed_at = -inf
        """When the last one was (monotonic)."""
        self._max_in_flight = max_in_flight or inf
        self._watched_after = max_lag / 3 or inf
        self._most_lag = max_lag * 2 / 3 or inf
        self._patience = write_timeout * PATIENCE or inf
        self._log = log
        self._context = context
        self._gate = "lag"
        self._reported = dict(self.shed)
        self._report: asyncio.TimerHandle | None = None
        self._answers = cycle([_FIELDS % seconds for seconds in sample(RETRY_AFTER, 5)])
        # The turn, if `_known`. `_first` and `_last` are the moments of the requests that were
        # looked at in it, `_longest` is the longest time between two of them.
        self._known = False
        self._began = self._first = self._last = self._longest = 0.0
        self._looked = 0
        self._sheds = False

    def closed(self, now: float, loop: asyncio.AbstractEventLoop) -> bool:
        """Whether a request whose head is read `now` (monotonic) is to be shed."""
        if self.in_flight >= self._max_in_flight:
            self._gate = "in_flight"
            return True
        self._gate = "lag"
        return self._is_late(now, loop)

    def count(self, now: float, loop: asyncio.AbstractEventLoop) -> None:
        """A request is shed, at the gate that was found closed last."""
        self.shed[self._gate] += 1
        self.shed_at = now
        if self._report is None:
            self._report = loop.call_later(REPORT, self._tell, loop, context=self._context)

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

    # The turn.

    def _is_late(self, now: float, loop: asyncio.AbstractEventLoop) -> bool:
        if self._watched_after == inf:
            self._look_at(inf)
            return False
        if not self._known:  # what has been of this turn does not count
            self._watch(now, loop)
            return False
        if self._sheds:
            return True
        age = now - self._began
        if age <= self._watched_after:
            self._look_at(self._began + self._watched_after)
            return False
        if not self._looked:
            self._first = self._last = now
        self._looked += 1
        self._longest = max(self._longest, now - self._last)
        self._last = now
        fewest = SHORT_QUEUE if age > self._patience else QUEUE
        took = now - self._first - self._longest
        self._sheds = took > self._most_lag and self._looked > fewest
        return self._sheds

    def _watch(self, now: float, loop: asyncio.AbstractEventLoop) -> None:
        """Know when the next turn begins: then this is called before all that it has polled."""
        self._known, self._began = True, now
        self._looked, self._longest, self._sheds = 0, 0.0, False
        self._look_at(now + self._watched_after)
        loop.call_soon(self._on_turn, loop, context=self._context)

    def _on_turn(self, loop: asyncio.AbstractEventLoop) -> None:
        now = monotonic()
        if now - self._began > LONG_TURN:
            self._watch(now, loop)
        else:
            self._known = False
            self._look_at(now + LOOK_AGAIN)

    def _look_at(self, moment: float) -> None:
        self.looks_at = -inf if self.in_flight >= self._max_in_flight else moment
