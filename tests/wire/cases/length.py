"""The Content-Length header."""

from __future__ import annotations

from tests.wire.asking import ask, post
from tests.wire.steps import Fin, Pause, asked

CASES = {
    "length/zero-post": asked(ask("POST /", "Content-Length: 0")),
    "length/zero-get": asked(ask("GET /", "Content-Length: 0")),
    "length/duplicate-same": asked(
        ask("POST /", "Content-Length: 5", "Content-Length: 5") + b"World"
    ),
    "length/duplicate-same-spaces": asked(
        ask("POST /", "Content-Length: 5", "Content-Length:   5  ") + b"World"
    ),
    "length/duplicate-leading-zero": asked(
        ask("POST /", "Content-Length: 5", "Content-Length: 05") + b"World"
    ),
    "length/duplicate-one-empty": asked(
        ask("POST /", "Content-Length: 5", "Content-Length:") + b"World"
    ),
    "length/triple-same": asked(ask("POST /", *["Content-Length: 5"] * 3) + b"World"),
    "length/plus": asked(ask("POST /", "Content-Length: +5") + b"World"),
    "length/minus": asked(ask("POST /", "Content-Length: -5") + b"World"),
    "length/minus-zero": asked(ask("POST /", "Content-Length: -0")),
    "length/hex": asked(ask("POST /", "Content-Length: 0x5") + b"World"),
    "length/word": asked(ask("POST /", "Content-Length: five") + b"World"),
    "length/space-inside": asked(ask("POST /", "Content-Length: 5 5") + b"World"),
    "length/quoted": asked(ask("POST /", 'Content-Length: "5"') + b"World"),
    "length/tabs-around": asked(ask("POST /", "Content-Length:\t5\t") + b"World"),
    "length/unicode-digit": asked(ask("POST /", "Content-Length: \u0665".encode()) + b"World"),
    "length/int63-overflow": asked(ask("POST /", "Content-Length: 9223372036854775808") + b"World"),
    "length/uint64-overflow": asked(
        ask("POST /", "Content-Length: 18446744073709551621") + b"World"
    ),
    "length/empty": asked(ask("POST /", "Content-Length:")),
    "length/empty-with-body": asked(ask("POST /", "Content-Length:") + b"World"),
    "length/empty-close-half-close": asked(
        ask("POST /", "Content-Length:", "Connection: close") + b"World", Fin()
    ),
    "length/empty-close-timeout": asked(
        Pause(0.25), ask("POST /", "Content-Length:", "Connection: close") + b"World"
    ),
    "length/extra-bytes-after-body": asked(post(b"World") + b"!", probe=False),
    "length/extra-line-after-body": asked(post(b"World") + b"garbage\r\n\r\n", finals=2),
    "length/shorter-than-body": asked(
        ask("POST /", "Content-Length: 2") + b"World\r\n\r\n", finals=2
    ),
    "length/get-invalid": asked(ask("GET /", "Content-Length: -1")),
    "length/invalid-http10": asked(ask("POST / HTTP/1.0", "Content-Length: x")),
    "length/zeros-5000": asked(ask("POST /", f"Content-Length: {5:05000d}") + b"World"),
    "length/digits-5000": asked(ask("POST /", "Content-Length: " + "1" * 5000) + b"World"),
    "length/digits-5000-http10": asked(ask("GET / HTTP/1.0", "Content-Length: " + "1" * 5000)),
}
