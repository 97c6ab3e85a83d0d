"""The admin listener of a server that is alone in its process, and what holds for every one."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gomicro.config import ServerConfig
from gomicro.connection.address import Address, addresses_of, host_and_port
from gomicro.errors import StartupError
from gomicro.log import own_logger
from gomicro.server.binding import listen
from gomicro.server.side_listener import SideListener
from gomicro.server.sockets import bind

if TYPE_CHECKING:
    from gomicro.admin.here import Here
    from gomicro.connection.service import ASGIApp

__all__ = ["admin_config", "admin_sockets", "telling_of"]


@contextmanager
def telling_of(here: Here, config: ServerConfig) -> Iterator[list[Address]]:
    """Have an admin listener tell of a service; gives its addresses.

    Raises StartupError if it cannot have them.
    """

    def make_app() -> ASGIApp:
        from gomicro.admin.app import make_app

        return make_app(here)

    sockets = admin_sockets(config)
    addresses = addresses_of(sockets)
    log = own_logger("gomicro.admin", config.log_level)
    listener = SideListener(make_app, admin_config(), sockets, log)
    listener.start()
    here.service.log.info("admin listening", address=[host_and_port(one) for one in addresses])
    try:
        yield addresses
    finally:
        here.end()
        listener.stop()


def admin_sockets(config: ServerConfig) -> list[socket.socket]:
    """Sockets that listen already: who asks before the thread has begun waits, and is answered."""
    sockets = bind(config.admin_host, config.admin_port or 0)
    try:
        for sock in sockets:
            listen(sock)
    except StartupError:
        for sock in sockets:
            sock.close()
        raise
    return sockets


def admin_config() -> ServerConfig:
    """The admin listener's own: every client has little time. Only the page's stream of events goes
    on, for as long as its client takes them.
    """
    return ServerConfig(
        read_timeout=5.0,
        read_header_timeout=1.0,
        write_timeout=40.0,
        idle_timeout=60.0,
        max_body_bytes=1024,
        max_header_bytes=16384,
        max_connections=256,
        max_lag=0.0,
        access_log=False,
        forwarded_allow_ips="",
    )
