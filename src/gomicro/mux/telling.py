"""Telling which pattern has matched: in `route` of the scope, for who counts requests by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from gomicro.mux.routing_tree import Route

__all__ = ["app_of", "tell_routes"]

_told: list[bool] = []


def tell_routes() -> None:
    """Have every mux of this process tell, from what it routes next on."""
    _told[:] = [True]


def app_of(route: Route) -> ASGIApp:
    """What answers for a route."""
    if not _told:
        return route.app
    if route.telling is None:
        route.telling = _telling(route.pattern.text, route.app)
    return route.telling


def _telling(pattern: str, app: ASGIApp) -> ASGIApp:
    def telling(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        scope["route"] = pattern
        return app(scope, receive, send)

    return telling
