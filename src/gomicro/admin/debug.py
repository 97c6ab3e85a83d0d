"""What the service does just now: requests, stacks, configuration and a profile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import orjson
from starlette.responses import PlainTextResponse, Response

if TYPE_CHECKING:
    from starlette.requests import Request

    from gomicro.admin.subject import Subject

__all__ = ["LONGEST_PROFILE", "Debug"]

LONGEST_PROFILE = 30.0
"""Seconds."""

_USUAL_PROFILE = 5.0


class Debug:
    """The paths below /debug/ of one service."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._profiling = asyncio.Lock()

    async def requests(self, request: Request) -> Response:
        """The requests in flight, as JSON."""
        found = await self._subject.requests()
        data = orjson.dumps({"requests": found}, option=orjson.OPT_INDENT_2)
        return Response(data + b"\n", media_type="application/json")

    async def stacks(self, request: Request) -> Response:
        """All threads, requests and tasks."""
        text = await self._subject.stacks()
        return PlainTextResponse(text.encode(errors="backslashreplace"))

    async def config(self, request: Request) -> Response:
        """What is in force and where it came from."""
        return PlainTextResponse(self._subject.config())

    async def profile(self, request: Request) -> Response:
        """A profile of `?seconds=`, one at a time."""
        try:
            seconds = float(request.query_params.get("seconds", _USUAL_PROFILE))
        except ValueError:
            seconds = 0.0
        if not 0 < seconds <= LONGEST_PROFILE:
            return _refused(f"want seconds above 0, up to {LONGEST_PROFILE:g}", 400)
        if self._profiling.locked():
            return _refused("a profile is being taken already: ask again when it is done", 409)
        async with self._profiling:
            text = await self._subject.profile(seconds)
        if not text:
            return _refused("no event loop runs that could be looked at", 503)
        return PlainTextResponse(text)


def _refused(why: str, status: int) -> Response:
    return PlainTextResponse(f"{why}\n", status)
