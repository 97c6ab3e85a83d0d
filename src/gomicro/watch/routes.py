"""The route of a request: the pattern that matched it, as the application left it in the scope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["path_of", "route_of"]


def path_of(route: object) -> object:
    """The path of a framework's route; None where it has none, or says so by raising."""
    try:
        return getattr(route, "path", None)
    except Exception:  # whatever an application has left in the scope
        return None


def route_of(scope: Mapping[str, Any]) -> str:
    """The path of the matched pattern; "" where nobody says. Never the path that was asked for.

    ServeMux, Starlette and FastAPI leave it in `route`, Litestar in `path_template`.
    """
    route = scope.get("route")
    if route is None:
        pattern = scope.get("path_template")
        return pattern if isinstance(pattern, str) else ""
    pattern = route if isinstance(route, str) else path_of(route)
    return pattern[pattern.find("/") :] if isinstance(pattern, str) and "/" in pattern else ""
