"""Goodbye: says so, whatever was asked."""

from __future__ import annotations

from typing import Final

from starlette.types import Message, Receive, Scope, Send

from gomicro.handlers.logger import InfoLogger
from gomicro.reply.answers import start_ok

__all__ = ["Goodbye"]

_BYEE: Final = b"Byee\n"


class Goodbye:
    """An ASGI application that answers `Byee` and leaves the request's body unread.

    Its two messages are made once and shared between answers: whoever gets them only reads them.
    """

    def __init__(self, logger: InfoLogger) -> None:
        self.logger = logger
        self._start: Message = start_ok(_BYEE)
        self._body: Message = {"type": "http.response.body", "body": _BYEE}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; anything else is a ValueError, as for any handler."""
        if scope["type"] != "http":
            raise ValueError(f"Goodbye answers http, not {scope['type']}")
        await send(self._start)
        await send(self._body)
