"""The page's news: an overview a second, as server-sent events, made once for all who listen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import orjson
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from gomicro.admin.overview import overview

if TYPE_CHECKING:
    from starlette.requests import Request

    from gomicro.admin.subject import Subject

__all__ = ["MOST", "Events"]

EVERY = 1.0
"""Seconds between two events."""

MOST = 16
"""Streams at a time; one more is answered 503."""


class Events:
    """The streams of one listener."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._open = 0
        self._making: asyncio.Task[bytes] | None = None
        self._made_at = 0.0

    async def __call__(self, request: Request) -> Response:
        """A stream of events, until its client leaves."""
        if self._open >= MOST:
            return PlainTextResponse("as many pages as there may be are open\n", 503)
        return StreamingResponse(self._stream(), media_type="text/event-stream")

    async def _stream(self) -> AsyncIterator[bytes]:
        self._open += 1
        try:
            while True:
                yield await self._news()
                await asyncio.sleep(EVERY)
        finally:
            self._open -= 1

    async def _news(self) -> bytes:
        """The latest overview, which whoever comes after most of a second has made anew."""
        now = asyncio.get_running_loop().time()
        if self._making is None or (self._making.done() and now - self._made_at > EVERY * 0.9):
            self._made_at = now
            self._making = asyncio.create_task(self._make())
        return await asyncio.shield(self._making)

    async def _make(self) -> bytes:
        return b"data: " + orjson.dumps(await overview(self._subject)) + b"\n\n"
