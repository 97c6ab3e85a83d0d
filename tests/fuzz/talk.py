"""Holds a conversation with a server, and tells what came back."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from dataclasses import dataclass

from tests.fuzz.conversation import Conversation
from tests.wire.play import Seen
from tests.wire.reading import Reader

__all__ = ["Told", "talk"]

PATIENCE = 3.0
"""Seconds after which a connection that is not closed is taken for one that is kept."""

GAP = 0.002
"""Seconds between two packets, so that they are read apart."""

BEFORE = 0.25
"""Seconds before the first packet of a client that does not close its side: without them, Go's
deadlines for reading and for writing would pass together if something is missing.
"""

_RESET = struct.pack("ii", 1, 0)


@dataclass
class Told(Seen):
    """What came back, without times. `reset`: the connection ended with a TCP reset, which may
    have taken answers away from the client.
    """

    reset: bool = False


class _Client(asyncio.Protocol):
    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.lost = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self.reader.feed(data)

    def eof_received(self) -> None:
        self._end(reset=False)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(reset=exc is not None)
        self.lost.set()

    def _end(self, *, reset: bool) -> None:
        if not self.ended.done():
            self.ended.set_result(reset)


async def talk(port: int, conversation: Conversation) -> Told:
    """Hold a conversation with the server on a port of this machine."""
    reader = Reader(conversation.methods)
    sock = socket.socket()
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)  # leaves no port waiting
    loop = asyncio.get_running_loop()
    await loop.sock_connect(sock, ("127.0.0.1", port))
    transport, client = await loop.create_connection(lambda: _Client(reader), sock=sock)
    try:
        for number, packet in enumerate(conversation.packets):
            if number or not conversation.half_close:
                await asyncio.sleep(GAP if number else BEFORE)
            if not client.ended.done():
                transport.write(packet)
        if conversation.half_close and not client.ended.done():
            with contextlib.suppress(OSError):  # the server has just reset it
                transport.write_eof()
        async with asyncio.timeout(PATIENCE):
            await asyncio.shield(client.ended)
    except TimeoutError:
        pass
    finally:
        closed = client.ended.done()
        transport.abort()
        await client.lost.wait()
    reader.end()
    return Told(
        reader.answers,
        kept=not closed,
        closed_at=0.0 if closed else None,
        extra=reader.extra,
        problems=reader.problems,
        reset=closed and client.ended.result(),
    )
