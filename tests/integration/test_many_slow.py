"""A thousand slow clients at once are all cut, while others are served."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.integration.conftest import Serve
from tests.integration.peer import get
from tests.integration.process import NOBODY_IS_SHED

CLIENTS = 1000
READ_TIMEOUT = 1.0
ONLY_READING = (f"--read-timeout={READ_TIMEOUT}s", "--write-timeout=60s", NOBODY_IS_SHED)
"""The read deadline alone: on a busy machine a thousand at once would be too many, so that some
would be shed, or the last words to some come after a short write deadline.
"""
LONGEST = 40.0
"""Seconds until the last one must be cut; the deadline is one second, the next one a minute, and
the machine busy.
"""


class _Slow:
    """A client that begins at once, sends on slowly, and knows whether it kept to that itself."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.late = False

    @classmethod
    async def connect(cls, port: int, begun: bytes) -> _Slow:
        by = time.monotonic() + READ_TIMEOUT
        slow = cls(*await asyncio.open_connection("127.0.0.1", port))
        slow.send(begun, by)
        return slow

    def send(self, data: bytes, by: float) -> None:
        """Send it now. Whoever stood still until after `by` is late: one that had said nothing is
        closed without a word, and what comes after the last words resets a connection.
        """
        self.writer.write(data)
        self.late = self.late or time.monotonic() >= by

    async def ending(self) -> bytes:
        """What the service says until it closes, be it with a reset."""
        data = bytearray()
        try:
            while more := await self.reader.read(65536):
                data += more
        except ConnectionError:
            pass
        return bytes(data)


@pytest.mark.parametrize(
    ("begun", "drop", "last_words"),
    [
        pytest.param(b"GET /hello HTTP/1.1\r\nHost: test\r\nX-Slow: ", b"x", b"", id="headers"),
        pytest.param(
            b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 999999\r\n\r\n",
            b"x",
            b"\r\n\r\ncut",
            id="body",
        ),
    ],
)
def test_a_thousand_slow_clients_are_cut_while_others_are_served(
    many_files: None, serve: Serve, begun: bytes, drop: bytes, last_words: bytes
) -> None:
    service = serve("tests.apps.bare:app", "--no-access-log", *ONLY_READING)
    asyncio.run(_besiege(service.port, begun, drop, last_words))


async def _besiege(port: int, begun: bytes, drop: bytes, last_words: bytes) -> None:
    started_at = time.monotonic()
    slow = [await _Slow.connect(port, begun) for _ in range(CLIENTS)]
    dripping = asyncio.create_task(_drip(slow, drop, started_at + READ_TIMEOUT))
    served = [asyncio.create_task(_be_served(port)) for _ in range(4)]
    endings = await asyncio.gather(*(one.ending() for one in slow))
    took = time.monotonic() - started_at
    await dripping
    for task in served:
        task.cancel()
    waits = await asyncio.gather(*served, return_exceptions=True)
    for one in slow:
        one.writer.close()
    on_time = [ending for one, ending in zip(slow, endings, strict=True) if not one.late]
    assert [ending for ending in on_time if not ending.endswith(last_words)] == []
    assert len(on_time) > CLIENTS * 0.9
    assert READ_TIMEOUT <= took < LONGEST
    assert all(isinstance(wait, asyncio.CancelledError) for wait in waits)


async def _drip(slow: list[_Slow], drop: bytes, until: float) -> None:
    """Send on until the first deadline."""
    while True:
        for one in slow:
            if time.monotonic() >= until:
                return
            if not one.reader.at_eof() and not one.writer.transport.is_closing():
                one.send(drop, until)
        await asyncio.sleep(0.25)


async def _be_served(port: int) -> None:
    """Ask and be answered, over and over, each time within a time that no deadline allows."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while True:
            writer.write(get("/hello"))
            async with asyncio.timeout(LONGEST / 2):
                answer = await reader.readuntil(b"hello")
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    finally:
        writer.close()
