"""Clients that do what they should, and check every byte of what they are answered."""

from __future__ import annotations

import asyncio
import hashlib
from random import Random

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.soak.app import PATTERN
from tests.soak.wire import Answer, Client, Place, Wire, expect, get, post

__all__ = ["GOOD"]

SIZES = (1, 3, 20)
"""Parts of a response. They are few, so that what remembers requests is full after the warm-up."""


def _expect(what: str, answer: Answer, status: int, body: bytes) -> None:
    expect(f"status of {what}", answer.status, status)
    expect(f"body of {what}", answer.body, body)


async def keeps_alive(place: Place, random: Random) -> None:
    async with Wire(place) as wire:
        for turn in range(random.randint(1, 20)):
            answer = await (await wire.send(get(f"/hello?{turn}"))).answer()
            _expect("hello", answer, 200, b"hello %d" % turn)
            expect("whether a kept connection closes", answer.closes, False)


async def connects_anew(place: Place, random: Random) -> None:
    for _ in range(random.randint(1, 10)):
        async with Wire(place) as wire:
            answer = await (await wire.send(get("/hello?x", "Connection: close"))).answer()
            _expect("hello", answer, 200, b"hello x")
            await wire.ended()


async def speaks_http_10(place: Place, random: Random) -> None:
    async with Wire(place) as wire:
        await wire.send(get("/hello?x", version="1.0"))
        _expect("hello to HTTP/1.0", await wire.answer(), 200, b"hello x")
        await wire.ended()


async def pipelines(place: Place, random: Random) -> None:
    """The answers come in the order of the requests, however these are cut."""
    count = random.randint(2, 20)
    requests = b"".join(get(f"/hello?{turn}") for turn in range(count))
    async with Wire(place) as wire:
        cut = random.randint(1, len(requests))
        await wire.send(requests[:cut])
        await asyncio.sleep(0)
        await wire.send(requests[cut:])
        for turn in range(count):
            _expect("a pipelined hello", await wire.answer(), 200, b"hello %d" % turn)


async def is_echoed(place: Place, random: Random) -> None:
    async with Wire(place) as wire:
        for _ in range(random.randint(1, 5)):
            body = random.randbytes(random.choice((0, 1, 1000, 100_000)))
            await wire.send(post("/echo", body))
            _expect("echo", await wire.answer(), 200, body)


async def sends_chunks(place: Place, random: Random) -> None:
    body = random.randbytes(random.randint(1, 50_000))
    request = b"POST /echo HTTP/1.1\r\nHost: soak\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with Wire(place) as wire:
        await wire.send(request)
        at = 0
        while at < len(body):
            part = body[at : at + random.randint(1, 10_000)]
            await wire.send(b"%x\r\n%s\r\n" % (len(part), part))
            at += len(part)
        await wire.send(b"0\r\n\r\n")
        _expect("echo of chunks", await wire.answer(), 200, body)


async def expects_to_continue(place: Place, random: Random) -> None:
    async with Wire(place) as wire:
        head = post("/echo", b"", "Expect: 100-continue").replace(b"Length: 0", b"Length: 4")
        await wire.send(head)
        expect("interim status", (await wire.answer()).status, 100)
        await wire.send(b"body")
        _expect("echo after 100", await wire.answer(), 200, b"body")


async def uploads(place: Place, random: Random) -> None:
    body = random.randbytes(random.randint(1, 1_000_000))
    async with Wire(place) as wire:
        await wire.send(post("/upload", body))
        _expect("upload", await wire.answer(), 200, hashlib.sha256(body).hexdigest().encode())


async def downloads(place: Place, random: Random) -> None:
    parts = random.choice(SIZES)
    async with Wire(place) as wire:
        for path in ("download", "stream"):
            await wire.send(get(f"/{path}?parts={parts}"))
            _expect(path, await wire.answer(), 200, PATTERN * parts)


async def closes_its_side(place: Place, random: Random) -> None:
    """The response comes whole nevertheless. (TLS has no half of a connection.)"""
    parts = random.choice(SIZES)
    async with Wire(place) as wire:
        await wire.send(get(f"/stream?parts={parts}"))
        if place.context is None:
            wire.end()
        _expect("stream to a half-closed client", await wire.answer(), 200, PATTERN * parts)


async def follows_events(place: Place, random: Random) -> None:
    count = random.choice(SIZES)
    async with Wire(place) as wire:
        await wire.send(get(f"/events?events={count}"))
        expected = b"".join(b"data: %d\n\n" % event for event in range(count))
        _expect("events", await wire.answer(), 200, expected)


async def is_watched(place: Place, random: Random) -> None:
    async with Wire(place) as wire:
        for request in (get("/watchful"), post("/watchful", b"x")):
            await wire.send(request)
            _expect("watchful", await wire.answer(), 200, b"watched")


async def waits(place: Place, random: Random) -> None:
    path, body = random.choice((("/sleep?ms=50", b"awake"), ("/block?ms=10", b"unblocked")))
    async with Wire(place) as wire:
        _expect(path, await (await wire.send(get(path))).answer(), 200, body)


async def meets_failures(place: Place, random: Random) -> None:
    """Where an answer says that the connection is kept, the next request is answered."""
    for path, body in (("/fail", b"Internal Server Error"), ("/fail-afterwards", b"whole")):
        async with Wire(place) as wire:
            failed = await (await wire.send(get(path))).answer()
            _expect(path, failed, 500, body)
            if failed.closes:
                await wire.ended()
            else:
                answer = await (await wire.send(get("/hello?x"))).answer()
                _expect(f"hello after {path}", answer, 200, b"hello x")


async def talks(place: Place, random: Random) -> None:
    url = f"{place.url('ws')}/talk"
    async with connect(url, ssl=place.context, proxy=None, open_timeout=30) as websocket:
        for _ in range(random.randint(1, 10)):
            said = random.randbytes(random.randint(0, 70_000))
            await websocket.send(said)
            expect("echo of a WebSocket", await websocket.recv(), said)


async def is_refused(place: Place, random: Random) -> None:
    try:
        async with connect(f"{place.url('ws')}/refuse", ssl=place.context, proxy=None):
            expect("refusal of a WebSocket", "accepted", "refused")
    except InvalidStatus as refused:
        expect("refusal of a WebSocket", refused.response.status_code, 403)


GOOD: dict[Client, int] = {
    keeps_alive: 6,
    connects_anew: 3,
    speaks_http_10: 1,
    pipelines: 3,
    is_echoed: 4,
    sends_chunks: 3,
    expects_to_continue: 1,
    uploads: 2,
    downloads: 2,
    closes_its_side: 1,
    follows_events: 1,
    is_watched: 2,
    waits: 2,
    meets_failures: 1,
    talks: 2,
    is_refused: 1,
}
"""Each client, and how often it comes."""
