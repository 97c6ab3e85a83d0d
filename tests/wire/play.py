"""Plays exact bytes on a connection and tells what a client sees: the answers, and how it ended."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.wire.answers import Answer
from tests.wire.reading import Reader
from tests.wire.steps import Case, Drip, Fin, Pause, Reset, Step, Wait

__all__ = ["Seen", "agree", "faults", "play_all", "play_until_agreed"]

PATIENCE = 6.0
"""Seconds to wait for an answer or a close that should have come."""

EARLY = 0.05
LATE = 0.45
"""Seconds by which something may come earlier or later than it should."""

SIDE_BY_SIDE = 64
HEAVY_SIDE_BY_SIDE = 2

PROBE = b"GET /goodbye?probe HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n"
"""What is sent on a connection that is still open, to see whether it is open and in step."""

_PROBE_ANSWER = Answer(200, b"Byee\n", "text/plain; charset=utf-8", close=True)
_RESET = struct.pack("ii", 1, 0)


@dataclass
class Seen:
    """What a client saw, in seconds from the connect: `began_at` is when it came to its first step,
    `sent_at` when it had done its last, `at` when each answer was complete, and `closed_at` when
    the service closed.
    """

    answers: list[Answer] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    kept: bool = False
    closed_at: float | None = None
    extra: bytes = b""
    problems: list[str] = field(default_factory=list)
    began_at: float = 0.0
    sent_at: float = 0.0


def agree(wanted: Case, seen: Seen) -> None:
    """Assert that what was seen of a case is what is wanted."""
    assert not faults(wanted, seen)


def faults(wanted: Case, seen: Seen) -> list[str]:
    """What was seen of a case otherwise than it is wanted."""
    found = list(seen.problems)
    if seen.answers != list(wanted.answers):
        found.append(f"{seen.answers} instead of {list(wanted.answers)}")
    if seen.extra:
        found.append(f"no answer: {seen.extra[:200]!r}")
    if seen.kept != wanted.kept:
        found.append(f"kept: {seen.kept} instead of {wanted.kept}")
    if wanted.closed_at is not None and not on_time(wanted.closed_at, seen.closed_at):
        found.append(f"closed at {seen.closed_at} instead of {wanted.closed_at}")
    return found


def on_time(wanted: float, seen: float | None) -> bool:
    """Whether something came when it should."""
    return seen is not None and wanted - EARLY <= seen <= wanted + LATE


def play_all(port: int, table: Mapping[str, Case]) -> dict[str, Seen]:
    """Play the cases of a table side by side, each on a connection of its own."""

    async def one(case: Case) -> Seen:
        async with heavy if case.heavy else light:
            return await _Connection(case).play(port)

    async def play() -> dict[str, Seen]:
        longest = sorted(table, key=lambda name: -table[name].duration)
        seen = await asyncio.gather(*(one(table[name]) for name in longest))
        return dict(zip(longest, seen, strict=True))

    light, heavy = asyncio.Semaphore(SIDE_BY_SIDE), asyncio.Semaphore(HEAVY_SIDE_BY_SIDE)
    return asyncio.run(play())


def play_until_agreed(
    port: int,
    table: Mapping[str, Case],
    agrees: Callable[[str, Seen], bool],
    rounds: int = 3,
    *,
    only_late: Callable[[str, Seen], bool] = lambda name, seen: False,
) -> dict[str, Seen]:
    """Play a table, and what does not agree and depends on the clock again, with less beside it.

    On a busy machine the client itself, or the service, may be so late that a pause is longer than
    a deadline. A case that does not depend on the clock is played once, unless it is `only_late`,
    or its client stood still between the connect and its first step.
    """

    def may_be_late(name: str) -> bool:
        late = seen[name].began_at > LATE
        return table[name].timed or late or only_late(name, seen[name])

    seen = play_all(port, table)
    for _ in range(rounds - 1):
        again = {n: table[n] for n in table if not agrees(n, seen[n]) and may_be_late(n)}
        if not again:
            break
        seen |= play_all(port, again)
    return seen


class _Client(asyncio.Protocol):
    """The client's end of a connection, and the news from it."""

    def __init__(self, reader: Reader, *, stalls: bool) -> None:
        self.reader = reader
        self.stalls = stalls
        self.began = time.monotonic()
        self.at: list[float] = []
        self.closed_at: float | None = None
        self.news = asyncio.Event()
        self.lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if self.stalls:
            transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        self.reader.feed(data)
        self._tell()

    def eof_received(self) -> None:
        self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        self.lost.set()

    def now(self) -> float:
        """Seconds since the connect."""
        return time.monotonic() - self.began

    def _end(self) -> None:
        if not self.ended:
            self.closed_at = self.now()
            self.reader.end()
            self._tell()

    def _tell(self) -> None:
        self.at += [self.now()] * (len(self.reader.answers) - len(self.at))
        self.news.set()

    @property
    def ended(self) -> bool:
        """Whether the service has closed the connection."""
        return self.closed_at is not None

    async def until(self, come: Callable[[], bool], patience: float) -> None:
        """Wait for something to have come, or for the end, or until it is too late for either."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while not (come() or self.ended):
                    self.news.clear()
                    await self.news.wait()


class _Connection:
    """One connection on which a case is played."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.reader = Reader(case.methods)
        self.kept = False

    async def play(self, port: int) -> Seen:
        stalls = any(isinstance(step, Pause) and not step.reading for step in self.case.steps)
        sock = socket.socket()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if stalls:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        self.client = _Client(self.reader, stalls=stalls)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(sock, ("127.0.0.1", port))
        await loop.create_connection(lambda: self.client, sock=sock)
        began_at, sent_at = self.client.now(), 0.0
        try:
            for step in self.case.steps:
                await self._step(step)
                if isinstance(step, Reset):
                    self.kept = await _answers_at_all(port)
                    break
            else:
                sent_at = self.client.now()
                await self._examine()
        finally:
            self.client.transport.abort()
            await self.client.lost.wait()
        answers, at = self.reader.answers, self.client.at
        return Seen(
            answers,
            at,
            self.kept,
            self.client.closed_at,
            self.reader.extra,
            self.reader.problems,
            began_at,
            sent_at,
        )

    async def _step(self, step: Step) -> None:
        if self.client.ended:
            return
        transport = self.client.transport
        match step:
            case bytes():
                transport.write(step)
            case Drip():
                await self._drip(step)
            case Pause(seconds):
                await asyncio.sleep(seconds)
                if self.client.stalls:
                    transport.resume_reading()
            case Fin():
                with contextlib.suppress(OSError):  # the service has just reset it
                    transport.write_eof()
            case Reset():
                transport.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, _RESET
                )
                transport.abort()
            case Wait(answers, seconds):
                await self.client.until(lambda: len(self.reader.answers) >= answers, seconds)

    async def _drip(self, drip: Drip) -> None:
        for number, piece in enumerate(drip.pieces()):
            if number:
                await asyncio.sleep(drip.seconds)
            if not self.client.ended:
                self.client.transport.write(piece)

    async def _examine(self) -> None:
        """Wait for the answers that are expected, then see whether the connection goes on."""
        finals, reader = self.case.finals, self.reader
        if finals:
            await self.client.until(lambda: reader.finals >= finals, PATIENCE)
        if not self._may_go_on():
            pass
        elif not self.case.probe:
            self.kept = True
        else:
            come = len(reader.answers)
            self.client.transport.write(PROBE)
            await self.client.until(lambda: len(reader.answers) > come, PATIENCE)
            self.kept = reader.answers[come:] == [_PROBE_ANSWER]
            if self.kept:
                reader.answers.pop()
        if not self.kept:
            await self.client.until(lambda: False, PATIENCE)

    def _may_go_on(self) -> bool:
        """Whether, from what both sides have said, another request may be sent."""
        if self.client.ended or any(isinstance(step, Fin) for step in self.case.steps):
            return False
        return bool(self.reader.answers) and not self.reader.answers[-1].close


async def _answers_at_all(port: int) -> bool:
    """Whether a new connection is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(PROBE)
    async with asyncio.timeout(PATIENCE):
        answer = await reader.read()
    writer.close()
    return answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"\r\n\r\nByee\n")
