"""TimeoutHandler: an application that has only so long to answer (Go's)."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gomicro.handlers.inner import checked
from gomicro.reply.answers import BUFFER, reply

__all__ = ["TimeoutHandler"]

_Exit = SystemExit | KeyboardInterrupt | None

_BODY: Final = "<html><head><title>Timeout</title></head><body><h1>Timeout</h1></body></html>"


class TimeoutHandler:
    """An ASGI application that answers 503 in the place of one that takes longer than `seconds`.

    As in Go the answer is kept until the application has ended, so it is not for streams; and what
    the application sends after its time goes nowhere. Here it is cancelled besides: the 503 does
    not wait for what it does then. 0 seconds or less have passed at once. Without `body` the 503
    has Go's page; the content type is told from the body. Lifespan and WebSockets pass through.

    The server's own write deadline counts as well: give it more time than this.
    """

    def __init__(self, app: ASGIApp, seconds: float, body: str = "") -> None:
        self.app = checked(app, "TimeoutHandler")
        self.seconds = float(seconds)
        self.body = (body or _BODY).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. What the application raises is raised, also what it does too late."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = _Answer()
        task = asyncio.create_task(_run(self.app, scope, receive, answer))
        try:
            if self.seconds > 0:
                await asyncio.wait({task}, timeout=self.seconds)
            if not task.done():
                answer.too_late = True
                task.cancel(f"TimeoutHandler: {self.seconds:g} seconds have passed")
                await reply(send, 503, body=self.body)
        finally:
            await _end(task)
        if not answer.too_late:
            _raise(task.result())
            await answer.give(send)
        elif not task.cancelled():
            _raise(task.result())


async def _run(app: ASGIApp, scope: Scope, receive: Receive, answer: _Answer) -> _Exit:
    """Returns what would end the event loop if a task raised it: whoever waits for it raises it."""
    try:
        await app(scope, receive, answer.take)
    except (SystemExit, KeyboardInterrupt) as error:
        return error
    return None


def _raise(error: _Exit) -> None:
    if error is not None:
        raise error


async def _end(task: asyncio.Task[_Exit]) -> None:
    """Nothing goes on after this, and nobody is told of an exception that nobody has asked for."""
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
    if not task.cancelled():
        task.exception()


class _Answer:
    """What an application has sent, until it is known whether that is in time."""

    def __init__(self) -> None:
        self.too_late = False
        self._messages: list[Message] = []

    async def take(self, message: Message) -> None:
        """ASGI's `send`."""
        if not self.too_late:
            self._messages.append(message)

    async def give(self, send: Send) -> None:
        """Send it. The parts of a body are one; a long one that came in parts stays chunked."""
        bodies = [m for m in self._messages if m["type"] == "http.response.body"]
        for message in self._messages:
            if message["type"] != "http.response.body":
                await send(message)
            elif message is bodies[0]:
                await _give_body(send, bodies)


async def _give_body(send: Send, bodies: list[Message]) -> None:
    whole = b"".join(message.get("body", b"") for message in bodies)
    more = bool(bodies[-1].get("more_body"))
    split = not more and len(bodies) > 1 and len(whole) > BUFFER
    await send({"type": "http.response.body", "body": whole, "more_body": more or split})
    if split:
        await send({"type": "http.response.body", "body": b""})
