"""A FastAPI application that does what those of the other frameworks do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, UploadFile, WebSocket
from fastapi.responses import FileResponse, PlainTextResponse, StreamingResponse

from tests.apps.common import FILE, PART, counts, opened

log = logging.getLogger("tests.apps.fastapi_app")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, str]]:
    yield {"database": "open"}
    log.info("closed")


app = FastAPI(lifespan=lifespan)


@app.get("/items/{number}")
def item(number: int, request: Request) -> dict[str, Any]:
    """Runs in a thread, as it is no coroutine."""
    return {"item": number, "database": request.state.database, "url": str(request.url)}


@app.post("/echo")
async def echo(said: dict[str, str]) -> dict[str, str]:
    return said


@app.put("/upload")
async def upload(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(sum([len(part) async for part in request.stream()])))


@app.post("/form")
async def form(file: UploadFile) -> PlainTextResponse:
    return PlainTextResponse(f"{file.filename} {len(await file.read())}")


@app.get("/stream")
async def stream(parts: int) -> StreamingResponse:
    async def send() -> AsyncIterator[bytes]:
        for _ in range(parts):
            yield PART

    return StreamingResponse(send(), media_type="application/octet-stream")


@app.get("/file")
async def file() -> FileResponse:
    return FileResponse(FILE)


@app.get("/ticks")
async def ticks() -> StreamingResponse:
    async def send() -> AsyncIterator[str]:
        try:
            while True:
                yield "data: tick\n\n"
                await asyncio.sleep(0.05)
        finally:
            log.info("client gone")

    return StreamingResponse(send(), media_type="text/event-stream")


@app.get("/slow")
async def slow() -> PlainTextResponse:
    await opened()
    return PlainTextResponse("slow")


@app.api_route("/fail", methods=["GET", "POST"])
async def fail() -> None:
    raise RuntimeError("unhandled")


@app.websocket("/say")
async def say(websocket: WebSocket) -> None:
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)


@app.get("/counts")
async def count() -> dict[str, int]:
    return counts()
