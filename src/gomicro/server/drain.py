"""Leaving service without losing a request: finish what was begun, then close."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from math import inf
from typing import TYPE_CHECKING

from gomicro.connection.phase import Phase

if TYPE_CHECKING:
    from gomicro.connection.service import Service
    from gomicro.http1.request_head import RequestHead

__all__ = ["Drain", "in_flight", "left"]

NAMED_REQUESTS = 100
"""Requests that the log names when the grace is used up."""


class Drain:
    """The end of a service that no longer accepts connections.

    Whatever one connection does in it, all others are seen to.
    """

    def __init__(self, service: Service, *, patient: bool) -> None:
        """`patient`: an idle connection has a second for one more request."""
        self._service = service
        self._less = asyncio.Event()
        service.phase = Phase.DRAINING if patient else Phase.HURRYING
        service.on_idle = self._less.set

    def hurry(self) -> None:
        """Close idle connections at once from now on."""
        self._service.phase = Phase.HURRYING
        self._tell_connections()

    async def finish(self, ends_at: float) -> bool:
        """Wait until everything is answered; False if `ends_at` (monotonic) comes before that.

        Then what is left is named in the log, and cut. If that is owed nothing, since it was only
        given time for one more request, it goes without a word.
        """
        self._tell_connections()
        try:
            await asyncio.wait_for(self._nothing_left(), left(ends_at))
        except TimeoutError:
            owes = self._owes()
            if owes:
                self._name_what_is_left()
            self._cut()
            if owes:
                return False
        self._service.log.info("drained", in_flight=0)
        return True

    async def _nothing_left(self) -> None:
        while self._service.connections or self._service.tasks:
            self._less.clear()
            await self._less.wait()

    def _owes(self) -> bool:
        service = self._service
        return bool(service.tasks) or any(one.owed() for one in service.connections)

    def _tell_connections(self) -> None:
        for connection in list(self._service.connections):
            try:
                connection.leave()
            except Exception as error:
                self._service.log.error("connection failed to close", exc_info=error)
                connection.cut("grace")

    def _name_what_is_left(self) -> None:
        service = self._service
        requests = in_flight(service)
        running = [head for head in service.tasks.values() if head is not None]
        answered = [head for head in running if head not in requests]
        service.log.error(
            "grace used up",
            in_flight=len(requests),
            requests=_named(requests),
            running=_named(answered),
            hint="raise --shutdown-grace (0 for none) if requests may take longer; an endless "
            "stream is told when to end by gomicro.shutdown, in the extensions of its scope",
        )

    def _cut(self) -> None:
        for connection in list(self._service.connections):
            connection.cut("grace")
        for task in list(self._service.tasks):
            task.cancel("the shutdown grace is used up")


def in_flight(service: Service) -> list[RequestHead]:
    """The requests that are being served."""
    heads = (connection.in_flight() for connection in service.connections)
    return [head for head in heads if head is not None]


def left(ends_at: float, *, least: float = 0.0) -> float | None:
    """Seconds until a monotonic moment, None where there is none."""
    return None if ends_at == inf else max(least, ends_at - time.monotonic())


def _named(heads: Iterable[RequestHead]) -> list[str]:
    return [f"{head.method} {head.path}" for head in heads][:NAMED_REQUESTS]
