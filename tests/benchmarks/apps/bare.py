"""Hello and goodbye as one ASGI function, with nothing between it and the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

TYPE = (b"content-type", b"text/plain; charset=utf-8")


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """`Byee` on /goodbye, else `Hello ` and the body."""
    if scope["type"] == "lifespan":
        await answer_lifespan(receive, send)
    elif scope["path"] == "/goodbye":
        await reply(send, b"Byee\n")
    else:
        await reply(send, b"Hello %s\n" % await read(receive))


async def read(receive: Receive) -> bytes:
    """The whole body."""
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body", False):
        message = await receive()
        body += message.get("body", b"")
    return body


async def reply(send: Send, body: bytes) -> None:
    """A 200 with a plain text of known length."""
    headers = [TYPE, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def answer_lifespan(receive: Receive, send: Send) -> None:
    """Start and stop without doing anything."""
    for stage in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{stage}.complete"})
