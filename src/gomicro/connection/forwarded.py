"""Proxies that are believed when they say for whom they ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gomicro.connection.service import ASGIApp

__all__ = ["believing"]

_UNIX = ("unix:", 0)
"""What a client of a Unix socket, which has no address, is called where proxies are believed."""


def believing(app: ASGIApp, trusted: str) -> ASGIApp:
    """`app` with the client and scheme that uvicorn's middleware takes from a proxy's headers.

    `trusted` has the proxies' addresses and networks, separated by commas, and `unix:` for those
    that come through a Unix socket; * is all.
    """
    from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

    async def nameless(scope: Any, receive: Any, send: Any) -> None:
        if scope["client"] == _UNIX:
            scope["client"] = None
        await app(scope, receive, send)

    middleware: Any = ProxyHeadersMiddleware(nameless, trusted_hosts=trusted)

    async def named(scope: Any, receive: Any, send: Any) -> None:
        server = scope["server"]
        if scope["client"] is None and server is not None and server[1] is None:
            scope["client"] = _UNIX
        await middleware(scope, receive, send)

    return named
