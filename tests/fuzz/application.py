"""An application that does anything: what ASGI allows, and what it forbids."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

__all__ = ["Application"]

Headers = list[tuple[bytes, bytes]]

STATUSES: list[Any] = [200, 200, 200, 204, 304, 404, 500, 999, 100, 103, 1000, "200", None]
HEADERS: list[Any] = [
    [], [(b"x-a", b"b")], [(b"content-length", b"3")], [(b"content-length", b"0")],
    [(b"content-length", b"x")], [(b"connection", b"close")], [(b"transfer-encoding", b"chunked")],
    [(b"content-type", b"text/event-stream")], [(b"a", b"b\r\nc: d")], [(b"", b"")], 5, None,
]  # fmt: skip
BODIES: list[Any] = [b"", b"abc", b"x" * 3000, b"y" * 70_000, b"z" * 300_000, "text", None, 7]
ERRORS: list[type[BaseException]] = [
    ValueError,
    KeyboardInterrupt,
    SystemExit,
    asyncio.CancelledError,
    GeneratorExit,
    OSError,
]


class Application:
    """What one random application does with each request, repeated by the same seed.

    It notes path and method of each request, in `calls`. It ends by itself, whatever it is told.
    """

    def __init__(self, random: random.Random) -> None:
        self._random = random
        self._wild = random.random() < 0.7
        self.calls: list[tuple[str, str]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> object:
        if scope["type"] == "websocket":
            return await self._talk(receive, send)
        path = scope["path"]
        self.calls.append((path, scope["method"]))
        one = _One(self._random, [(b"x-path", path.encode("utf-8", "replace"))], receive, send)
        if self._wild:
            return await one.misbehave()
        await one.behave()
        return None

    async def _talk(self, receive: Any, send: Any) -> object:
        """A WebSocket that is accepted, refused, or left alone."""
        choose = self._random
        for _ in range(choose.randrange(4)):
            kind = choose.choice(["accept", "accept", "send", "close", "http.response.start"])
            await receive() if choose.random() < 0.3 else None
            await send({"type": f"websocket.{kind}", "text": "a", "status": 403})
        if choose.random() < 0.3:
            raise ValueError("anything")
        return None


class _One:
    """One request."""

    def __init__(self, choose: random.Random, tag: Headers, receive: Any, send: Any) -> None:
        self._random = choose
        self._tag = tag
        self._receive = receive
        self._send = send
        self._background: list[asyncio.Task[Any]] = []
        self._acts: list[Callable[[], Awaitable[None]]] = [
            self._start, self._start, self._part, self._part, self._nonsense, self._read,
            self._read_beside, self._wait, self._fail, self._cancel, self._send_later,
        ]  # fmt: skip

    async def behave(self) -> None:
        """Answer as an application should, whole or in parts: having read, or not, or with a task
        beside that listens for the end.
        """
        choose = self._random
        listening = None
        if choose.random() < 0.3:
            listening = asyncio.create_task(self._listen())
        elif choose.random() < 0.6:
            while (message := await self._receive())["type"] == "http.request":
                if not message.get("more_body"):
                    break
        if choose.random() < 0.3:
            await asyncio.sleep(choose.choice([0, 0.01, 0.4]))
        await self._send({"type": "http.response.start", "status": 200, "headers": self._tag})
        for _ in range(choose.choice([0, 0, 1, 3])):
            body = choose.choice([b"part", b"x" * 3000, b"y" * 100_000])
            await self._send({"type": "http.response.body", "body": body, "more_body": True})
            if choose.random() < 0.3:
                await asyncio.sleep(0.01)
        await self._send({"type": "http.response.body", "body": choose.choice([b"", b"end"])})
        if listening is not None:
            await listening

    async def misbehave(self) -> object:
        """Do anything, for a while."""
        choose = self._random
        try:
            for _ in range(choose.randrange(6)):
                await choose.choice(self._acts)()
                if choose.random() < 0.03:
                    return choose.choice([0, "text", False])
            if choose.random() < 0.7:
                await self.behave()
            return None
        finally:
            if self._background and choose.random() < 0.5:
                await asyncio.wait(self._background, timeout=choose.choice([0, 0.5, None]))
            for task in self._background:
                task.cancel()

    async def _start(self) -> None:
        headers = self._random.choice(HEADERS)
        fields = self._tag + headers if isinstance(headers, list) else headers
        status = self._random.choice(STATUSES)
        await self._try({"type": "http.response.start", "status": status, "headers": fields})

    async def _part(self) -> None:
        more = self._random.random() < 0.6
        body = self._random.choice(BODIES)
        await self._try({"type": "http.response.body", "body": body, "more_body": more})

    async def _nonsense(self) -> None:
        await self._try(self._random.choice([{}, {"type": "x"}, {"type": None}]))

    async def _read(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._receive(), 0.3)

    async def _read_beside(self) -> None:
        self._background.append(asyncio.create_task(self._listen()))

    async def _listen(self) -> None:
        """Wait for the end, as frameworks do."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _wait(self) -> None:
        await asyncio.sleep(self._random.choice([0, 0.01, 0.3, 2]))

    async def _fail(self) -> None:
        if self._random.random() < 0.4:
            raise self._random.choice(ERRORS)("anything")

    async def _cancel(self) -> None:
        task = asyncio.current_task()
        if task is not None and self._random.random() < 0.3:
            task.cancel()

    async def _send_later(self) -> None:
        self._background.append(asyncio.create_task(self._later()))

    async def _later(self) -> None:
        await asyncio.sleep(0.05)
        await self._try({"type": "http.response.body", "body": b"late", "more_body": True})

    async def _try(self, message: Any) -> None:
        """Send, and go on after a refusal more often than not."""
        try:
            await self._send(message)
        except (RuntimeError, TypeError, KeyError, ValueError, AttributeError):
            if self._random.random() < 0.3:
                raise
