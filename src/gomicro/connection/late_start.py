"""The lag gate before Python 3.12, where a handler begins in the turn after its head was read.

Heads are read fast there, all of them before their handlers, and these are the queue. So each is
looked at when it begins. To shed it then costs more than to answer its head at once would.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from gomicro.connection.response_controller import EXTENSION

if TYPE_CHECKING:
    from gomicro.connection.overload import Overload
    from gomicro.connection.service import ASGIApp

__all__ = ["Gated"]


class Gated:
    """The application, or a 503 in its place where its turn of the loop is too long already."""

    def __init__(self, app: ASGIApp, overload: Overload) -> None:
        self._app = app
        self._overload = overload

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        """Serve as the application would, if there is time for it."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        overload, connection = self._overload, scope["extensions"][EXTENSION][0]
        if not overload.begins_late(monotonic(), asyncio.get_running_loop(), connection):
            return await self._app(scope, receive, send)
        deadlines = connection.deadlines
        deadlines.terms = replace(deadlines.terms, logged=False, counted=False)
        fields = [
            (b"retry-after", b"%d" % overload.retry_after()),
            (b"content-type", b"text/plain; charset=utf-8"),
        ]
        await send({"type": "http.response.start", "status": 503, "headers": fields})
        await send({"type": "http.response.body", "body": b"Service Unavailable\n"})
        return None
