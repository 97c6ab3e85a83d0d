"""How late requests stand in the event loop, and when that is more than can be served.

Measured latency is blind in an event loop: the queue stands in the kernel and in what the loop has
polled, before any clock of ours starts. What sees it is the age of the loop's turn. Whoever is
served late in a long turn has waited at least for all that was served in it before.

A long turn alone is no overload. Clients that ask again as soon as they are answered, however many
they are, make all turns long, and all alike; nothing is won by refusing them. Where more comes than
can be served, a longer turn brings more clients.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sized
from contextvars import Context
from math import inf
from time import monotonic
from typing import Final

__all__ = ["Lag"]

LONG_TURN: Final = 0.01
"""Seconds of a turn from which on the next one is watched from its beginning."""

LOOK_AGAIN: Final = 0.01
"""Seconds in which nobody looks after a turn that was shorter."""

QUEUE: Final = 20
"""Requests that make a queue. Fewer, and it may be their handlers that take long."""

SHORT_QUEUE: Final = 3
"""The same where their turn has taken a good part of the write timeout."""

PATIENCE: Final = 0.4
"""That part: under a half, since whoever is last has waited through the turn before as well."""

FEW: Final = 64
"""Connections that make no queue before the write timeout is near: they cannot bring more."""

LONGEST: Final = 0.4
"""Seconds up to which a turn may grow, or be tried."""

GROWTH: Final = 1.25
"""How much longer than the turn before one may be, if nobody was shed in that."""

PROBE_AFTER: Final = 12
"""Turns that shed, after which two may be longer, to see whether those behind them bring more."""

PROBE: Final = 1.75
"""How much longer."""

MORE: Final = 1.1
"""What is more. Where the turn's length makes no difference, the same clients ask again."""

MEMORY: Final = 0.5
"""Seconds after which a shed request is forgotten: in some turns meanwhile nobody may be."""


class Lag:
    """The turns of a loop, and whether the one that runs is too long for another request.

    The longest handler of a turn is left out: it may be one that blocks. Where nobody has been shed
    for a while, a turn may be twice `max_lag`, or `GROWTH` times the one before.
    """

    def __init__(
        self,
        max_lag: float,
        write_timeout: float,
        connections: Sized,
        look_at: Callable[[float], None],
        context: Context,
    ) -> None:
        """`max_lag` and `write_timeout` are seconds, 0 is no limit; `connections` those that are
        open. `look_at` is called with the moment (monotonic) before which `late` need not be asked.
        """
        self._connections = connections
        self._look_at = look_at
        self._context = context
        self._watched_after = max_lag / 3 or inf
        self._most = max_lag * 2 / 3 or inf  # in the part of a turn that is watched, as all below
        self._patience = write_timeout * PATIENCE or inf
        self._longest = max(self._most, min(self._patience, LONGEST))
        # The turn, if it is `_known`. `_first` and `_last` are the moments of the requests that
        # were looked at in it, `_gap` is the longest time between two of them.
        self._known = False
        self._began = self._first = self._last = self._gap = 0.0
        self._looked = 0
        self._allowed = 2 * self._most
        self._sheds = False
        # What follows turns that shed. Whose requests have come since the last of them, and between
        # that and the one before: clients, since who was shed may miss a turn.
        self._askers: set[object] = set()
        self._askers_before: set[object] = set()
        self._overloaded = False
        self._shed_at = -inf
        self._level = self._most
        self._turns = 0  # since they began, or since the last probe
        self._usual = 0  # clients of two turns before the probe

    def late(self, now: float, loop: asyncio.AbstractEventLoop, asker: object) -> bool:
        """Whether a request whose head is read `now` (monotonic) is more than can be served.
        `asker` is its connection.
        """
        if self._watched_after == inf:
            self._look_at(inf)
            return False
        if not self._known:  # what has been of this turn does not count
            self._watch(now, loop)
            return False
        if self._overloaded:
            self._askers.add(asker)
        if self._sheds:
            return True
        age = now - self._began
        if age <= self._watched_after:
            if not self._overloaded:
                self._look_at(self._began + self._watched_after)
            return False
        if not self._looked:
            self._first = self._last = now
        self._looked += 1
        self._gap = max(self._gap, now - self._last)
        self._last = now
        fewest, allowed = QUEUE, self._allowed
        if age > self._patience:
            fewest, allowed = SHORT_QUEUE, self._most
        elif len(self._connections) <= FEW:
            return False
        self._sheds = self._looked > fewest and self._took(now) > allowed
        return self._sheds

    @property
    def turn_began(self) -> float:
        """When the turn of the loop began (monotonic); infinite where nobody looks."""
        return self._began if self._known else inf

    def _took(self, now: float) -> float:
        return now - self._first - self._gap if self._looked else 0.0

    def _watch(self, now: float, loop: asyncio.AbstractEventLoop) -> None:
        """Know when the next turn begins: then this is called before all that it has polled."""
        self._known, self._began = True, now
        self._forget(now)
        self._looked, self._gap, self._sheds = 0, 0.0, False
        self._look_at(-inf if self._overloaded else now + self._watched_after)
        loop.call_soon(self._on_turn, loop, context=self._context)

    def _on_turn(self, loop: asyncio.AbstractEventLoop) -> None:
        now = monotonic()
        self._judge(now, loop)
        if now - self._began > LONG_TURN:
            self._watch(now, loop)
        else:
            self._known = False
            self._look_at(now + LOOK_AGAIN)

    def _judge(self, now: float, loop: asyncio.AbstractEventLoop) -> None:
        """Decide how long the next turn may be."""
        self._forget(now)
        if self._sheds:
            self._shed_at = now
            if self._overloaded:
                self._turns += 1
                self._probe()
            else:
                self._overloaded = True
                self._level = self._allowed = self._most
                self._turns = 0
                self._remember(loop)
        elif not self._overloaded:
            self._allowed = min(self._longest, max(2 * self._most, GROWTH * self._took(now)))

    def _remember(self, loop: asyncio.AbstractEventLoop) -> None:
        """Forget in time, also where no more requests come: connections are kept meanwhile."""
        self._forget(monotonic())
        if self._overloaded:
            loop.call_later(MEMORY, self._remember, loop, context=self._context)

    def _forget(self, now: float) -> None:
        if self._overloaded and now - self._shed_at > MEMORY:
            self._overloaded = False
            self._askers, self._askers_before = set(), set()

    def _probe(self) -> None:
        """Let two turns be longer from time to time. If those behind them bring no more clients
        than usual, the same ones ask again, and longer turns serve more of them.
        """
        askers = len(self._askers | self._askers_before)
        self._askers, self._askers_before = set(), self._askers
        if self._turns < PROBE_AFTER:
            self._usual = askers
        elif self._turns == PROBE_AFTER:
            self._allowed = min(self._longest, PROBE * self._level)
        elif self._turns == PROBE_AFTER + 2:
            self._allowed = self._level
        elif self._turns == PROBE_AFTER + 3:
            if askers <= MORE * self._usual and self._level < self._longest:
                self._level = self._allowed = min(self._longest, PROBE * self._level)
                self._turns = PROBE_AFTER - 1
                self._usual = askers
            else:
                self._level = self._allowed = self._most
                self._turns = 0
