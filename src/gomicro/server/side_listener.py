"""A listener beside the service's own: it serves on a thread of its own, in a loop of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, cast

from gomicro.config import ServerConfig
from gomicro.connection.http1 import HTTP1
from gomicro.connection.phase import Phase
from gomicro.connection.service import ASGIApp, Service
from gomicro.server.assembly import loop_factory
from gomicro.server.connecting import Plain
from gomicro.server.listener import Listener
from gomicro.threads import OwnThread

__all__ = ["SideListener"]

FAREWELL = 0.5
"""Seconds that answers under way have when it stops."""


class SideListener:
    """Serves an application on sockets that listen already, whatever the service's loop does.

    `make_app` is called in the thread. The sockets are its own from `start` on. Of more than
    `max_connections` the one that has stayed longest is cut: none waits for another to end.
    """

    def __init__(
        self,
        make_app: Callable[[], ASGIApp],
        config: ServerConfig,
        sockets: list[socket.socket],
        log: Any,
    ) -> None:
        self._make_app = make_app
        self._config = config
        self._sockets = sockets
        self._log = log
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._begun = threading.Event()
        self._thread = OwnThread(self._run, "gomicro admin")

    def start(self) -> None:
        """Begin to serve; what comes before that waits in the kernel. It returns when the thread
        has its event loop: whoever starts processes after that leaves it descriptors enough.
        """
        self._thread.start()
        self._begun.wait()

    def stop(self) -> None:
        """Stop serving, and wait until that is so."""
        if self._loop is not None and self._stop is not None:
            with suppress(RuntimeError):  # it has failed, and its loop is closed
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=loop_factory()) as runner:
                runner.run(self._serve())
        except Exception as error:
            self._log.error("admin listener failed", exc_info=error)
        finally:
            for sock in self._sockets:  # else whoever asks waits for ever
                sock.close()
            self._begun.set()

    async def _serve(self) -> None:
        self._loop = loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._begun.set()
        service = Service(self._config, self._make_app())
        service.log = self._log
        service.phase = Phase.SERVING
        with Listener(
            self._sockets,
            Plain(partial(_connection, service, loop, self._config.max_connections)),
            self._log,
            connections=lambda: len(service.connections),
        ) as listener:
            listener.listen()
            service.on_left = listener.room
            await self._stop.wait()
            await listener.leave(take_queued=False)
            await _part(service)


def _connection(service: Service, loop: asyncio.AbstractEventLoop, most: int) -> HTTP1:
    """A new connection, and room for it."""
    if most and len(service.connections) >= most:
        open_ = [cast("HTTP1", one) for one in service.connections]
        staying = [one for one in open_ if not one.transport.is_closing()]
        too_many = max(0, len(staying) + 1 - most)
        for one in sorted(staying, key=_rank)[:too_many]:
            one.cut("client")
    return HTTP1(service, loop)


def _rank(connection: HTTP1) -> tuple[bool, float]:
    """The idle first, of several the one whose request, or wait for it, is oldest. Who has sent
    what is not read yet is idle no more.
    """
    idle = connection.state.idle and not connection.unread()
    return not idle, connection.deadlines.request_at


async def _part(service: Service) -> None:
    """Finish what can be finished soon, and cut the rest."""
    nothing_left = asyncio.Event()
    service.on_idle = nothing_left.set
    service.phase = Phase.HURRYING
    for connection in list(service.connections):
        connection.leave()
    if service.connections:
        with suppress(TimeoutError):
            await asyncio.wait_for(nothing_left.wait(), FAREWELL)
    for connection in list(service.connections):
        connection.cut("grace")
