"""MaxBytesHandler: an application that reads only so much of a body (Go's)."""

from __future__ import annotations

from operator import index

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gomicro.handlers.inner import checked
from gomicro.reply.answers import reply

__all__ = ["MaxBytesHandler"]

_TEXT = b"413 Request Entity Too Large"
_FIELDS = (b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")


class MaxBytesHandler:
    """An ASGI application that answers 413 when another one reads more than `n` bytes of a body.

    As in Go who does not read is not refused, the connection ends with the answer, and less than 0
    is 0. In Go the handler is told and may answer otherwise; here it is told `http.disconnect`, and
    what it sends or raises after the 413 goes nowhere. If it had begun to answer before, it is only
    told. Lifespan and WebSockets pass through.

    The server's `max_body_bytes` counts as well.
    """

    def __init__(self, app: ASGIApp, n: int) -> None:
        self.app = checked(app, "MaxBytesHandler")
        self.n = index(n)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limited = _Limited(max(self.n, 0), scope, receive, send)
        try:
            await self.app(scope, limited.receive, limited.send)
        except Exception:
            if not limited.refused:
                raise


class _Limited:
    """The two ends of an exchange, with a limit on what is received."""

    def __init__(self, left: int, scope: Scope, receive: Receive, send: Send) -> None:
        self.refused = False
        """Whether the 413 is given."""
        self._left = left
        self._announced = _length(scope)
        self._receive = receive
        self._send = send
        self._started = self._over = False

    async def receive(self) -> Message:
        """ASGI's `receive`. A body that is announced as too long is not asked for."""
        if not self._over and self._announced > self._left:
            await self._refuse()
        if self._over:
            return {"type": "http.disconnect"}
        message = await self._receive()
        if message["type"] == "http.request":
            self._announced = 0  # what comes is counted
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                await self._refuse()
                return {"type": "http.disconnect"}
        return message

    async def send(self, message: Message) -> None:
        """ASGI's `send`."""
        if not self.refused:
            self._started = True
            await self._send(message)

    async def _refuse(self) -> None:
        self._over = True
        if not self._started:
            self.refused = True
            await reply(self._send, 413, _FIELDS, _TEXT)


def _length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and len(value) < 20:
            return int(value)
    return 0
