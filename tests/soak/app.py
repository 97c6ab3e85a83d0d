"""The application under soak: a bare ASGI one, a path for each thing that handlers do.

`/state` tells what the process holds, after a collection of garbage.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import hashlib
import json
import resource
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

PATTERN = bytes(range(256)) * 256
"""What downloads consist of, over and over."""

NAMED_TYPES = 300
"""Types of objects that `/state` counts by name, the most frequent ones."""

_SMAPS = Path("/proc/self/smaps_rollup")
_TRIM = getattr(ctypes.CDLL(None), "malloc_trim", None)
"""Gives back what the C library's allocator keeps for later (glibc): that is nobody's."""


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer by the path."""
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "websocket":
        await converse(scope, receive, send)
    else:
        await PATHS[scope["path"]](scope, receive, send)


async def lifespan(receive: Any, send: Any) -> None:
    for stage in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{stage}.complete"})


async def converse(scope: Any, receive: Any, send: Any) -> None:
    """A WebSocket that says what it hears, or `/refuse`s."""
    await receive()
    if scope["path"] == "/refuse":
        await send({"type": "websocket.close"})
        return
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({**message, "type": "websocket.send"})


async def answer(send: Any, body: bytes, status: int = 200) -> None:
    headers = [(b"content-type", b"application/octet-stream")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def number(scope: Any, name: str) -> int:
    return int(parse_qs(scope["query_string"].decode())[name][0])


async def read(receive: Any) -> bytes | None:
    """The request's body, or None where the rest of it will never come."""
    body = bytearray()
    while (message := await receive())["type"] == "http.request":
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)
    return None


async def hello(scope: Any, receive: Any, send: Any) -> None:
    await answer(send, b"hello " + scope["query_string"])


async def echo(scope: Any, receive: Any, send: Any) -> None:
    body = await read(receive)
    await answer(send, b"cut", 400) if body is None else await answer(send, body)


async def upload(scope: Any, receive: Any, send: Any) -> None:
    """Tell the digest of what came, without keeping it."""
    digest = hashlib.sha256()
    more = True
    while more and (message := await receive())["type"] == "http.request":
        digest.update(message.get("body", b""))
        more = message.get("more_body", False)
    await answer(send, b"cut", 400) if more else await answer(send, digest.hexdigest().encode())


async def download(scope: Any, receive: Any, send: Any) -> None:
    """So many parts at once."""
    await answer(send, PATTERN * number(scope, "parts"))


async def stream(scope: Any, receive: Any, send: Any) -> None:
    """So many parts, one after another."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(number(scope, "parts")):
        await send({"type": "http.response.body", "body": PATTERN, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def events(scope: Any, receive: Any, send: Any) -> None:
    """Server-sent events, a few milliseconds apart."""
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for event in range(number(scope, "events")):
        body = b"data: %d\n\n" % event
        await send({"type": "http.response.body", "body": body, "more_body": True})
        await asyncio.sleep(0.01)
    await send({"type": "http.response.body", "body": b""})


async def watchful(scope: Any, receive: Any, send: Any) -> None:
    """Answer while another task waits for the client to leave, as frameworks do."""
    _watching.add(task := asyncio.create_task(_await_the_end(receive)))
    task.add_done_callback(_watching.discard)
    await asyncio.sleep(0)
    await answer(send, b"watched")


_watching: set[asyncio.Task[None]] = set()


async def _await_the_end(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def sleep(scope: Any, receive: Any, send: Any) -> None:
    await asyncio.sleep(number(scope, "ms") / 1000)
    await answer(send, b"awake")


async def block(scope: Any, receive: Any, send: Any) -> None:
    """Hold the event loop, as a careless handler does."""
    time.sleep(number(scope, "ms") / 1000)  # noqa: ASYNC251 -- the carelessness to be served
    await answer(send, b"unblocked")


async def fail(scope: Any, receive: Any, send: Any) -> None:
    raise RuntimeError("on purpose")


async def fail_afterwards(scope: Any, receive: Any, send: Any) -> None:
    """Fail after a whole response, as frameworks do after their 500."""
    await answer(send, b"whole", 500)
    raise RuntimeError("on purpose")


async def state(scope: Any, receive: Any, send: Any) -> None:
    """What this process holds."""
    gc.collect()
    if _TRIM is not None:
        _TRIM(0)
    objects = gc.get_objects()
    types = Counter(type(each).__name__ for each in objects)
    told = {
        "memory": _memory(),
        "blocks": sys.getallocatedblocks(),
        "objects": len(objects),
        "descriptors": _descriptors(),
        "tasks": len(asyncio.all_tasks()),
        "timers": types["TimerHandle"],
        "protocols": sum(isinstance(each, asyncio.BaseProtocol) for each in objects),
        "types": dict(types.most_common(NAMED_TYPES)),
    }
    await answer(send, json.dumps(told).encode())


def _memory() -> int:
    """Bytes that are this process's alone; where that cannot be read, the most it ever had."""
    if not _SMAPS.exists():
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    lines = (line.split() for line in _SMAPS.read_text().splitlines())
    return sum(int(line[1]) * 1024 for line in lines if line[0].startswith("Private_"))


def _descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))


PATHS = {
    "/block": block,
    "/download": download,
    "/echo": echo,
    "/events": events,
    "/fail": fail,
    "/fail-afterwards": fail_afterwards,
    "/hello": hello,
    "/sleep": sleep,
    "/state": state,
    "/stream": stream,
    "/upload": upload,
    "/watchful": watchful,
}
