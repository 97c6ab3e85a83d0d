"""What a client sends on one connection: requests, spoiled now and then, in packets."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tests.fuzz.places import odd_byte
from tests.fuzz.requests import request

__all__ = ["Conversation", "conversation"]

LAST = b"GET /goodbye?last HTTP/1.1\r\nHost: last\r\nConnection: close\r\n\r\n"
"""It ends each conversation, to show whether server and client are still in step."""

BITS = [b"\r", b"\n", b"\r\n", b" ", b"\t", b":", b",", b";", b"%", b"/", b"?", b"0", b"\x00"]
BITS += [b"\x7f", b"\x80", b"\xff", b"\r\n\r\n", b"\r\n ", b"HTTP/1.1", b"Host: b\r\n", b"\x0b"]


@dataclass(frozen=True)
class Conversation:
    """Packets to send, and whether the client closes its side after them.

    `methods` are those of the requests as they were before they were spoiled.
    """

    seed: int
    packets: tuple[bytes, ...]
    half_close: bool
    methods: tuple[bytes, ...]

    @property
    def sent(self) -> bytes:
        """All bytes."""
        return b"".join(self.packets)


def conversation(seed: int) -> Conversation:
    """The conversation that belongs to a seed."""
    random = Random(seed)
    requests = [_request(random) for _ in range(random.choice([1, 1, 1, 2, 2, 3]))]
    data = b"".join(sent for sent, _ in requests)
    if random.random() < 0.2:
        data = _spoiled(random, data)
    if random.random() < 0.03:
        data += random.choice([b"\r\n", b"\n", b"\r\n\r\n", b"\r\n\r\n\r\n", b"\r"])
    kind = random.random()
    if kind < 0.06:
        data = data[: random.randrange(len(data))]
    elif kind < 0.9:
        data += LAST
    # A client that stays waits for the deadlines. From a second request on, Go's for reading and
    # for writing pass together, and its answer is lost or not.
    half_close = len(requests) > 1 or random.random() < 0.8 or not data.endswith(LAST)
    methods = tuple(method for _, method in requests)
    return Conversation(seed, _cut(random, data), half_close, methods)


def _request(random: Random) -> tuple[bytes, bytes]:
    return odd_byte(random) if random.random() < 0.15 else request(random)


def _spoiled(random: Random, data: bytes) -> bytes:
    """Bytes taken out, put in, exchanged or repeated."""
    for _ in range(random.choice([1, 1, 1, 2, 4])):
        at = random.randrange(len(data) + 1)
        if random.random() < 0.7:
            at = min(at, random.randrange(200))  # most of what matters stands in front
        end = at + random.choice([0, 1, 1, 2, 5, 20])
        bit = random.choice(BITS) if random.random() < 0.7 else random.randbytes(1)
        new = random.choice([b"", bit, bit, bit * 2, data[at:end] * 2])
        data = data[:at] + new + data[end:]
    return data


def _cut(random: Random, data: bytes) -> tuple[bytes, ...]:
    """Mostly one packet, or a few."""
    if random.random() < 0.7 or len(data) < 2:
        return (data,)
    cuts = sorted(random.randrange(1, len(data)) for _ in range(random.choice([1, 1, 2, 5])))
    ends = zip([0, *cuts], [*cuts, len(data)], strict=True)
    return tuple(data[begin:end] for begin, end in ends if begin < end)
