"""Clients that are slow, wrong or gone. The service ends each, and holds nothing of it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from random import Random

from tests.integration.process import NOBODY_IS_SHED
from tests.soak.app import PATTERN
from tests.soak.wire import Client, Place, Wire, WrongAnswerError, expect, get, post

__all__ = ["BAD", "DEADLINE", "FLAGS"]

DEADLINE = 2.0
"""The service's deadlines, in seconds."""

FLAGS = (
    *(f"--{name}-timeout={DEADLINE}s" for name in ("read", "write", "idle")),
    NOBODY_IS_SHED,
)

SLOW = 2 * DEADLINE
"""Seconds that a slow reader is slow."""

MANY = 500
"""Parts of a stream, too many for the buffers between the two processes."""

LEFT = (
    "/stream?parts=500",
    "/download?parts=100",
    "/events?events=150",
    "/sleep?ms=100",
    "/watchful",
)
"""Answers that a client does not wait for."""

UPGRADE = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
)

MALFORMED = {
    "a request line": (b"GET\r\n\r\n", 400),
    "a header line": (b"GET / HTTP/1.1\r\nHost: soak\r\nno colon\r\n\r\n", 400),
    "a header name": (b"GET / HTTP/1.1\r\nHost: soak\r\nna me: x\r\n\r\n", 400),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "a length": (b"POST / HTTP/1.1\r\nHost: soak\r\nContent-Length: -1\r\n\r\n", 400),
    "a coding": (b"POST / HTTP/1.1\r\nHost: soak\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    "a version": (b"GET / HTTP/9.9\r\nHost: soak\r\n\r\n", 505),
    "too many headers": (get("/", *("X: y" for _ in range(600))), 431),
    "a chunk": (
        b"POST /echo HTTP/1.1\r\nHost: soak\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        400,
    ),
}

FRAMES = {
    "a frame without a mask": b"\x81\x02hi",
    "reserved bits": b"\xf1\x82\0\0\0\0hi",
    "an unknown opcode": b"\x83\x82\0\0\0\0hi",
    "a text that is no UTF-8": b"\x81\x82\0\0\0\0\xff\xff",
}


async def _leaves(wire: Wire, random: Random) -> None:
    """End the connection at once, in one way or the other."""
    if random.random() < 0.5:
        wire.reset()


async def says_nothing(place: Place, random: Random) -> None:
    async with Wire(place) as wire:
        if random.random() < 0.3:
            await wire.ended()
        else:
            await _leaves(wire, random)


async def sends_its_head_slowly(place: Place, random: Random) -> None:
    begun = time.monotonic()
    async with Wire(place) as wire:
        await wire.send(b"GET /hello HTTP/1.1\r\nHost: soak\r\nX-Slow: ")
        if random.random() < 0.3:
            expect("after a slow head", await wire.drip(b"x"), b"")
            _expect_deadline(begun)
        else:
            await _leaves(wire, random)


async def sends_its_body_slowly(place: Place, random: Random) -> None:
    begun = time.monotonic()
    async with Wire(place) as wire:
        await wire.send(b"POST /echo HTTP/1.1\r\nHost: soak\r\nContent-Length: 9999\r\n\r\n")
        if random.random() < 0.3:
            answered = await wire.drip(b"x")
            expect("after a slow body", answered[:13], answered and b"HTTP/1.1 400 ")
            _expect_deadline(begun)
        else:
            await _leaves(wire, random)


async def reads_slowly(place: Place, random: Random) -> None:
    """It is cut at the deadline, with the rest of the response unsent."""
    async with Wire(place) as wire:
        await wire.send(get(f"/stream?parts={MANY}"))
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            for _ in range(int(SLOW / 0.1)):
                await wire.reader.read(1000)
                await asyncio.sleep(0.1)
        rest = len(await wire.cut())
        expect("whether a slow reader got it all", rest > (MANY - 50) * len(PATTERN), False)


def _expect_deadline(begun: float) -> None:
    took = time.monotonic() - begun
    if took < DEADLINE - 0.1:
        raise WrongAnswerError(f"cut after {took:.2f} s, the deadline is {DEADLINE:g} s")


async def is_malformed(place: Place, random: Random) -> None:
    for _ in range(random.randint(1, 10)):
        what = random.choice(list(MALFORMED))
        request, status = MALFORMED[what]
        async with Wire(place) as wire:
            await wire.send(request)
            answer = await wire.answer()
            expect(f"status for {what}", answer.status, status)
            await wire.cut()


async def leaves_its_request(place: Place, random: Random) -> None:
    request = random.choice((get("/hello?x"), post("/echo", b"x" * 50_000)))
    async with Wire(place) as wire:
        await wire.send(request[: random.randint(1, len(request) - 1)])
        await _leaves(wire, random)


async def leaves_its_answer(place: Place, random: Random) -> None:
    async with Wire(place) as wire:
        await wire.send(get(random.choice(LEFT)))
        if random.random() < 0.7:
            await wire.reader.readexactly(10)
        await _leaves(wire, random)


async def frames_wrongly(place: Place, random: Random) -> None:
    """A WebSocket whose first frame is wrong: after the handshake, or in one packet with it."""
    what = random.choice(list(FRAMES))
    path, status = random.choice((("/talk", 101), ("/refuse", 403)))
    together = random.random() < 0.5
    async with Wire(place) as wire:
        await wire.send(get(path, *UPGRADE) + (FRAMES[what] if together else b""))
        expect(f"handshake of {path} with {what}", (await wire.head()).status, status)
        if not together:
            wire.writer.write(FRAMES[what])
        await wire.cut()


async def leaves_its_websocket(place: Place, random: Random) -> None:
    async with Wire(place) as wire:
        await wire.send(get("/talk", *UPGRADE))
        expect("handshake", (await wire.head()).status, 101)
        await wire.send(b"\x81\x82\0\0\0\0hi")
        expect("echo of a frame", await wire.reader.readexactly(4), b"\x81\x02hi")
        await _leaves(wire, random)


async def upgrades_in_vain(place: Place, random: Random) -> None:
    """The handshake lacks its key."""
    async with Wire(place) as wire:
        await wire.send(get("/talk", *UPGRADE[:-1]))
        expect("status of a handshake without a key", (await wire.answer()).status, 400)


async def has_no_tls(place: Place, random: Random) -> None:
    """Plain HTTP, or a handshake that ends in its midst, where TLS is spoken."""
    sent = random.choice((get("/hello?x"), b"\x16\x03\x01\x02", b""))
    async with Wire(place, plain=True) as wire:
        await wire.send(sent)
        if place.context is not None and sent[:1] == b"G":
            answered = await wire.cut()
            expect("answer to plain HTTP", answered[9:12], answered and b"400")
        else:
            await _leaves(wire, random)


BAD: dict[Client, int] = {
    says_nothing: 1,
    sends_its_head_slowly: 1,
    sends_its_body_slowly: 1,
    reads_slowly: 1,
    is_malformed: 3,
    leaves_its_request: 4,
    leaves_its_answer: 4,
    frames_wrongly: 2,
    leaves_its_websocket: 2,
    upgrades_in_vain: 1,
    has_no_tls: 1,
}
"""Each client, and how often it comes."""
