"""Clients of all kinds that count, request by request, what they are answered and what they lose.

A request is lost if it was sent on a connection that was not said to close, and its whole answer
does not come. A connect that is refused is lost as well, as long as the load is on. A connection
that is closed while nothing is asked on it is none if the client had its second to ask in: this
process may stand still for longer.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from random import Random

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK

from gomicro.connection.deadlines import DRAIN
from gomicro.connection.unread import unread
from tests.integration.process import PATIENCE

__all__ = ["KINDS", "Load", "closed"]

BODY = b"0123456789"
POST = b"POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n"
RESTART = 1012
"""A WebSocket's close code for it (RFC 6455 section 7.4.1)."""


class Load:
    """Clients that go on until they are stopped."""

    def __init__(self, port: int, seed: int = 1) -> None:
        self.port = port
        self.answered: Counter[str] = Counter()
        """Whole answers, by the kind of client."""
        self.losses: list[str] = []
        self.pids: Counter[str] = Counter()
        self.versions: list[str] = []
        """The versions that answered, in the order of the answers; one said many times is once."""
        self.random = Random(seed)
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, clients: int, kinds: tuple[str, ...] = ()) -> None:
        """Let so many clients begin, of all kinds in turn or of these."""
        chosen = kinds or tuple(KINDS)
        for number in range(clients):
            kind = chosen[number % len(chosen)]
            self._tasks.append(asyncio.create_task(self._go_on(kind), name=kind))

    async def stop(self) -> None:
        """Have every client finish what it has begun, and end."""
        self._stop.set()
        await asyncio.gather(*self._tasks)

    async def until(self, come: Callable[[], bool]) -> None:
        """Wait until the answers that have come are enough."""
        async with asyncio.timeout(PATIENCE):
            while not come():  # noqa: ASYNC110 -- the clients tell nobody
                await asyncio.sleep(0.01)

    @property
    def on(self) -> bool:
        return not self._stop.is_set()

    async def _go_on(self, kind: str) -> None:
        while self.on:
            try:
                await KINDS[kind](self, kind)
            except (OSError, EOFError, ConnectionClosedError) as error:
                self.losses.append(f"{kind}: {error!r}")
                await asyncio.sleep(0.05)

    def note(self, kind: str, head: bytes) -> bool:
        """Count an answer; whether its connection goes on."""
        fields = dict(
            line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:] if b": " in line
        )
        if not head.startswith(b"HTTP/1.1 200 "):
            self.losses.append(f"{kind}: {head!r}")
        version = fields.get(b"x-version", b"").decode()
        if self.versions[-1:] != [version]:
            self.versions.append(version)
        self.pids[fields.get(b"x-pid", b"").decode()] += 1
        self.answered[kind] += 1
        return fields.get(b"connection") != b"close"


def closed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, since: float) -> bool:
    """Whether the service has closed a connection on which it owes nothing, be it that the event
    loop has not heard of it yet. `since`: the monotonic moment when the client last did something.

    Raises EOFError if the service has not waited for the client as long as it does when it leaves.
    """
    seen = reader.at_eof() or writer.is_closing()
    if not seen and not unread(writer.get_extra_info("socket")):
        return False
    if time.monotonic() - since < 0.9 * DRAIN:
        raise EOFError("closed before its time")
    return True


class _Wire:
    """One connection."""

    def __init__(self, load: Load, kind: str) -> None:
        self._load = load
        self._kind = kind

    async def __aenter__(self) -> _Wire:
        self._since = time.monotonic()
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self._load.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()

    def ask(self, data: bytes) -> bool:
        """Send what is not answered yet; False if the service has closed the connection before."""
        if closed(self.reader, self.writer, self._since):
            return False
        self.write(data)
        return True

    def write(self, data: bytes) -> None:
        self._since = time.monotonic()
        self.writer.write(data)

    async def answer(self) -> bool:
        """Read one; whether the connection goes on."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        if await self.reader.readexactly(size) != BODY:
            raise EOFError("another body")
        return self._load.note(self._kind, head)


async def keeps_alive(load: Load, kind: str) -> None:
    async with _Wire(load, kind) as wire:
        goes_on = True
        while goes_on and load.on and wire.ask(POST + BODY):
            goes_on = await wire.answer()
            await asyncio.sleep(load.random.random() * 0.01)


async def connects_anew(load: Load, kind: str) -> None:
    async with _Wire(load, kind) as wire:
        if wire.ask(POST + BODY):
            await wire.answer()
    await asyncio.sleep(0.005)


async def pipelines(load: Load, kind: str) -> None:
    """Five requests at once. What follows an answer that closes was not taken, and is not lost."""
    async with _Wire(load, kind) as wire:
        goes_on = True
        while goes_on and load.on and wire.ask((POST + BODY) * 5):
            for _ in range(5):
                goes_on = goes_on and await wire.answer()
            await asyncio.sleep(0.01)


async def sends_slowly(load: Load, kind: str) -> None:
    async with _Wire(load, kind) as wire:
        goes_on = True
        while goes_on and load.on and wire.ask(POST):
            for byte in BODY:
                wire.write(bytes([byte]))
                await asyncio.sleep(0.02)
            goes_on = await wire.answer()


async def says_nothing_yet(load: Load, kind: str) -> None:
    """Is connected for up to half a second before it asks."""
    async with _Wire(load, kind) as wire:
        await asyncio.sleep(load.random.random() / 2)
        if wire.ask(POST + BODY):
            await wire.answer()


async def talks(load: Load, kind: str) -> None:
    """A WebSocket. It may be closed with the code for a restart, and is opened again."""
    async with connect(f"ws://127.0.0.1:{load.port}/", proxy=None) as socket:
        try:
            while load.on:
                await socket.send("word")
                if await socket.recv() != "word":
                    raise EOFError("another word")
                load.answered[kind] += 1
                await asyncio.sleep(0.02)
        except (ConnectionClosedOK, ConnectionClosedError) as error:
            if error.rcvd is None or error.rcvd.code != RESTART:
                raise


KINDS: dict[str, Callable[[Load, str], Awaitable[None]]] = {
    "keeps alive": keeps_alive,
    "connects anew": connects_anew,
    "pipelines": pipelines,
    "sends slowly": sends_slowly,
    "says nothing yet": says_nothing_yet,
    "talks": talks,
}
