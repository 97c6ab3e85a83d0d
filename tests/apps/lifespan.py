"""Applications that differ in how their lifespan goes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette

log = logging.getLogger("tests.apps.lifespan")

App = Callable[[Any, Any, Any], Awaitable[None]]


def _app(startup: dict[str, Any], shutdown: dict[str, Any]) -> App:
    """An application whose answers to its lifespan's events are given."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            scope["state"]["opened"] = "the database"
            await send(startup)
            await receive()
            await send(shutdown)
            return
        body = b"served"
        if scope["path"] == "/state":
            body = str(scope["state"]).encode()
            scope["state"]["added"] = "by a request"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    return app


COMPLETE = {"type": "lifespan.startup.complete"}
STOPPED = {"type": "lifespan.shutdown.complete"}
FAILED = {"type": "lifespan.startup.failed"}

works = _app(COMPLETE, STOPPED)
refuses = _app({**FAILED, "message": "no database"}, STOPPED)
refuses_wordless = _app(FAILED, STOPPED)
chatty = _app({**FAILED, "message": "Traceback:\n  a line\n\nthe last word\n"}, STOPPED)
fails_to_stop = _app(COMPLETE, {"type": "lifespan.shutdown.failed", "message": "still open"})


async def never_starts(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    log.error("starting")
    try:
        await asyncio.Event().wait()
    finally:
        log.error("gave up")


@asynccontextmanager
async def _raises(app: Starlette) -> AsyncIterator[None]:
    if not app.debug:
        raise RuntimeError("no database")
    yield


starlette_raises = Starlette(lifespan=_raises)
