"""Who watches the event loop while a service lives, and tells of it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from gomicro.config import ServerConfig
from gomicro.connection.address import Address, host_and_port, local_address
from gomicro.errors import StartupError
from gomicro.log import lines_lost, own_logger
from gomicro.server.binding import listen
from gomicro.server.sockets import bind
from gomicro.watch.blocked import Blocked
from gomicro.watch.heartbeat import Heartbeat

if TYPE_CHECKING:
    from gomicro.connection.service import ASGIApp, Service

__all__ = ["watching"]


@contextmanager
def watching(
    service: Service,
    config: ServerConfig,
    *,
    leaving: Callable[[], str] = str,
    report: Callable[[], str] = str,
) -> Iterator[list[Address]]:
    """Watch the loop that runs in this thread, if anybody is to; gives the admin listener's
    addresses.

    `leaving` says why the service leaves, "" while it does not; `report` what is in force. Raises
    StartupError if the admin listener cannot have its address.
    """
    loop = asyncio.get_running_loop()
    heartbeat = Heartbeat.of(loop, config.blocked_after)
    with ExitStack() as stack:
        addresses: list[Address] = []
        if config.blocked_after:
            heartbeat.watchers.append(Blocked(service, loop))
        if config.admin_port is not None:
            sockets = _listening(config.admin_host, config.admin_port)
            names = (local_address(sock.getsockname()) for sock in sockets)
            addresses = [name for name in names if name is not None]
            stack.enter_context(_admin(service, config, heartbeat, sockets, leaving, report))
        if heartbeat.watchers or addresses:
            heartbeat.start()
            stack.callback(heartbeat.end)
        yield addresses


def _listening(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen already: who asks before the thread has begun waits, and is answered."""
    sockets = bind(host, port)
    try:
        for sock in sockets:
            listen(sock)
    except StartupError:
        for sock in sockets:
            sock.close()
        raise
    return sockets


@contextmanager
def _admin(
    service: Service,
    config: ServerConfig,
    heartbeat: Heartbeat,
    sockets: list[socket.socket],
    leaving: Callable[[], str],
    report: Callable[[], str],
) -> Iterator[None]:
    """Have the admin listener serve. All that only it needs is imported here, or in its thread."""
    from gomicro.admin.here import Here
    from gomicro.metrics.counting import Counting
    from gomicro.metrics.store import SIZE, Store
    from gomicro.mux.telling import tell_routes
    from gomicro.server.side_listener import SideListener

    tell_routes()
    counting = Counting(Store(memoryview(bytearray(SIZE))), service, lines_lost)
    counting.begin()
    heartbeat.lags.append(counting.lag)

    here = Here(
        service,
        asyncio.get_running_loop(),
        heartbeat,
        counting,
        live_after=config.live_after,
        leaving=leaving,
        config=report,
    )

    def make_app() -> ASGIApp:
        from gomicro.admin.app import make_app

        return make_app(here)

    listener = SideListener(
        make_app, _config(), sockets, own_logger("gomicro.admin", config.log_level)
    )
    listener.start()
    addresses = [host_and_port(local_address(sock.getsockname())) for sock in sockets]
    service.log.info("admin listening", address=addresses)
    try:
        yield
    finally:
        here.end()
        listener.stop()


def _config() -> ServerConfig:
    """The admin listener's own: every client has little time, and a stream ends within it."""
    return ServerConfig(
        read_timeout=5.0,
        read_header_timeout=1.0,
        write_timeout=40.0,
        idle_timeout=60.0,
        max_body_bytes=1024,
        max_header_bytes=16384,
        max_connections=256,
        access_log=False,
        forwarded_allow_ips="",
    )
