"""A client's connection: sends any bytes, reads answers strictly, ends in any way."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from types import TracebackType

__all__ = ["Answer", "Client", "Place", "Wire", "WrongAnswerError", "expect", "get", "post"]


class WrongAnswerError(Exception):
    """The service answered something that it should not have."""


def expect(what: str, seen: object, wanted: object) -> None:
    """Raise WrongAnswerError unless both are equal."""
    if seen != wanted:
        raise WrongAnswerError(f"{what}: {_short(seen)} instead of {_short(wanted)}")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) < 200 else f"{text[:150]}... ({len(text)} characters)"


@dataclass(frozen=True)
class Place:
    """Where a service listens; `context` if it speaks TLS there."""

    port: int
    context: ssl.SSLContext | None = None

    def url(self, scheme: str) -> str:
        return f"{scheme}{'s' if self.context else ''}://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class Answer:
    """One response. Header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def closes(self) -> bool:
        return self.headers.get("connection") == "close"


Client = Callable[[Place, Random], Awaitable[None]]
"""What a client does at a place; raises whatever it has to complain of."""


class Wire:
    """A connection; as an asynchronous context it is opened, and closed at the end."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def __init__(self, place: Place, *, plain: bool = False) -> None:
        """`plain`: without TLS even if the service speaks it."""
        self._place = place
        self._context = None if plain else place.context

    async def __aenter__(self) -> Wire:
        self.reader, self.writer = await asyncio.open_connection(
            "127.0.0.1", self._place.port, ssl=self._context
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()

    async def send(self, data: bytes) -> Wire:
        self.writer.write(data)
        await self.writer.drain()
        return self

    def end(self) -> None:
        """Send nothing more, but read on."""
        self.writer.write_eof()

    def reset(self) -> None:
        """End with a reset."""
        sock: socket.socket = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.writer.transport.abort()

    async def head(self) -> Answer:
        """The head of the next response, its body still to be read."""
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        if not lines[0].startswith("HTTP/1.1 "):
            raise WrongAnswerError(f"no answer: {_short(lines)}")
        fields = (line.split(":", 1) for line in lines[1:-2])
        headers = {name.lower(): value.strip() for name, value in fields}
        return Answer(int(lines[0][9:12]), headers, b"")

    async def answer(self) -> Answer:
        """The next response, whole."""
        head = await self.head()
        return Answer(head.status, head.headers, await self._body(head))

    async def _body(self, head: Answer) -> bytes:
        if head.status < 200:
            return b""
        if "content-length" in head.headers:
            return await self.reader.readexactly(int(head.headers["content-length"]))
        if head.headers.get("transfer-encoding") == "chunked":
            return await self._chunks()
        return await self.reader.read()

    async def _chunks(self) -> bytes:
        body = bytearray()
        size = 1
        while size:
            size = int(await self.reader.readuntil(b"\r\n"), 16)
            body += await self.reader.readexactly(size)
            expect("end of a chunk", await self.reader.readexactly(2), b"\r\n")
        return bytes(body)

    async def ended(self) -> None:
        """Wait for the end of the connection, before which nothing may come."""
        expect("after the last answer", await self.reader.read(), b"")

    async def cut(self) -> bytes:
        """Everything until the connection ends, in whatever way."""
        data = bytearray()
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            while more := await self.reader.read(65536):
                data += more
        return bytes(data)

    async def drip(self, drop: bytes) -> bytes:
        """Send a little again and again; what comes until the service ends the connection."""
        dripping = asyncio.create_task(self._drip(drop))
        try:
            return await self.cut()
        finally:
            dripping.cancel()
            await asyncio.gather(dripping, return_exceptions=True)

    async def _drip(self, drop: bytes) -> None:
        while True:
            await self.send(drop)
            await asyncio.sleep(0.1)


def get(target: str, *headers: str, version: str = "1.1") -> bytes:
    """A GET request."""
    lines = (f"GET {target} HTTP/{version}", "Host: soak", *headers, "", "")
    return "\r\n".join(lines).encode()


def post(target: str, body: bytes, *headers: str) -> bytes:
    """A POST request with a body of known length."""
    lines = (f"POST {target} HTTP/1.1", "Host: soak", f"Content-Length: {len(body)}", *headers)
    return "\r\n".join((*lines, "", "")).encode() + body
