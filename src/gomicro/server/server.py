"""A service's life: start, serve, leave service, drain, stop."""

from __future__ import annotations

import asyncio
import signal
import ssl
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from math import inf
from typing import NoReturn, cast

import uvicorn

from gomicro.config import ServerConfig
from gomicro.connection.http1 import HTTP1
from gomicro.connection.phase import Phase
from gomicro.connection.service import ASGIApp, Service
from gomicro.connection.websocket import WebSockets
from gomicro.errors import StartupError
from gomicro.server.application import one_line
from gomicro.server.drain import Drain, in_flight, left
from gomicro.server.lifespan import Lifespan
from gomicro.server.signals import handling
from gomicro.server.sockets import Sockets

__all__ = ["Server"]


class Server:
    """Serves one ASGI application with deadlines, limits and a shutdown that loses no request.

    `websockets`: whether upgrades are offered to the application; without, an upgrade is ignored
    as RFC 9110 section 7.8 allows. A server serves once.
    """

    def __init__(
        self, app: ASGIApp, config: ServerConfig | None = None, *, websockets: bool = True
    ) -> None:
        self.config = config if config is not None else ServerConfig()
        self._app = app
        self._websockets = websockets
        self._draining: Drain | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._patient = True
        self._signal = ""
        self._interrupts = 0
        self._leave: Callable[[int], NoReturn] | None = None
        self._cut = False
        self.addresses: list[tuple[str, int]] = []
        """Host and port of each listening socket, once the service listens."""

    def run(self, *, leave: Callable[[int], NoReturn] | None = None) -> int:
        """Serve until a signal or `shutdown` ends it; returns the exit status.

        0: everything was answered. 1: the grace ended before that, or the application failed to
        stop. Raises StartupError if the service cannot start.

        `leave` ends the process at once, with the status it is given: for a second SIGINT, from
        the signal's handler (130), and when the grace is used up (1). Without it the one raises
        KeyboardInterrupt, and the other waits for threads that still run.
        """
        self._leave = leave
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            status = runner.run(self.serve())
            if self._cut and leave is not None:
                leave(status)
        return status

    async def serve(self) -> int:
        """As `run`, in a running event loop. Signals are handled in the main thread only."""
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        with handling(self._on_signal):
            service, tls = self._load()
            with Sockets.bind(self.config.host, self.config.port) as sockets:
                return await self._live(service, tls, sockets)

    def shutdown(self) -> None:
        """Leave service as on SIGTERM. May be called from any thread, and more than once."""
        self._begin_to_stop("shutdown", patient=True)

    # Start.

    def _load(self) -> tuple[Service, ssl.SSLContext | None]:
        config = self.config
        loaded = uvicorn.Config(
            self._app,
            http=HTTP1,
            ws="none",
            lifespan="off",
            log_config=None,
            proxy_headers=False,
            server_header=False,
            root_path=config.root_path,
            forwarded_allow_ips=config.forwarded_allow_ips,
            ssl_certfile=config.tls_cert or None,
            ssl_keyfile=config.tls_key or None,
        )
        try:
            loaded.load()
        except (OSError, ssl.SSLError) as error:
            raise StartupError(
                f"cannot use the certificate {config.tls_cert!r} with the key "
                f"{config.tls_key!r}: {one_line(error).rpartition(' (')[0]}"
            ) from error
        except (Exception, SystemExit) as error:
            raise StartupError(f"cannot use the application: {one_line(error)}") from error
        service = Service(
            config,
            cast("ASGIApp", loaded.loaded_app),
            asgi_version=loaded.asgi_version,
            websockets=WebSockets(loaded) if self._websockets else None,
        )
        return service, loaded.ssl

    async def _live(self, service: Service, tls: ssl.SSLContext | None, sockets: Sockets) -> int:
        lifespan = Lifespan(service.app, service.state)
        if not await self._started(lifespan):
            return 0
        try:
            await sockets.listen(self._protocol_factory(service), tls, self._handshake_timeout())
        except StartupError:
            await lifespan.shutdown()
            raise
        service.phase = Phase.SERVING
        self.addresses = sockets.addresses()
        service.log.info(
            "listening",
            address=[
                f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
                for host, port in self.addresses
            ],
            port=self.addresses[0][1],
            tls=tls is not None,
        )
        await self._stopping().wait()
        ends_at = time.monotonic() + (self.config.shutdown_grace or inf)
        finished = await self._drain(service, sockets, ends_at)
        reason = await self._end_lifespan(lifespan, ends_at)
        if reason is not None:
            service.log.error("application failed to stop", reason=reason)
        service.log.info("stopped", in_flight=0)
        self._cut = not finished
        return 0 if finished and reason is None else 1

    async def _started(self, lifespan: Lifespan) -> bool:
        """Start the application; False if a signal came first."""
        startup = asyncio.create_task(lifespan.startup())
        stop = asyncio.create_task(self._stopping().wait())
        await asyncio.wait({startup, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if startup.done():
            startup.result()
            return True
        startup.cancel()
        with suppress(asyncio.CancelledError):
            await startup
        return False

    def _protocol_factory(self, service: Service) -> Callable[[], HTTP1]:
        loop = asyncio.get_running_loop()
        return lambda: HTTP1(service, loop)

    def _handshake_timeout(self) -> float | None:
        """As Go's tlsHandshakeTimeout: the shortest of the deadlines that are set."""
        config = self.config
        limits = (config.header_timeout(), config.read_timeout, config.write_timeout)
        return min((limit for limit in limits if limit), default=None)

    # Stop.

    def _stopping(self) -> asyncio.Event:
        if self._stop is None:
            raise RuntimeError("the server does not run")
        return self._stop

    def _on_signal(self, which: signal.Signals) -> None:
        if which is signal.SIGINT:
            self._interrupts += 1
            if self._interrupts > 1:
                self._interrupt()
        self._begin_to_stop(which.name, patient=which is not signal.SIGINT)

    def _interrupt(self) -> NoReturn:
        if self._leave is not None:
            self._leave(130)
        raise KeyboardInterrupt

    def _begin_to_stop(self, why: str, *, patient: bool) -> None:
        loop, stop = self._loop, self._stop
        if loop is None or stop is None or loop.is_closed():
            return
        self._signal = self._signal or why
        self._patient = self._patient and patient
        loop.call_soon_threadsafe(self._leave_service)

    def _leave_service(self) -> None:
        self._stopping().set()
        if self._draining is not None and not self._patient:
            self._draining.hurry()

    async def _drain(self, service: Service, sockets: Sockets, ends_at: float) -> bool:
        self._draining = drain = Drain(service, patient=self._patient)
        service.log.info(
            "leaving service",
            reason=self._signal,
            in_flight=len(in_flight(service)),
            connections=len(service.connections),
        )
        await sockets.close(take_queued=self._patient)
        return await drain.finish(ends_at)

    async def _end_lifespan(self, lifespan: Lifespan, ends_at: float) -> str | None:
        try:
            return await asyncio.wait_for(lifespan.shutdown(), left(ends_at, least=1.0))
        except TimeoutError:
            return "it did not stop within the shutdown grace"


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's event loop where the platform has it, else asyncio's own."""
    if sys.platform == "win32":
        return None
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
