"""A Quart application that does what those of the other frameworks do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

from quart import Quart, Response, request, send_file, websocket

from tests.apps.common import FILE, PART, counts, opened

log = logging.getLogger("tests.apps.quart_app")

app = Quart(__name__)


@app.before_serving
async def open_database() -> None:
    app.config["DATABASE"] = "open"


@app.after_serving
async def close_database() -> None:
    log.info("closed")


@app.get("/items/<int:number>")
async def item(number: int) -> dict[str, Any]:
    return {"item": number, "database": app.config["DATABASE"], "url": request.url}


@app.post("/echo")
async def echo() -> Any:
    return await request.get_json()


@app.put("/upload")
async def upload() -> str:
    return str(sum([len(part) async for part in request.body]))


@app.post("/form")
async def form() -> str:
    file = (await request.files)["file"]
    return f"{file.filename} {len(file.read())}"


@app.get("/stream")
async def stream() -> Response:
    async def send(parts: int) -> AsyncIterator[bytes]:
        for _ in range(parts):
            yield PART

    return Response(send(int(request.args["parts"])))


@app.get("/file")
async def file() -> Response:
    return await send_file(FILE)


@app.get("/ticks")
async def ticks() -> Response:
    async def send() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"data: tick\n\n"
                await asyncio.sleep(0.05)
        finally:
            log.info("client gone")

    return Response(send(), mimetype="text/event-stream")


@app.get("/slow")
async def slow() -> str:
    await opened()
    return "slow"


@app.route("/fail", methods=["GET", "POST"])
async def fail() -> str:
    raise RuntimeError("unhandled")


@app.get("/counts")
async def count() -> dict[str, int]:
    return counts()


@app.websocket("/say")
async def say() -> None:
    while True:
        await websocket.send(await websocket.receive())
