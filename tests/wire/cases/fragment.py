"""The same bytes in other packets."""

from __future__ import annotations

from tests.wire.asking import CHUNKED, ask, fill, post
from tests.wire.steps import Drip, Pause, asked

CASES = {
    "fragment/get-byte-by-byte": asked(Drip(ask("GET /goodbye"), 0.003)),
    "fragment/post-byte-by-byte": asked(Drip(post(b"World"), 0.003)),
    "fragment/bad-byte-by-byte": asked(Drip(b"GET / HTTP/1.1\r\nX(A): b\r\n\r\n", 0.003)),
    "fragment/seven-bytes": asked(Drip(post(fill(200)), 0.005, 7)),
    "fragment/between-cr-and-lf": asked(
        b"GET /goodbye HTTP/1.1\r",
        Pause(0.1),
        b"\nHost: parity.test\r",
        Pause(0.1),
        b"\n\r",
        Pause(0.1),
        b"\n",
        finals=1,
    ),
    "fragment/inside-header-name": asked(
        b"GET /goodbye HTTP/1.1\r\nHo", Pause(0.1), b"st: parity.test\r\n\r\n", finals=1
    ),
    "fragment/before-fold": asked(
        b"GET /goodbye HTTP/1.1\r\nHost: parity.test\r\nX: a\r\n",
        Pause(0.1),
        b" b\r\n\r\n",
        finals=1,
    ),
    "fragment/body-apart": asked(
        ask("POST /", "Content-Length: 5"), Pause(0.1), b"World", finals=1
    ),
    "fragment/body-in-three": asked(
        ask("POST /", "Content-Length: 9"),
        Pause(0.05),
        b"one",
        Pause(0.05),
        b"two",
        Pause(0.05),
        b"six",
        finals=1,
    ),
    "fragment/body-and-next-request": asked(
        ask("POST /", "Content-Length: 5"), Pause(0.1), b"World" + ask("GET /goodbye")
    ),
    "fragment/inside-chunk-data": asked(
        ask("POST /", CHUNKED) + b"5\r\nWo", Pause(0.1), b"rld\r\n0\r\n\r\n", finals=1
    ),
    "fragment/inside-chunk-crlf": asked(
        ask("POST /", CHUNKED) + b"5\r\nWorld\r",
        Pause(0.1),
        b"\n0\r",
        Pause(0.1),
        b"\n\r",
        Pause(0.1),
        b"\n",
        finals=1,
    ),
    "fragment/second-request-split": asked(
        ask("GET /") + b"GET /good", Pause(0.15), b"bye HTTP/1.1\r\nHost: parity.test\r\n\r\n"
    ),
    "fragment/boundary-4096": asked(
        b"GET /goodbye HTTP/1.1\r\nHost: parity.test\r\nX: " + b"a" * (4096 - 49) + b"\r",
        Pause(0.1),
        b"\n\r\n",
        finals=1,
    ),
}
