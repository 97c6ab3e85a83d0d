"""Whole responses of requests that began together leave together, as those came in.

A write is a call of the system, and what the handlers of the next requests need is cold after it.
A client that has many connections is woken once, and not for each of its answers.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from asyncio import Transport

__all__ = ["ALONE", "ALONE_LONG", "BLOCKED", "LONGEST", "SLOW", "Outgoing"]

LONGEST: Final = 0.001
"""Seconds after which what waits is written before the next handler begins."""

SLOW: Final = 0.000_25
"""Seconds for a response, in the mean, from which on waiting saves nothing worth having."""

ALONE: Final = 20
"""How many times as long as slow handlers took nothing waits after them: who is ready is late by
somebody else's handler a twentieth of the time at most.
"""

BLOCKED: Final = 0.02
"""Seconds of handlers from which on they are taken to block the loop, now and then."""

ALONE_LONG: Final = 10.0
"""Seconds for which nothing waits after that, at least."""


class Outgoing:
    """What is written when the requests of a turn have all begun.

    A handler that takes long delays what is ready before it, so it is written meanwhile where
    handlers are not quick.
    """

    __slots__ = ("_alone_until", "_since", "_waiting", "together")

    def __init__(self) -> None:
        self.together = False
        """Whether a response is to be added, and not to be written at once."""
        self._waiting: list[tuple[Transport, bytes]] = []
        self._since = 0.0  # monotonic, as the next
        self._alone_until = 0.0

    def begin(self) -> None:
        """Requests begin together: from now on responses may wait, until `end`."""
        self._since = monotonic()
        self.together = self._since >= self._alone_until

    def add(self, transport: Transport, response: bytes, now: float) -> None:
        """Write a response soon; `now` is monotonic seconds."""
        self._waiting.append((transport, response))
        if now - self._since > LONGEST:
            self._write(now)

    def flush(self) -> None:
        """Write what waits: before anything else is done to the transport of any of them."""
        if self._waiting:
            self._write(monotonic())

    def end(self) -> None:
        """The requests have all begun: write what waits."""
        if self.together:
            self._write(monotonic())
            self.together = False

    def _write(self, now: float) -> None:
        waiting, took = self._waiting, now - self._since
        if took > SLOW * len(waiting):
            alone = ALONE * took
            self._alone_until = now + (alone if took < BLOCKED else max(alone, ALONE_LONG))
            self.together = False
        self._waiting, self._since = [], now
        turn = iter(waiting)
        for transport, response in turn:
            try:
                if not transport.is_closing():
                    transport.write(response)
            except BaseException:
                transport.abort()  # nobody else's answer is lost by it
                self._waiting.extend(turn)
                self.flush()
                raise
