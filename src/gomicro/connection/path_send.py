"""Files that an application names and the server reads: ASGI's `http.response.pathsend`."""

from __future__ import annotations

import asyncio
import os
import stat
from typing import TYPE_CHECKING, Any, Final

from gomicro.connection.turns import TURN

if TYPE_CHECKING:
    from gomicro.connection.service import ASGIApp

__all__ = ["EXTENSION", "PathSend"]

EXTENSION: Final = "http.response.pathsend"

PART: Final = TURN // 2
"""Bytes that are read and sent at once. More of them would not stay in the processor's cache."""

_NO_WAIT: Final = getattr(os, "RWF_NOWAIT", 0)
"""Linux: to read only what needs no waiting for a disk. 0 where there is no such thing."""


class PathSend:
    """The application, which may leave a file to the server: its path in the place of a body.

    The file is open before `send` returns, and read as its length was then, or as the response has
    announced. What is in the system's cache is read at once, anything else in a thread.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._buffer = memoryview(bytearray(PART))  # in use while a part is read, in the loop

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        """Serve as the application does."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        scope["extensions"][EXTENSION] = {}
        start: Any = None

        async def send_or_read(message: Any) -> None:
            nonlocal start
            kind = message["type"]
            if kind == "http.response.start":
                start = message
            if kind != EXTENSION or start is None:
                await send(message)
            elif scope["method"] == "HEAD":
                await send({"type": "http.response.body"})
            else:
                await self._send_file(message["path"], _announced(start), send)

        return await self._app(scope, receive, send_or_read)

    async def _send_file(self, path: str, announced: int | None, send: Any) -> None:
        """Send a file as the body. Raises OSError where it cannot be read."""
        elsewhere = asyncio.get_running_loop().run_in_executor
        file, part = await elsewhere(None, _begin, path, announced)
        left = file.size if announced is None else announced
        more = True
        while part:
            left -= len(part)
            more = left > 0
            await send({"type": "http.response.body", "body": part, "more_body": more})
            size = min(left, PART)
            cached = file.cached(self._buffer[:size])
            part = await elsewhere(None, file.read, size) if cached is None else cached
        if more:
            await send({"type": "http.response.body"})


def _announced(start: Any) -> int | None:
    """The length that a response has announced. What is no number is the framing's affair."""
    for name, value in start.get("headers", ()):
        if bytes(name).lower() == b"content-length" and bytes(value).isdigit():
            return int(value)
    return None


def _begin(path: str, announced: int | None) -> tuple[_File, bytes]:
    """Open a file, and read the first of it that is to be sent."""
    file = _File(path)
    return file, file.read(min(file.size if announced is None else announced, PART))


class _File:
    """A regular file that is read from its beginning. It is closed when nobody has it any more: a
    thread may still read where the request has been cancelled.
    """

    __slots__ = ("_at", "_descriptor", "_no_wait", "size")

    def __init__(self, path: str) -> None:
        # What is no file, such as a pipe, is not waited for.
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        found = os.fstat(self._descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(f"not a regular file: {path!r}")
        self.size = found.st_size
        self._at = 0
        self._no_wait = _NO_WAIT

    def __del__(self) -> None:
        if hasattr(self, "_descriptor"):  # it has been opened
            os.close(self._descriptor)

    def read(self, most: int) -> bytes:
        """The next bytes, none at the end. Waits for the disk."""
        part = os.pread(self._descriptor, most, self._at)
        self._at += len(part)
        return part

    def cached(self, buffer: memoryview) -> bytes | None:
        """The next bytes, as many as the buffer takes and can be read without waiting; None if
        that is none.
        """
        if not buffer:
            return b""
        if not self._no_wait:
            return None
        try:
            size = os.preadv(self._descriptor, [buffer], self._at, self._no_wait)
        except BlockingIOError:
            return None
        except OSError:  # not every file system knows how
            self._no_wait = 0
            return None
        self._at += size
        return bytes(buffer[:size])
