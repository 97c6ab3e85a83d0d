"""The route of a request: the pattern that matched it, as the application left it in the scope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["route_of"]


def route_of(scope: Mapping[str, Any]) -> str:
    """The path of the matched pattern; "" where nobody says. Never the path that was asked for.

    ServeMux, Starlette and FastAPI leave it in `route`, Litestar in `path_template`.
    """
    route = scope.get("route")
    if route is None:
        return str(scope.get("path_template") or "")
    pattern = route if isinstance(route, str) else getattr(route, "path", "")
    return pattern[pattern.find("/") :] if isinstance(pattern, str) and "/" in pattern else ""
