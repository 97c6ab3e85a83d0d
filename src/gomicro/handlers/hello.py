"""Hello: greets whoever the request's body names."""

from __future__ import annotations

from starlette.types import Message, Receive, Scope, Send

from gomicro.handlers.logger import InfoLogger
from gomicro.reply.answers import error, send_body, start_ok

__all__ = ["Hello"]


class Hello:
    """An ASGI application that answers `Hello`, the body as it came, and a newline.

    It logs "Hello world" before it reads. A body that cannot be read is answered 400 `Oops`.
    `logger` is any of structlog's or the standard library's.
    """

    def __init__(self, logger: InfoLogger) -> None:
        self.logger = logger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; anything else is a ValueError, as for any handler."""
        if scope["type"] != "http":
            raise ValueError(f"Hello answers http, not {scope['type']}")
        self.logger.info("Hello world")
        message = await receive()
        if message["type"] == "http.request" and not message.get("more_body"):
            name: bytes | None = message.get("body", b"")
        else:
            name = await _rest_of_body(message, receive)
        if name is None:
            await error(send, 400, "Oops")
            return
        greeting = b"Hello %b\n" % name
        await send(start_ok(greeting))
        await send_body(send, greeting)


async def _rest_of_body(message: Message, receive: Receive) -> bytes | None:
    """Return the whole body whose first message is given, or None if it was cut short."""
    parts: list[bytes] = []
    while message["type"] == "http.request":
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)
        message = await receive()
    return None
