"""Plays exact bytes on a connection and tells what a client sees: the answers, and how it ended."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from tests.wire.answers import Answer

__all__ = ["Case", "Fin", "Pause", "Seen", "Step", "Wait", "agree", "case", "play_all"]

PATIENCE = 6.0
"""Seconds to wait for an answer or a close that should have come."""

LATE = 0.45
"""Seconds by which a deadline may be late on a busy machine."""

PROBE = b"GET /goodbye?probe HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n"
"""What is sent on a connection that is still open, to see whether it is open and in step."""

_PROBE_ANSWER = Answer(200, b"Byee\n", "text/plain; charset=utf-8", close=True)


@dataclass(frozen=True)
class Pause:
    """Send nothing for so many seconds. Not `reading`: until then, nothing is read either."""

    seconds: float
    reading: bool = True


@dataclass(frozen=True)
class Fin:
    """Close the client's side; its other side still reads."""


@dataclass(frozen=True)
class Wait:
    """Wait for so many answers, interim ones included."""

    answers: int = 1


Step = bytes | Pause | Fin | Wait


@dataclass(frozen=True)
class Case:
    """Steps to play, and what a client sees then. Made by `case`."""

    steps: tuple[Step, ...]
    answers: tuple[Answer, ...]
    kept: bool
    closed_at: float | None


@dataclass
class Seen:
    """What a client saw. `closed_at`: seconds from the connect until the service closed it."""

    answers: list[Answer] = field(default_factory=list)
    kept: bool = False
    closed_at: float | None = None
    extra: bytes = b""


def case(
    *steps: Step,
    gets: Answer | Sequence[Answer] = (),
    kept: bool | None = None,
    closed_at: float | None = None,
) -> Case:
    """Steps to play, and what a client gets for them.

    `kept`: whether the connection is open and in step after the answers; by default as the last
    one says. `closed_at`: seconds from the connect until it is closed, where time is the point.
    """
    answers = (gets,) if isinstance(gets, Answer) else tuple(gets)
    if kept is None:
        kept = bool(answers) and not (answers[-1].close or answers[-1].framing == "close")
    return Case(steps, answers, kept, closed_at)


def agree(wanted: Case, seen: Seen) -> None:
    """Assert that what was seen of a case is what is wanted."""
    assert (seen.answers, seen.extra) == (list(wanted.answers), b"")
    assert seen.kept == wanted.kept
    if wanted.closed_at is not None:
        assert seen.closed_at is not None
        assert wanted.closed_at - 0.05 <= seen.closed_at <= wanted.closed_at + LATE


def play_all(port: int, table: Mapping[str, Case]) -> dict[str, Seen]:
    """Play the cases of a table side by side, each on a connection of its own."""

    async def play() -> dict[str, Seen]:
        seen = await asyncio.gather(*(_Connection(case).play(port) for case in table.values()))
        return dict(zip(table, seen, strict=True))

    return asyncio.run(play())


class _Connection:
    """One connection on which a case is played."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.seen = Seen()
        # One a step, which is all it takes to know a HEAD: none stands behind another request.
        self.methods = [step.split(b" ", 1)[0] for step in case.steps if isinstance(step, bytes)]
        self.stalls = any(isinstance(step, Pause) and not step.reading for step in case.steps)
        self.may_read = asyncio.Event()
        self.news = asyncio.Condition()
        self.ended = False

    async def play(self, port: int) -> Seen:
        sock = socket.socket()
        sock.setblocking(False)
        if self.stalls:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        self.began = time.monotonic()
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
        self.reader, self.writer = await asyncio.open_connection(sock=sock)
        reading = asyncio.create_task(self._read())
        try:
            for step in self.case.steps:
                await self._step(step)
            await self._examine()
        finally:
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reading
            self.writer.close()
            with contextlib.suppress(ConnectionError):
                await self.writer.wait_closed()
        return self.seen

    async def _step(self, step: Step) -> None:
        if self.ended:
            return
        match step:
            case bytes():
                self.writer.write(step)
                with contextlib.suppress(ConnectionError):
                    await self.writer.drain()
            case Pause(seconds):
                await asyncio.sleep(seconds)
                self.may_read.set()
            case Fin():
                with contextlib.suppress(OSError):
                    self.writer.write_eof()
            case Wait(answers):
                await self._until(answers)

    async def _examine(self) -> None:
        """Wait for the answers that are expected, then see whether the connection goes on."""
        expected = len(self.case.answers)
        if expected:
            await self._until(expected)
        if self._may_go_on():
            self.writer.write(PROBE)
            await self._until(expected + 1)
            self.seen.kept = self.seen.answers[expected:] == [_PROBE_ANSWER]
            if self.seen.kept:
                self.seen.answers.pop()
                return
        await self._until(inf)

    def _may_go_on(self) -> bool:
        """Whether, from what both sides have said, another request may be sent."""
        if self.ended or any(isinstance(step, Fin) for step in self.case.steps):
            return False
        return bool(self.seen.answers) and not self.seen.answers[-1].close

    async def _until(self, answers: float) -> None:
        """Wait for so many answers, or for the end, or until it is too late for either."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE), self.news:
                await self.news.wait_for(lambda: self.ended or len(self.seen.answers) >= answers)

    async def _read(self) -> None:
        if self.stalls:
            await self.may_read.wait()
        try:
            while True:
                answer = await self._answer()
                self.seen.answers.append(answer)
                async with self.news:
                    self.news.notify_all()
        except asyncio.IncompleteReadError as error:
            self.seen.extra = error.partial
        except ConnectionError:
            pass
        finally:
            self.ended = True
            self.seen.closed_at = time.monotonic() - self.began
            async with self.news:
                self.news.notify_all()

    async def _answer(self) -> Answer:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
        version, code, _ = first.split(" ", 2)
        fields = [
            (name.lower(), value.strip()) for name, _, value in (s.partition(":") for s in lines)
        ]
        headers = dict(fields)
        assert len(headers) == len(fields), f"a header twice: {lines}"
        status = int(code)
        if status < 200:
            return Answer(status)
        assert "date" in headers or status >= 400, head
        final = [answer for answer in self.seen.answers if answer.status >= 200]
        method = self.methods[len(final)] if len(final) < len(self.methods) else b"GET"
        connection = headers.get("connection", "")
        implied = {"HTTP/1.0": "close", "HTTP/1.1": "keep-alive"}
        framing, body, cut = await self._body(headers, method)
        return Answer(
            status,
            body,
            headers.get("content-type"),
            location=headers.get("location"),
            close=(connection or implied[version]) == "close",
            keep_alive=connection == "keep-alive",
            framing=framing,
            cut=cut,
        )

    async def _body(self, headers: Mapping[str, str], method: bytes) -> tuple[str, bytes, bool]:
        length = headers.get("content-length")
        chunked = headers.get("transfer-encoding") == "chunked"
        assert not (chunked and length), headers
        if method == b"HEAD":
            return ("none" if length is None else f"head of {length}"), b"", False
        try:
            if chunked:
                return "chunked", await self._chunks(), False
            if length is not None:
                return "length", await self.reader.readexactly(int(length)), False
            return "close", await self.reader.read(-1), False
        except (asyncio.IncompleteReadError, ConnectionError):
            return "chunked" if chunked else "length" if length else "close", b"", True

    async def _chunks(self) -> bytes:
        parts = []
        while size := int(await self.reader.readuntil(b"\r\n"), 16):
            parts.append(await self.reader.readexactly(size))
            assert await self.reader.readexactly(2) == b"\r\n"
        assert await self.reader.readexactly(2) == b"\r\n"
        return b"".join(parts)
