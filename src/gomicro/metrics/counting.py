"""Counting: what a service does is added up by hooks that are chosen at the start.

Of a request no more is kept than how long it took. A few times a second those are sorted into
buckets, all of a series at once, and copied to the store.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from itertools import chain
from threading import Lock
from typing import TYPE_CHECKING, Final

from gomicro.connection.state import Deadline
from gomicro.metrics.families import (
    DEADLINES_PASSED,
    LOG_LINES_LOST,
    LOOP_LAG,
    OTHER,
    REQUESTS,
    SHED,
    Family,
)
from gomicro.watch.routes import path_of, route_of

if TYPE_CHECKING:
    from gomicro.connection.exchange import Exchange
    from gomicro.connection.http1 import HTTP1
    from gomicro.connection.service import Service
    from gomicro.metrics.store import Store

__all__ = ["METHODS", "Counting"]

METHODS: Final = frozenset(
    ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY")
)
"""Methods that have a name of their own; all others are one. A peer can make up any number."""

MOST_KNOWN: Final = 4096
"""Combinations of method, route and status that are found at once."""

_CONFIGURED: Final = (Deadline.HEADER, Deadline.READ, Deadline.WRITE, Deadline.IDLE)

_Hook = Callable[["Exchange", "HTTP1", float], None]


class Counting:
    """Counts for one service. `lines_lost` tells how many log lines this process has lost."""

    def __init__(self, store: Store, service: Service, lines_lost: Callable[[], int]) -> None:
        self._store = store
        self._service = service
        self._lines_lost = lines_lost
        self._copying = Lock()
        self._series: dict[int, list[float]] = {}
        """The numbers of each series that are not in the store yet, by their place there."""
        self._durations: dict[int, _Durations] = {}
        """The same for those of requests."""
        self._known: dict[object, dict[str, dict[int, Callable[[float], None]]]] = {}
        """What takes the seconds of a request, by its route, method and status: three keys that
        have their hash are found sooner than one made of them.
        """
        self._most_new = MOST_KNOWN
        self._lag = self._begun(LOOP_LAG, ())
        lost = self._begun(LOG_LINES_LOST, ())
        self._lost = (lost, lost[0])
        self._deadlines = {d: self._mirrored(DEADLINES_PASSED, d.name.lower()) for d in _CONFIGURED}
        self._shed = {gate: self._mirrored(SHED, gate) for gate in service.overload.shed}

    def begin(self) -> None:
        """Count from now on all requests that are told. Those that are logged still are."""
        self._service.on_request = self._hook(self._service.on_request)

    def _hook(self, log: _Hook) -> _Hook:
        """What is called for each request that is answered or cut, in the place of `log`."""
        known, find = self._known, self._find

        def count(exchange: Exchange, connection: HTTP1, now: float) -> None:
            head, scope = exchange.head, exchange.scope
            route = scope.get("route")
            if route is None:
                route = scope.get("path_template")
            elif type(route) is not str:
                route = path_of(route)
            try:
                take = known[route][head.method][exchange.status]
            except Exception:  # a new one, or nothing that a route can be
                take = find(exchange, route)
            take(now - exchange.started_at)
            if head.terms.logged:
                log(exchange, connection, now)

        return count

    def _find(self, exchange: Exchange, route: object) -> Callable[[float], None]:
        method, status = exchange.head.method, exchange.status
        named = method in METHODS
        labels = (
            method if named else OTHER, route_of(exchange.scope), str(status) if status else ""
        )  # fmt: skip
        at = self._store.place(REQUESTS, labels)
        if at not in self._durations:
            self._durations[at] = _Durations(self._from_store(at, REQUESTS))
        take = self._durations[at].take
        if named and isinstance(route, str | None) and self._most_new:
            self._most_new -= 1
            self._known.setdefault(route, {}).setdefault(method, {})[status] = take
        return take

    def _begun(self, family: Family, labels: tuple[str, ...]) -> list[float]:
        """The numbers of a series, which go on from those in the store."""
        at = self._store.place(family, labels)
        series = self._series[at] = self._from_store(at, family)
        return series

    def _from_store(self, at: int, family: Family) -> list[float]:
        return list(self._store.cells[at : at + family.cells])

    def _mirrored(self, family: Family, label: str) -> tuple[list[float], float]:
        """Where a number of this process goes, and what was there before it."""
        series = self._begun(family, (label,))
        return series, series[0]

    def lag(self, seconds: float) -> None:
        """Count a sign of life of the event loop, and copy all to the store. In the heartbeat's
        thread.
        """
        self._lag[bisect_left(LOOP_LAG.bounds, seconds)] += 1
        self._lag[-1] += seconds
        self.copy()

    def copy(self) -> memoryview:
        """Copy all that has been counted to the store; its memory. From any thread."""
        with self._copying:
            service = self._service
            mirrored: Iterator[tuple[tuple[list[float], float], int]] = chain(
                [(self._lost, self._lines_lost())],
                ((one, service.deadlines_passed[d]) for d, one in self._deadlines.items()),
                ((one, service.overload.shed[gate]) for gate, one in self._shed.items()),
            )
            for (series, before), count in mirrored:
                series[0] = before + count
            for at, series in list(self._series.items()):
                self._write(at, series)
            for at, durations in list(self._durations.items()):
                if durations.sort():
                    self._write(at, durations.series)
            return self._store.memory

    def _write(self, at: int, series: list[float]) -> None:
        self._store.cells[at : at + len(series)] = array("d", series)


class _Durations:
    """How long the requests of a series took: its numbers, and seconds that are not in them yet.

    `take`, with the seconds of one more, may be called while another thread sorts.
    """

    __slots__ = ("_waiting", "series", "take")

    def __init__(self, series: list[float]) -> None:
        self.series = series
        self._waiting: list[float] = []
        self.take = self._waiting.append

    def sort(self) -> bool:
        """Move what was taken to the buckets and the sum; whether there was anything."""
        seconds = self._waiting[:]
        del self._waiting[: len(seconds)]
        shortest = REQUESTS.bounds[0]
        longer = sorted([one for one in seconds if one > shortest])  # few, where it matters
        self.series[0] += len(seconds) - len(longer)
        below = 0
        for number, bound in enumerate(REQUESTS.bounds):
            if below == len(longer):
                break
            upto = bisect_right(longer, bound, below)
            self.series[number] += upto - below
            below = upto
        self.series[-2] += len(longer) - below
        self.series[-1] += sum(seconds)
        return bool(seconds)
