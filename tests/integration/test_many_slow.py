"""A thousand slow clients at once are all cut, while others are served."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.integration.conftest import Serve
from tests.integration.peer import get
from tests.integration.process import NOBODY_IS_SHED

CLIENTS = 1000
SECOND = ("--read-timeout=1s", "--write-timeout=60s", NOBODY_IS_SHED)
"""The read deadline alone: on a busy machine a thousand at once would be too many, so that some
would be shed, or the last words to some come after a short write deadline.
"""
LONGEST = 8.0
"""Seconds until the last one must be cut; the deadline is one second, and the machine busy."""

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


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
    service = serve("tests.apps.bare:app", "--no-access-log", *SECOND)
    asyncio.run(_besiege(service.port, begun, drop, last_words))


async def _besiege(port: int, begun: bytes, drop: bytes, last_words: bytes) -> None:
    started_at = time.monotonic()
    slow: list[Streams] = []
    for _ in range(CLIENTS):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(begun)  # at once: a second may be over before all are connected
        slow.append((reader, writer))
    dripping = asyncio.create_task(_drip(slow, drop, started_at + 1.0))
    served = [asyncio.create_task(_be_served(port)) for _ in range(4)]
    endings = await asyncio.gather(*(_ending(reader) for reader, _ in slow))
    took = time.monotonic() - started_at
    await dripping
    for task in served:
        task.cancel()
    waits = await asyncio.gather(*served, return_exceptions=True)
    for _, writer in slow:
        writer.close()
    assert [ending for ending in endings if not ending.endswith(last_words)] == []
    assert 1.0 <= took < LONGEST
    assert all(isinstance(wait, asyncio.CancelledError) for wait in waits)


async def _ending(reader: asyncio.StreamReader) -> bytes:
    """What the service says until it closes, be it with a reset."""
    data = bytearray()
    try:
        while more := await reader.read(65536):
            data += more
    except ConnectionError:
        pass
    return bytes(data)


async def _drip(slow: list[Streams], drop: bytes, until: float) -> None:
    """Send on until the first deadline. What comes long after the last words resets a connection,
    and a client that is late itself would lose them.
    """
    while True:
        for reader, writer in slow:
            if time.monotonic() >= until:
                return
            if not reader.at_eof() and not writer.transport.is_closing():
                writer.write(drop)
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
