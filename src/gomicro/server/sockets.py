"""The sockets a service listens on."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

from gomicro.connection.deadlines import LINGER
from gomicro.errors import StartupError

__all__ = ["Sockets"]


class Sockets:
    """Bound sockets, which listen between `listen` and `close`. A context that closes them."""

    def __init__(self, bound: list[socket.socket]) -> None:
        self._bound = bound
        self._servers: list[asyncio.AbstractServer] = []
        self._accept: Callable[[socket.socket], Any]

    @classmethod
    def bind(cls, host: str, port: int) -> Sockets:
        """Bind an address, so that a port which is taken is known before anything else is begun.

        The empty host is every interface, IPv6 and IPv4, through one socket, as Go's ":9090" is; a
        name is every address it has. Port 0 is a free port, the same for all of them. Raises
        StartupError if an address cannot be had.
        """
        sockets = cls([])
        try:
            for family, address in _addresses(host, port):
                if not port and sockets._bound:
                    address = (address[0], sockets.addresses()[0][1], *address[2:])
                sockets._bound.append(_bind(family, address))
        except BaseException:
            sockets.__exit__(None, None, None)
            raise
        return sockets

    def __enter__(self) -> Sockets:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        for server in self._servers:
            server.close()
        for sock in self._bound:
            sock.close()

    def addresses(self) -> list[tuple[str, int]]:
        """Host and port of each socket."""
        return [sock.getsockname()[:2] for sock in self._bound]

    async def listen(
        self,
        factory: Callable[[], asyncio.Protocol],
        tls: ssl.SSLContext | None,
        handshake_timeout: float | None,
    ) -> None:
        """Accept connections from now on. Raises StartupError if another socket has the port."""
        loop = asyncio.get_running_loop()
        options: dict[str, Any] = {"ssl": tls}
        if tls is not None:
            options["ssl_handshake_timeout"] = handshake_timeout
            options["ssl_shutdown_timeout"] = LINGER
        self._accept = lambda sock: loop.connect_accepted_socket(factory, sock, **options)
        for sock in self._bound:
            try:
                server = await loop.create_server(
                    factory, sock=sock, backlog=socket.SOMAXCONN, **options
                )
            except OSError as error:
                raise _startup_error(sock.getsockname(), error) from error
            self._servers.append(server)

    async def close(self, *, take_queued: bool) -> None:
        """Stop listening. `take_queued`: accept first what the kernel has accepted already, so
        that no client is reset that has sent its request.
        """
        queued = [sock.dup() for sock in self._bound] if take_queued else []
        for server in self._servers:
            server.close()
        connections = [self._accept(sock) for sock in _accept_queued(queued)]
        for sock in queued:
            sock.close()
        await asyncio.gather(*connections, return_exceptions=True)


def _addresses(host: str, port: int) -> list[tuple[int, tuple[Any, ...]]]:
    if not host and socket.has_dualstack_ipv6():
        return [(socket.AF_INET6, ("::", port))]
    if not host:
        return [(socket.AF_INET, ("0.0.0.0", port))]  # noqa: S104 -- the documented default
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise StartupError(f"cannot listen on {host!r}: {error.strerror}") from error
    return list(dict.fromkeys((int(info[0]), info[4]) for info in found))


def _bind(family: int, address: tuple[Any, ...]) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # there the option would let two services share a port
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            both = address[0] == "::"
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if both else 1)
        sock.bind(address)
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        raise _startup_error(address, error) from error
    return sock


def _startup_error(address: tuple[Any, ...], error: OSError) -> StartupError:
    host, port = address[:2]
    reason = os.strerror(error.errno) if error.errno else str(error)
    return StartupError(f"cannot listen on {f'[{host}]' if ':' in host else host}:{port}: {reason}")


def _accept_queued(listeners: list[socket.socket]) -> Iterator[socket.socket]:
    for listener in listeners:
        with contextlib.suppress(OSError):  # BlockingIOError: the queue is empty
            while True:
                connection, _ = listener.accept()
                connection.setblocking(False)
                yield connection
