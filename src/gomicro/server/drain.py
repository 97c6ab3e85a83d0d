"""Leaving service without losing a request: finish what was begun, then close."""

from __future__ import annotations

import asyncio
import time
from math import inf
from typing import TYPE_CHECKING

from gomicro.connection.protocol import HTTPProtocol

if TYPE_CHECKING:
    from gomicro.connection.exchange import Exchange
    from gomicro.connection.service import Service

__all__ = ["Drain", "left"]

NAMED_REQUESTS = 100
"""Requests that the log names when the grace is used up."""


class Drain:
    """The end of a service that no longer accepts connections.

    `patient`: an idle connection has a second for one more request.
    """

    def __init__(self, service: Service, *, patient: bool) -> None:
        self._service = service
        self._less = asyncio.Event()
        service.draining = True
        service.patient = patient
        service.on_idle = self._less.set

    def hurry(self) -> None:
        """Close idle connections at once from now on."""
        self._service.patient = False
        self._tell_connections()

    async def finish(self, ends_at: float) -> bool:
        """Wait until everything is answered; False if `ends_at` (monotonic) comes before that.

        Then what is left is named in the log, and cut.
        """
        self._tell_connections()
        try:
            await asyncio.wait_for(self._nothing_left(), left(ends_at))
        except TimeoutError:
            self._cut()
            return False
        self._service.log.info("drained", in_flight=0)
        return True

    async def _nothing_left(self) -> None:
        while self._service.connections or self._service.tasks:
            self._less.clear()
            await self._less.wait()

    def _tell_connections(self) -> None:
        for connection in list(self._service.connections):
            if isinstance(connection, HTTPProtocol):
                connection.drain(patient=self._service.patient)
            else:
                connection.shutdown()  # a WebSocket of uvicorn's

    def _cut(self) -> None:
        service = self._service
        exchanges = in_flight(service)
        service.log.error(
            "grace used up",
            in_flight=len(exchanges),
            requests=[f"{e.head.method} {e.head.path}" for e in exchanges[:NAMED_REQUESTS]],
            hint="raise --shutdown-grace (0 for none) if requests may take longer",
        )
        for connection in list(service.connections):
            connection.transport.abort()
        for task in list(service.tasks):
            task.cancel("the shutdown grace is used up")


def in_flight(service: Service) -> list[Exchange]:
    """The requests that are being served."""
    connections = [c for c in service.connections if isinstance(c, HTTPProtocol)]
    return [e for e in (c.in_flight() for c in connections) if e is not None]


def left(ends_at: float, *, least: float = 0.0) -> float | None:
    """Seconds until a monotonic moment, None where there is none."""
    return None if ends_at == inf else max(least, ends_at - time.monotonic())
