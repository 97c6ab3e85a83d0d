"""A server that serves while a context lasts: for tests, and for programs that do more."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import TYPE_CHECKING, Any

from gomicro.config.places import HostPort
from gomicro.connection.address import host_and_port
from gomicro.errors import ShutdownError
from gomicro.server.assembly import loop_factory

if TYPE_CHECKING:
    from gomicro.server.server import Server

__all__ = ["Running"]

_LOCAL = {"": "localhost", "::": "localhost", "0.0.0.0": "127.0.0.1"}  # noqa: S104
"""Where a client of this machine finds what listens on all interfaces."""


class Running:
    """A context in which a server serves; what is entered is its URL, once it listens.

    `with` serves in a thread of its own, `async with` in the running event loop. Entering raises
    what the start raises, and RuntimeError where the server has been run before. Leaving closes
    idle connections at once, gives requests in flight the shutdown grace and stops the application;
    it raises ShutdownError if that went wrong, whose cause is what the application raised, if it
    did, or what the server itself died of, unless the block raises something already.
    """

    _thread: threading.Thread
    _task: asyncio.Task[int]

    def __init__(
        self,
        server: Server,
        started: concurrent.futures.Future[None],
        begin: Callable[[], None],
        serve: Callable[[], Coroutine[Any, Any, int]],
        stop: Callable[[], None],
        failure: Callable[[], BaseException | None],
    ) -> None:
        """`begin` raises if the server has been run before. `serve` is its life after that, without
        its signals, which stay the program's. `failure` tells what the application raised where it
        failed to stop.
        """
        self._server = server
        self._started = started
        self._begin = begin
        self._serve = serve
        self._stop = stop
        self._failure = failure
        self._ended: concurrent.futures.Future[int] = concurrent.futures.Future()

    def __enter__(self) -> str:
        self._begin()
        # A daemon: a program that is interrupted twice shall end, whatever a handler does.
        self._thread = threading.Thread(target=self._run, name="gomicro", daemon=True)
        self._thread.start()
        try:
            self._started.result()
        except BaseException:
            self._stop()
            self._thread.join()
            raise
        return _url(self._server)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop()
        self._thread.join()
        if error is None:
            self._judge(self._ended.result())

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=loop_factory()) as runner:
                status = runner.run(self._serve())
            self._ended.set_result(status)
        except BaseException as error:
            self._ended.set_exception(error)
            if not self._started.done():  # else whoever enters waits for ever
                self._started.set_exception(error)

    async def __aenter__(self) -> str:
        self._begin()
        self._task = asyncio.create_task(self._serve(), name="gomicro")
        try:
            await self._server.started()
        except BaseException:
            await self._end()
            self._task.exception()  # `started` has raised it
            raise
        return _url(self._server)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._end()
        if error is None:
            self._judge(self._task.result())

    async def _end(self) -> None:
        self._stop()
        try:
            await asyncio.wait({self._task})
        except asyncio.CancelledError:
            self._task.cancel()
            raise

    def _judge(self, status: int) -> None:
        if status:
            raise ShutdownError(
                "the server did not stop in order: a request was cut when the shutdown grace "
                "ended, or the application failed to stop; the log says which"
            ) from self._failure()


def _url(server: Server) -> str:
    """The first of its addresses, by the name that it was told; of Unix sockets a host's alone."""
    scheme = "https" if server.config.tls_cert else "http"
    place, (host, port) = server.config.places()[0], server.addresses[0]
    if port is None:
        return f"{scheme}://localhost"
    if isinstance(place, HostPort):
        host = place.host
    return f"{scheme}://{host_and_port((_LOCAL.get(host, host), port))}"
