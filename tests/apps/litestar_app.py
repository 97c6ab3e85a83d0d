"""A Litestar application that does what those of the other frameworks do."""

# Litestar reads the annotations of handlers when they are declared: no postponed ones here.

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Annotated, Any

from litestar import Litestar, MediaType, Request, WebSocket, get, post, put, route, websocket
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import WebSocketDisconnect
from litestar.params import Body
from litestar.response import File, Stream

from tests.apps.common import FILE, PART, counts, opened

log = logging.getLogger("tests.apps.litestar_app")


@get("/items/{number:int}")
async def item(number: int, request: Request[Any, Any, Any]) -> dict[str, Any]:
    database = request.app.state.database
    return {"item": number, "database": database, "url": str(request.url)}


@post("/echo", status_code=200)
async def echo(data: dict[str, str]) -> dict[str, str]:
    return data


@put("/upload", media_type=MediaType.TEXT)
async def upload(request: Request[Any, Any, Any]) -> str:
    return str(sum([len(part) async for part in request.stream()]))


@post("/form", status_code=200, media_type=MediaType.TEXT)
async def form(
    data: Annotated[dict[str, UploadFile], Body(media_type=RequestEncodingType.MULTI_PART)],
) -> str:
    file = data["file"]
    return f"{file.filename} {len(await file.read())}"


@get("/stream")
async def stream(parts: int) -> Stream:
    async def send() -> AsyncIterator[bytes]:
        for _ in range(parts):
            yield PART

    return Stream(send())


@get("/file")
async def file() -> File:
    return File(path=FILE)


@get("/ticks")
async def ticks() -> Stream:
    async def send() -> AsyncIterator[str]:
        try:
            while True:
                yield "data: tick\n\n"
                await asyncio.sleep(0.05)
        finally:
            log.info("client gone")

    return Stream(send(), media_type="text/event-stream")


@get("/slow", media_type=MediaType.TEXT)
async def slow() -> str:
    await opened()
    return "slow"


@route("/fail", http_method=["GET", "POST"])
async def fail() -> None:
    raise RuntimeError("unhandled")


@get("/counts")
async def count() -> dict[str, int]:
    return counts()


@websocket("/say")
async def say(socket: WebSocket[Any, Any, Any]) -> None:
    await socket.accept()
    try:
        while True:
            await socket.send_text(await socket.receive_text())
    except WebSocketDisconnect:
        pass


async def open_database(app: Litestar) -> None:
    app.state.database = "open"


async def close_database(app: Litestar) -> None:
    log.info("closed")


app = Litestar(
    [item, echo, upload, form, stream, file, ticks, slow, fail, count, say],
    on_startup=[open_database],
    on_shutdown=[close_database],
    logging_config=None,
)
