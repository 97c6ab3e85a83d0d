"""Proxies that are believed when they say for whom they ask.

The headers X-Forwarded-For and X-Forwarded-Proto are read as uvicorn's middleware reads them, whose
import would take longer than a request may wait.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from gomicro.connection.service import ASGIApp

__all__ = ["believing"]

_UNIX: Final = "unix:"
"""What a client of a Unix socket, which has no address, is called where proxies are believed."""

_SCHEMES: Final = frozenset(("http", "https", "ws", "wss"))

_LONGEST_HOST: Final = 253
"""Characters of a name in DNS. What is longer is nobody's."""


def believing(app: ASGIApp, trusted: str) -> ASGIApp:
    """`app` with the client and scheme that a proxy's headers tell.

    `trusted` has the proxies' addresses and networks, separated by commas, and `unix:` for those
    that come through a Unix socket; * is all.
    """
    proxies = _Proxies(trusted)

    async def believe(scope: Any, receive: Any, send: Any) -> None:
        if proxies.trust(_who(scope)):
            _take(scope, proxies)
        await app(scope, receive, send)

    return believe


class _Proxies:
    """Those that are trusted."""

    def __init__(self, trusted: str) -> None:
        self.all = trusted == "*"
        self._addresses: set[IPv4Address | IPv6Address] = set()
        self._networks: list[IPv4Network | IPv6Network] = []
        self._names: set[str] = set()
        for one in _parts(trusted):
            try:
                if "/" in one:
                    self._networks.append(ip_network(one))
                else:
                    self._addresses.add(ip_address(one))
            except ValueError:
                self._names.add(one)
        self._known = lru_cache(maxsize=4096)(self._find)

    def trust(self, host: str) -> bool:
        """Whether a host, "" for an unknown one, is trusted."""
        return self.all or (0 < len(host) <= _LONGEST_HOST and self._known(host))

    def client(self, forwarded: str) -> tuple[str, int]:
        """The one that is asked for: the last in the list, to which each proxy has added whom it
        was asked by, that is not trusted; else the first.
        """
        hosts = [_host_and_port(part) for part in _parts(forwarded)]
        if not self.all:
            for host, port in reversed(hosts):
                if not self.trust(host):
                    return host, port
        return hosts[0]

    def _find(self, host: str) -> bool:
        try:
            address = ip_address(host)
        except ValueError:
            return host in self._names
        return address in self._addresses or any(address in one for one in self._networks)


def _who(scope: Any) -> str:
    client, server = scope["client"], scope["server"]
    if client is not None:
        return str(client[0])
    return _UNIX if server is not None and server[1] is None else ""


def _take(scope: Any, proxies: _Proxies) -> None:
    """Have the scope say what the headers do."""
    scheme, hosts = "", []
    for name, value in scope["headers"]:
        if name == b"x-forwarded-proto":
            scheme = value.decode("latin-1").strip()
        elif name == b"x-forwarded-for":
            hosts.append(value.decode("latin-1"))
    if scheme in _SCHEMES:
        websocket = scope["type"] == "websocket"
        scope["scheme"] = scheme.replace("http", "ws") if websocket else scheme
    if hosts:
        host, port = proxies.client(", ".join(hosts))
        if host:
            scope["client"] = (host, port)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


def _host_and_port(text: str) -> tuple[str, int]:
    """Read `host`, `host:port`, `[host]` or `[host]:port`; anything else is a host as it is."""
    if text.startswith("["):
        host, closed, port = text[1:].partition("]")
        if closed and not port:
            return host, 0
        if closed and port.startswith(":"):
            return host, _number(port[1:]) or 0
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
        number = _number(port)
        if number is not None:
            return host, number
    return text, 0


def _number(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None
