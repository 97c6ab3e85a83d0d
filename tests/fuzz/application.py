"""An application that does anything: what ASGI allows, and what it forbids."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

__all__ = ["Application"]

Act = Callable[[Any, Any], Awaitable[object]]

STATUSES = [200, 200, 200, 204, 304, 404, 500, 999, 100, 103, 1000, "200", None]
HEADERS = [
    [], [(b"x-a", b"b")], [(b"content-length", b"3")], [(b"content-length", b"0")],
    [(b"content-length", b"x")], [(b"connection", b"close")], [(b"transfer-encoding", b"chunked")],
    [(b"content-type", b"text/event-stream")], [(b"a", b"b\r\nc: d")], [(b"", b"")], 5, None,
]  # fmt: skip
BODIES = [b"", b"abc", b"x" * 3000, b"y" * 70_000, b"z" * 300_000, "text", None, 7]
ERRORS = [ValueError, KeyboardInterrupt, SystemExit, asyncio.CancelledError, GeneratorExit, OSError]


class Application:
    """What one random application does with each request, repeated by the same seed.

    It notes the paths it was called with, in `calls`. It ends by itself, whatever it is told.
    """

    def __init__(self, random: random.Random) -> None:
        self._random = random
        self._wild = random.random() < 0.7
        self.calls: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> object:
        path = scope["path"]
        self.calls.append(path)
        tag = [(b"x-path", path.encode("utf-8", "replace"))]
        if not self._wild:
            return await self._behave(tag, receive, send)
        background: list[asyncio.Task[Any]] = []
        try:
            for _ in range(self._random.randrange(6)):
                result = await self._act(tag, receive, send, background)
                if result is not None:
                    return result
            if self._random.random() < 0.7:
                await self._behave(tag, receive, send)
            return None
        finally:
            if background and self._random.random() < 0.5:
                await asyncio.wait(background, timeout=self._random.choice([0, 0.5, 3]))
            for task in background:
                task.cancel()

    async def _behave(self, tag: Any, receive: Any, send: Any) -> None:
        """Answer as an application should, whole or in parts, having read or not."""
        choose = self._random
        if choose.random() < 0.5:
            while (message := await receive())["type"] == "http.request":
                if not message.get("more_body"):
                    break
        if choose.random() < 0.3:
            await asyncio.sleep(choose.choice([0, 0.01, 0.4]))
        await send({"type": "http.response.start", "status": 200, "headers": tag})
        for _ in range(choose.choice([0, 0, 1, 3])):
            body = choose.choice([b"part", b"x" * 3000, b"y" * 100_000])
            await send({"type": "http.response.body", "body": body, "more_body": True})
            if choose.random() < 0.3:
                await asyncio.sleep(0.01)
        await send({"type": "http.response.body", "body": choose.choice([b"", b"end"])})

    async def _act(
        self, tag: Any, receive: Any, send: Any, background: list[asyncio.Task[Any]]
    ) -> object:
        """Do one thing; what it returns ends the application."""
        choose = self._random
        match choose.randrange(12):
            case 0 | 1:
                headers = choose.choice(HEADERS)
                fields = tag + headers if isinstance(headers, list) else headers
                start = {"type": "http.response.start", "status": choose.choice(STATUSES)}
                await self._try(send, {**start, "headers": fields})
            case 2 | 3:
                body = {"type": "http.response.body", "body": choose.choice(BODIES)}
                await self._try(send, {**body, "more_body": choose.random() < 0.6})
            case 4:
                await self._try(send, choose.choice([{}, {"type": "x"}, {"type": None}]))
            case 5:
                await asyncio.wait_for(self._tolerant(receive), 0.3)
            case 6:
                background.append(asyncio.create_task(receive()))
            case 7:
                await asyncio.sleep(choose.choice([0, 0.01, 0.3, 2]))
            case 8 if choose.random() < 0.5:
                raise choose.choice(ERRORS)("anything")
            case 9 if choose.random() < 0.3:
                return choose.choice([0, "text", False])
            case 10 if choose.random() < 0.3:
                task = asyncio.current_task()
                if task is not None:
                    task.cancel()
            case 11:
                message = {"type": "http.response.body", "body": b"late", "more_body": True}
                background.append(asyncio.create_task(self._later(send, message)))
        return None

    async def _try(self, send: Any, message: Any) -> None:
        """Send, and go on after a refusal more often than not."""
        try:
            await send(message)
        except (RuntimeError, TypeError, KeyError, ValueError, AttributeError):
            if self._random.random() < 0.3:
                raise

    async def _tolerant(self, receive: Any) -> None:
        await receive()

    async def _later(self, send: Any, message: Any) -> None:
        await asyncio.sleep(0.05)
        await self._try(send, message)
