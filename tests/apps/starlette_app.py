"""A Starlette application with what people use: lifespan state, forms of response, WebSockets."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    JSONResponse,
    PlainTextResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from tests.apps.common import FILE, PART, counts, opened

log = logging.getLogger("tests.apps.starlette_app")


class State(TypedDict):
    database: str


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[State]:
    log.info("opened")
    yield {"database": "open"}
    log.info("closed")


async def item(request: Request) -> Response:
    return JSONResponse(
        {
            "item": request.path_params["number"],
            "database": request.state.database,
            "url": str(request.url),
        }
    )


async def echo(request: Request) -> Response:
    return JSONResponse(await request.json())


async def upload(request: Request) -> Response:
    """The sizes in which the body came do not matter, its sum does."""
    return PlainTextResponse(str(sum([len(part) async for part in request.stream()])))


async def form(request: Request) -> Response:
    async with request.form() as fields:
        file = fields["file"]
        assert isinstance(file, UploadFile)
        return PlainTextResponse(f"{file.filename} {len(await file.read())}")


async def stream(request: Request) -> Response:
    async def send() -> AsyncIterator[bytes]:
        for _ in range(int(request.query_params["parts"])):
            yield PART

    return StreamingResponse(send())


async def file(request: Request) -> Response:
    return FileResponse(FILE)


async def ticks(request: Request) -> Response:
    async def send() -> AsyncIterator[str]:
        try:
            while True:
                yield "data: tick\n\n"
                await asyncio.sleep(0.05)
        finally:
            log.info("client gone")

    return StreamingResponse(send(), media_type="text/event-stream")


async def slow(request: Request) -> Response:
    await opened()
    return PlainTextResponse("slow")


async def fail(request: Request) -> Response:
    raise RuntimeError("unhandled")


async def count(request: Request) -> Response:
    return JSONResponse(counts())


async def events(request: Request) -> Response:
    """Server-sent events: one at once, and the next ones only when the client is gone."""

    async def stream() -> AsyncIterator[str]:
        try:
            yield "data: first\n\n"
            await asyncio.Event().wait()
        finally:
            log.info("client gone")

    return StreamingResponse(stream(), media_type="text/event-stream")


async def background(request: Request) -> Response:
    async def work() -> None:
        log.info("working", extra={"task": request.query_params["task"]})

    return PlainTextResponse("accepted", 202, background=BackgroundTask(work))


async def say(websocket: WebSocket) -> None:
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)


async def talk(websocket: WebSocket) -> None:
    """Say what was heard, until `bye`; `late` is answered after more than any HTTP deadline."""
    await websocket.accept(subprotocol="talk" if websocket.scope["subprotocols"] else None)
    while True:
        text = await websocket.receive_text()
        if text == "bye":
            return await websocket.close(4000)
        if text == "late":
            await asyncio.sleep(1.3)
        await websocket.send_text(f"{text} on {websocket.state.database} {websocket.url.path}")


async def refuse(websocket: WebSocket) -> None:
    await websocket.close()


app = Starlette(
    lifespan=lifespan,
    routes=[
        Route("/items/{number:int}", item),
        Route("/echo", echo, methods=["POST"]),
        Route("/upload", upload, methods=["PUT"]),
        Route("/form", form, methods=["POST"]),
        Route("/stream", stream),
        Route("/file", file),
        Route("/ticks", ticks),
        Route("/slow", slow),
        Route("/fail", fail, methods=["GET", "POST"]),
        Route("/counts", count),
        Route("/events", events),
        Route("/background", background),
        WebSocketRoute("/say", say),
        WebSocketRoute("/talk", talk),
        WebSocketRoute("/refuse", refuse),
    ],
)


def make() -> Starlette:
    """A factory."""
    return app
