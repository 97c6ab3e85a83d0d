"""What a handler asks of the application that it is made with."""

from __future__ import annotations

from starlette.types import ASGIApp

__all__ = ["checked"]


def checked(app: ASGIApp, handler: str) -> ASGIApp:
    """Return the application of a handler of that name. Raises TypeError if it cannot be called."""
    if not callable(app):
        raise TypeError(f"{handler} calls an ASGI application, which {app!r} is not")
    return app
