"""A connection's two ends, as ASGI names them and as the log does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    import socket
    from collections.abc import Iterable

__all__ = [
    "Address",
    "addresses_of",
    "client_name",
    "host_and_port",
    "local_address",
    "peer_address",
    "public_path",
    "server_address",
]

Address = tuple[str, int | None]
"""A host and its port, or the path of a Unix socket and None."""

_MAPPED = "::ffff:"
_TEMPORARY = re.compile(r"\.~[0-9a-f]{6}\Z")


def peer_address(transport: asyncio.BaseTransport) -> tuple[str, int] | None:
    """The client's host and port; None where there is none, as on a Unix socket.

    An IPv4 client of a socket for both families has its IPv4 address (RFC 4291 section 2.5.5.2).
    """
    name = transport.get_extra_info("peername")
    return (_plain(name[0]), name[1]) if isinstance(name, tuple) and len(name) >= 2 else None


def server_address(transport: asyncio.BaseTransport) -> Address | None:
    """The server's host and port; for a Unix socket its path and None."""
    return local_address(transport.get_extra_info("sockname"))


def local_address(name: object) -> Address | None:
    """A socket's own name, as getsockname(2) has it, as an address."""
    if isinstance(name, tuple) and len(name) >= 2:
        return _plain(name[0]), name[1]
    if isinstance(name, bytes):  # an abstract Unix socket's (Linux, unix(7))
        name = name.decode("latin-1").replace("\0", "@")
    return (public_path(name), None) if isinstance(name, str) and name else None


def addresses_of(sockets: Iterable[socket.socket]) -> list[Address]:
    """The address of each socket that has one."""
    names = (local_address(sock.getsockname()) for sock in sockets)
    return [name for name in names if name is not None]


def public_path(path: str) -> str:
    """The path of a Unix socket that was bound to `path`, be that its temporary one: a socket has
    that name for ever (PATH.~ and six hexadecimal digits).
    """
    return _TEMPORARY.sub("", path)


def host_and_port(address: Address | None) -> str:
    """An address as in a URL, IPv6 in brackets (RFC 3986 section 3.2.2), and a Unix socket's as
    unix:PATH; "" for None.
    """
    if address is None:
        return ""
    host, port = address
    if port is None:
        return f"unix:{host}"
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def client_name(client: Address | None, server: Address | None) -> str:
    """A client as the log names it. On a Unix socket it has no name: "unix:", as nginx logs it."""
    if client is None and server is not None and server[1] is None:
        return "unix:"
    return host_and_port(client)


def _plain(host: str) -> str:
    return host.removeprefix(_MAPPED) if host.startswith(_MAPPED) and "." in host else host
