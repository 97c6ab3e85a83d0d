"""Binding TCP sockets, and the error that says why one cannot be had."""

from __future__ import annotations

import os
import socket
from typing import Any

from gomicro.connection.address import host_and_port
from gomicro.errors import StartupError

__all__ = ["bind", "cannot_listen"]


def bind(host: str, port: int) -> list[socket.socket]:
    """Bind an address, so that a port which is taken is known before anything else is begun.

    The empty host is every interface, IPv6 and IPv4, through one socket, as Go's ":9090" is; a
    name is every address it has. Port 0 is a free port, the same for all of them. The sockets do
    not block, and are the caller's to close. Raises StartupError if an address cannot be had.
    """
    bound: list[socket.socket] = []
    try:
        for family, address in _addresses(host, port):
            if not port and bound:
                address = (address[0], bound[0].getsockname()[1], *address[2:])
            bound.append(_bind(family, address))
    except BaseException:
        for sock in bound:
            sock.close()
        raise
    return bound


def cannot_listen(where: str, error: OSError) -> StartupError:
    """The error that says so of an address."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    return StartupError(f"cannot listen on {where}: {reason}")


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
    # Said to be TCP, without which asyncio leaves the connections to Nagle's algorithm.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            both = address[0] == "::"
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if both else 1)
        sock.bind(address)
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        raise cannot_listen(host_and_port(address[:2]), error) from error
    return sock
