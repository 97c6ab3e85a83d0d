"""Bodies in the chunked coding: mostly well formed, each part now and then odd or wrong."""

from __future__ import annotations

from random import Random

__all__ = ["chunked_body"]

SIZES = [b"0%x", b"%X", b"000000000000000%x", b"0000000000000000%x", b"%x ", b"%x\t", b" %x"]
SIZES += [b"+%x", b"0x%x", b"%x;a", b'%x;a="b;c"', b"%x ;a", b"%x; a=b", b"%x;", b"%x,"]
SIZES += [b"%x;a\x00", b"%x;\xff", b"-%x", b"%xg", b"%x ", b"%x;" + b"a" * 4000]
SIZES += [b"%x;" + b"a" * 4089, b"%x;" + b"a" * 4092, b"%x;a\rb", b"%x;\r", b"%x\r", b"%x;a\nb"]
ENDS = [b"\n", b"\r", b"\r\r\n", b"", b"\r\n\r\n", b"x\r\n"]
LAST = [b"0", b"00", b"0;x", b"0 ", b"-0", b"", b"0000000000000000", b"00000000000000000"]
LAST += [b"0;" + b"a" * 4091]
TRAILERS = [b"X-T: v\r\n", b"X: a\r\nY: b\r\n", b"X-T : v\r\n", b"X(T): v\r\n", b"nonsense\r\n"]
TRAILERS += [b"X: a\r\n b\r\n", b"X: a\x01b\r\n", b"Content-Length: 3\r\n", b"X: v\n", b": v\r\n"]
TRAILERS += [b" X: v\r\n", b"\r\r\n", b"X: a\rb\r\n", b"a:\r\n" * 500, b"a:\r\n" * 501]
TRAILERS += [b"X: " + b"a" * 4096 + b"\r\n", b"X: " + b"a" * 4084 + b"\r\n", b"\n"]


def chunked_body(random: Random, text: bytes) -> bytes:
    """A text in chunks."""
    parts = []
    while text:
        size = random.choice([1, 2, 5, 5, 100, 1000, 100_000])
        part, text = text[:size], text[size:]
        parts.append(
            _chunk(random, part) if random.random() < 0.08 else b"%x\r\n%b\r\n" % (len(part), part)
        )
        if len(parts) > 20:
            text = b""
    if random.random() < 0.85:
        return b"".join(parts) + b"0\r\n\r\n"
    last = b"0" if random.random() < 0.5 else random.choice(LAST)
    trailer = random.choice(TRAILERS) if random.random() < 0.5 else b""
    return b"".join(parts) + last + _end(random) + trailer + _end(random)


def _chunk(random: Random, part: bytes) -> bytes:
    size = random.choice(SIZES) % len(part) if random.random() < 0.7 else b"%x" % len(part)
    if random.random() < 0.1:
        size = random.choice(
            [
                b"",
                b"zz",
                b"100000000000000005",
                b"8000000000000000",
                b"ffffffffffffffff",
                b"7fffffffffffffff",
            ]
        )
    return size + _end(random) + part + _end(random)


def _end(random: Random) -> bytes:
    return b"\r\n" if random.random() < 0.8 else random.choice(ENDS)
