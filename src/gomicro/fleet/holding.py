"""Leaving clients to the worker that will replace this one, while that starts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from gomicro.connection.ending import close
from gomicro.connection.http1 import HTTP1

if TYPE_CHECKING:
    from gomicro.connection.service import Service
    from gomicro.server.listener import Listener

__all__ = ["Holding"]

QUIET = 1.0
"""Seconds without a request after which a connection is closed: a browser asks again on another."""


class Holding:
    """A worker's clients, of whom new ones wait in the kernel's queue between `hold` and `go_on`.

    A connection that has rested is closed, so that its next request waits there as well. One that
    is in use is kept: what is on its way on it is not lost.
    """

    def __init__(self, service: Service, listener: Listener) -> None:
        self._service = service
        self._listener = listener

    def hold(self) -> None:
        self._listener.rest()
        before = time.monotonic() - QUIET
        for connection in list(self._service.connections):
            if isinstance(connection, HTTP1) and rests(connection, before):
                close(connection)

    def go_on(self) -> None:
        self._listener.go_on()


def rests(connection: HTTP1, before: float) -> bool:
    """Whether nothing has come or is owed since before a monotonic moment."""
    waits = connection.state.begins and connection.state.idle
    if not waits or connection.reader.waiting or connection.deadlines.state_at >= before:
        return False
    return not connection.unread()
