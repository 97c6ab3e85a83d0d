"""A peer that does anything: sends in any pieces, stalls, half-closes, leaves."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import pairwise

from tests.connection.harness import END, LOST, STALL, TAKE, Step

__all__ = ["CLOSING", "DRAIN", "HURRY", "Script", "cut", "script"]

CLOSING = "the transport closes by itself"
DRAIN = "the service stops"
HURRY = "the service stops at once"

HOST = b"Host: h\r\n"
HANDSHAKE = (
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


@dataclass
class Script:
    """What a peer does, and the paths of the requests that it sends, in their order."""

    steps: list[Step]
    paths: list[str]


def _chunked(choose: random.Random) -> bytes:
    body = b""
    for _ in range(choose.randrange(4)):
        part = b"x" * choose.choice([1, 10, 5000, 70_000])
        body += b"%x\r\n%b\r\n" % (len(part), part)
    return body + choose.choice([b"0\r\n\r\n"] * 6 + [b"0\r\nT: u\r\n\r\n", b"zz\r\n", b""])


def request(choose: random.Random, path: str, *, good: bool, longest: int = 70_000) -> bytes:
    """A request. If it is `good`, nothing in it ends the connection or is not HTTP."""
    line = b" %b HTTP/1.1\r\n" % path.encode()
    kind = choose.randrange(6 if good else 11)
    length = min(longest, choose.choice([0, 1, 100, 5000, 70_000]))
    match kind:
        case 0 | 1 | 2:
            return b"GET" + line + HOST + b"\r\n"
        case 3:
            return b"POST" + line + HOST + b"Content-Length: %d\r\n\r\n" % length + b"b" * length
        case 4:
            return b"HEAD" + line + HOST + b"\r\n"
        case 5:
            part = b"x" * max(1, length)
            chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(part), part)
            return b"PUT" + line + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + chunks
        case 6:
            head = b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % length
            return b"POST" + line + HOST + head + b"b" * choose.choice([length, length, 0])
        case 7:
            return b"PUT" + line + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + _chunked(choose)
        case 8:
            head = b"Connection: close\r\nContent-Length: %d\r\n\r\n" % length
            return b"POST" + line + HOST + head + b"b" * length
        case 9:
            return b"GET" + line + HOST + HANDSHAKE + b"\r\n" + choose.choice([b"", b"\xff\xff"])
        case _:
            whole = b"GET" + line + HOST + b"X: y\r\n\r\n"
            at = choose.randrange(len(whole))
            return whole[:at] + choose.choice([b"", b"\0", b"\n", b" ", b"\r\n"]) + whole[at + 1 :]


def cut(choose: random.Random, data: bytes, pieces: int) -> list[bytes]:
    """`data` in about that many pieces."""
    places = sorted(choose.sample(range(len(data) + 1), min(pieces, len(data) + 1)))
    ends = [0, *places, len(data)]
    return [data[a:b] for a, b in pairwise(ends) if a < b]


def script(choose: random.Random) -> Script:
    """What one random peer does."""
    steps: list[Step] = []
    paths: list[str] = []
    events: list[Step] = [END, LOST, STALL, TAKE, TAKE, CLOSING, DRAIN, HURRY]
    good = choose.random() < 0.3
    for number in range(choose.randrange(1, 6)):
        path = f"/{number}"
        paths.append(path)
        data = request(choose, path, good=good)
        if choose.random() < 0.2 and steps and isinstance(steps[-1], bytes):
            before = steps.pop()
            data = before + data if isinstance(before, bytes) else data  # sent ahead, in one packet
        for piece in cut(choose, data, choose.choice([0, 0, 1, 3])):
            steps.append(piece)
            if choose.random() < 0.2:
                steps.append(choose.choice([0.001, 0.05, 0.5, 1.1, 3.0]))
            if choose.random() < 0.08:
                steps.append(choose.choice(events))
    return Script(steps, paths)
