"""Large bodies: an upload is counted piece by piece, a download is sent in 64 KiB pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.benchmarks.apps.bare import answer_lifespan, reply

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

SIZE = 8 * 1024 * 1024
PIECE = bytes(64 * 1024)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """/upload answers with the number of bytes it was sent, /download sends SIZE, else `Byee`."""
    if scope["type"] == "lifespan":
        await answer_lifespan(receive, send)
    elif scope["path"] == "/upload":
        await reply(send, b"%d\n" % await count(receive))
    elif scope["path"] == "/download":
        await download(send)
    else:
        await reply(send, b"Byee\n")


async def count(receive: Receive) -> int:
    """The length of the body, of which no more than one piece is held."""
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    return size


async def download(send: Send) -> None:
    """SIZE bytes, piece by piece."""
    headers = [(b"content-length", b"%d" % SIZE), (b"content-type", b"application/octet-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for sent in range(len(PIECE), SIZE + 1, len(PIECE)):
        await send({"type": "http.response.body", "body": PIECE, "more_body": sent < SIZE})
