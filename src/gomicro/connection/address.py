"""A connection's two ends, as ASGI names them and as the log does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

__all__ = ["Address", "host_and_port", "peer_address", "server_address"]

Address = tuple[str, int | None]

_MAPPED = "::ffff:"


def peer_address(transport: asyncio.BaseTransport) -> tuple[str, int] | None:
    """The client's host and port; None where there is none, as on a Unix socket.

    An IPv4 client of a socket for both families has its IPv4 address (RFC 4291 section 2.5.5.2).
    """
    name = transport.get_extra_info("peername")
    return (_plain(name[0]), name[1]) if isinstance(name, tuple) and len(name) >= 2 else None


def server_address(transport: asyncio.BaseTransport) -> Address | None:
    """The server's host and port; for a Unix socket its path and None."""
    name = transport.get_extra_info("sockname")
    if isinstance(name, tuple) and len(name) >= 2:
        return _plain(name[0]), name[1]
    return (name, None) if isinstance(name, str) and name else None


def host_and_port(address: tuple[str, int] | None) -> str:
    """An address as in a URL, IPv6 in brackets (RFC 3986 section 3.2.2); "" for None."""
    if address is None:
        return ""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _plain(host: str) -> str:
    return host.removeprefix(_MAPPED) if host.startswith(_MAPPED) and "." in host else host
