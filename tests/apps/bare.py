"""A bare ASGI application: each path is something a handler may do to its server."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
import warnings
from typing import Any
from urllib.parse import parse_qs

from tests.apps.common import opened

NOT_CALLABLE = 42
CHUNK = b"0123456789abcdef" * 4096

log = logging.getLogger("tests.apps.bare")


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer by the path; a path that is not listed echoes the request's body."""
    if scope["type"] != "http":
        raise ValueError(scope["type"])
    await PATHS.get(scope["path"], echo)(scope, receive, send)


async def answer(send: Any, body: bytes, status: int = 200) -> None:
    headers = [(b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def argument(scope: Any, name: str) -> float:
    return float(parse_qs(scope["query_string"].decode())[name][0])


async def read(receive: Any) -> bytes | None:
    """The request's body, or None where the rest of it will never come."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)


async def echo(scope: Any, receive: Any, send: Any) -> None:
    log.info("begun")
    body = await read(receive)
    if body is None:
        await answer(send, b"cut", 400)
    else:
        await answer(send, body)


async def hello(scope: Any, receive: Any, send: Any) -> None:
    await answer(send, b"hello")


async def size(scope: Any, receive: Any, send: Any) -> None:
    """Tell how long the body was, without keeping it."""
    total = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return await answer(send, b"cut after %d" % total, 400)
        total += len(message.get("body", b""))
        if not message.get("more_body"):
            return await answer(send, b"%d" % total)


async def unread(scope: Any, receive: Any, send: Any) -> None:
    """Answer without a look at the body."""
    await answer(send, b"unread")


async def sleep(scope: Any, receive: Any, send: Any) -> None:
    """Wait for `seconds`, and tell the log when that is cut short."""
    log.info("asleep")
    try:
        await asyncio.sleep(argument(scope, "seconds"))
    except asyncio.CancelledError:
        log.info("cancelled")
        raise
    await answer(send, b"awake")


async def block(scope: Any, receive: Any, send: Any) -> None:
    """Hold the event loop for `seconds`, as a careless handler does."""
    log.error("blocking")  # an error is written at once
    time.sleep(argument(scope, "seconds"))  # noqa: ASYNC251 -- the carelessness to be served
    await answer(send, b"unblocked")


async def gate(scope: Any, receive: Any, send: Any) -> None:
    """Hold the event loop until the test opens the gate."""
    log.error("blocking")
    with open(os.environ["GATE"], "rb", buffering=0) as file:  # noqa: ASYNC230, PTH123 -- to block
        file.read(1)
    await answer(send, b"unblocked")


async def thread(scope: Any, receive: Any, send: Any) -> None:
    """Wait for a thread that sleeps for `seconds` and cannot be stopped."""
    log.info("asleep")
    await asyncio.to_thread(time.sleep, argument(scope, "seconds"))
    await answer(send, b"awake")


async def flood(scope: Any, receive: Any, send: Any) -> None:
    """Stream `chunks` of 64 KiB."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(int(argument(scope, "chunks"))):
        await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def events(scope: Any, receive: Any, send: Any) -> None:
    """A stream of events: one of `size` bytes every `seconds`, as long as the client listens."""
    await read(receive)
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    event = b"data: %s\n\n" % (b"x" * int(argument(scope, "size")))
    left = asyncio.create_task(receive())
    while not left.done():
        await send({"type": "http.response.body", "body": event, "more_body": True})
        await asyncio.wait({left}, timeout=argument(scope, "seconds"))


async def big(scope: Any, receive: Any, send: Any) -> None:
    """Answer with `chunks` of 64 KiB at once."""
    await answer(send, CHUNK * int(argument(scope, "chunks")))


async def early_head(scope: Any, receive: Any, send: Any) -> None:
    """Start the response, and only then wait for the body."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    body = await read(receive)
    await send({"type": "http.response.body", "body": body or b""})


async def background(scope: Any, receive: Any, send: Any) -> None:
    """Go on for `seconds` after the response."""
    await answer(send, b"answered")
    await asyncio.sleep(argument(scope, "seconds"))
    log.info("worked on")


async def gated_background(scope: Any, receive: Any, send: Any) -> None:
    """Go on after the response until the test opens the gate."""
    await answer(send, b"answered")
    await opened()
    log.info("worked on")


async def show_scope(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the scope as JSON."""
    shown = {key: value for key, value in scope.items() if key not in ("state", "extensions")}
    await answer(send, json.dumps(shown, default=_text, sort_keys=True).encode())


def _text(value: bytes) -> str:
    return value.decode("latin-1")


async def fail(scope: Any, receive: Any, send: Any) -> None:
    raise RuntimeError("a line\nand another \x1b[31m")


async def fail_late(scope: Any, receive: Any, send: Any) -> None:
    """Fail in the midst of the response."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"part", "more_body": True})
    raise RuntimeError("too late for a 500")


async def silent(scope: Any, receive: Any, send: Any) -> None:
    """Return without a response."""


async def noise(scope: Any, receive: Any, send: Any) -> None:
    """Log through the standard library and through warnings."""
    log.warning("peer says %s", scope["query_string"].decode(), extra={"answer": 42})
    warnings.warn("this is deprecated", UserWarning, stacklevel=1)
    try:
        raise KeyError("missing")
    except KeyError:
        log.exception("went wrong")
    await answer(send, b"logged")


PATHS = {
    "/api/scope": show_scope,
    "/background": background,
    "/big": big,
    "/block": block,
    "/early-head": early_head,
    "/events": events,
    "/fail": fail,
    "/fail-late": fail_late,
    "/flood": flood,
    "/gate": gate,
    "/gated-background": gated_background,
    "/hello": hello,
    "/noise": noise,
    "/scope": show_scope,
    "/silent": silent,
    "/size": size,
    "/sleep": sleep,
    "/thread": thread,
    "/unread": unread,
}
