"""The application of the fleets under test: it says which process and which version answers.

The version is what the file VERSION_FILE holds when the module is imported; `broken` there is an
error, `long` a long one, and `stuck` an import that does not end.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from pathlib import Path
from typing import Any

VERSION = Path(os.environ["VERSION_FILE"]).read_text() if "VERSION_FILE" in os.environ else "1"
HEADERS = [(b"x-pid", str(os.getpid()).encode()), (b"x-version", VERSION.encode())]

log = logging.getLogger("tests.fleet.app")


def rest_again_and_again() -> None:
    while True:
        time.sleep(0.01)


for _ in range(int(os.environ.get("THREADS", "0"))):
    threading.Thread(target=rest_again_and_again, daemon=True).start()
if VERSION == "broken":
    raise RuntimeError("this version is broken")
if VERSION == "long":
    raise RuntimeError("x" * 1_000_000)
while VERSION == "stuck":
    time.sleep(60)


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Echo what is sent; the path says what else is done."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "websocket":
        await echo_messages(receive, send)
    else:
        body = await read(receive)
        await act(scope["path"])
        log.debug("answered")
        size = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS, size]})
        await send({"type": "http.response.body", "body": body})


async def act(path: str) -> None:
    """`/sleep/2` waits for two seconds, `/block/2` blocks for them and `/gate` until the test opens
    it, `/log/10000` logs so many bytes.
    """
    _, what, *argument = path.split("/")
    number = float(argument[0]) if argument else 0.0
    if what == "sleep":
        log.error("asleep")  # an error is written at once
        await asyncio.sleep(number)
    elif what == "block":
        log.error("blocking")
        time.sleep(number)  # noqa: ASYNC251 -- the carelessness to be served
    elif what == "gate":
        log.error("blocking")
        with open(os.environ["GATE"], "rb", buffering=0) as gate:  # noqa: ASYNC230, PTH123 -- too
            gate.read(1)
    elif what == "work":
        ends_at = time.process_time() + number
        while time.process_time() < ends_at:
            pass
    elif what == "log":
        log.error("long", extra={"parts": ["x" * 1000] * (int(number) // 1000)})
    elif what == "orphan":
        # The shell does not wait for its child, which becomes that of process 1.
        await asyncio.create_subprocess_exec("sh", "-c", "true & echo $!")
    elif what == "exit":
        os._exit(int(number))


async def read(receive: Any) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)


async def echo_messages(receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


async def lifespan(receive: Any, send: Any) -> None:
    await receive()
    await asyncio.sleep(float(os.environ.get("START_SECONDS", "0")))
    if VERSION == "refusing":
        await send({"type": "lifespan.startup.failed", "message": "this version refuses"})
        return
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})
