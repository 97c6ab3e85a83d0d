"""Expectations: 100-continue and others."""

from __future__ import annotations

from tests.wire.asking import CHUNKED, ask, fill, post
from tests.wire.steps import Pause, Wait, asked

CASES = {
    "expect/body-at-once": asked(post(b"World", "/", "Expect: 100-continue")),
    "expect/list": asked(
        ask("POST /", "Expect: 100-continue, other", "Content-Length: 5"),
        Wait(1, 0.6),
        b"World",
        finals=1,
    ),
    "expect/list-other-first": asked(
        ask("POST /", "Expect: other, 100-continue", "Content-Length: 5"),
        Wait(1, 0.6),
        b"World",
        finals=1,
    ),
    "expect/zero-length": asked(ask("POST /", "Expect: 100-continue", "Content-Length: 0")),
    "expect/no-length": asked(ask("GET /", "Expect: 100-continue")),
    "expect/chunked-empty": asked(
        ask("POST /", "Expect: 100-continue", CHUNKED), Wait(1, 0.6), b"0\r\n\r\n", finals=1
    ),
    "expect/http10": asked(
        ask("POST / HTTP/1.0", "Expect: 100-continue", "Content-Length: 5") + b"World"
    ),
    "expect/http10-unknown": asked(
        ask("POST / HTTP/1.0", "Expect: other", "Content-Length: 5") + b"World"
    ),
    "expect/get-with-body": asked(
        ask("GET /", "Expect: 100-continue", "Content-Length: 5"), Wait(1, 0.6), b"World", finals=1
    ),
    "expect/goodbye-body-at-once": asked(post(b"World", "/goodbye", "Expect: 100-continue")),
    "expect/goodbye-chunked": asked(ask("POST /goodbye", "Expect: 100-continue", CHUNKED)),
    "expect/goodbye-zero-length": asked(
        ask("POST /goodbye", "Expect: 100-continue", "Content-Length: 0")
    ),
    "expect/redirect": asked(ask("POST //goodbye", "Expect: 100-continue", "Content-Length: 5")),
    "expect/unknown": asked(post(b"World", "/", "Expect: other")),
    "expect/unknown-goodbye": asked(ask("GET /goodbye", "Expect: 200-ok")),
    "expect/unknown-head": asked(ask("HEAD /", "Expect: other")),
    "expect/unknown-then-request": asked(
        ask("GET /", "Expect: other") + ask("GET /goodbye"), finals=2
    ),
    "expect/unknown-large-body": asked(post(fill(300000), "/", "Expect: other")),
    "expect/empty": asked(post(b"World", "/", "Expect:")),
    "expect/two-headers": asked(
        ask("POST /", "Expect: 100-continue", "Expect: other", "Content-Length: 5"),
        Wait(1, 0.6),
        b"World",
        finals=1,
    ),
    "expect/two-headers-other-first": asked(
        ask("POST /", "Expect: other", "Expect: 100-continue", "Content-Length: 5"),
        Wait(1, 0.6),
        b"World",
        finals=1,
    ),
    "expect/prefix": asked(post(b"World", "/", "Expect: 100-continued")),
    "expect/twice-on-connection": asked(
        ask("POST /", "Expect: 100-continue", "Content-Length: 5"),
        Wait(1, 0.6),
        b"World",
        Wait(2),
        ask("POST /", "Expect: 100-continue", "Content-Length: 5"),
        Pause(0.2),
        b"again",
        finals=2,
    ),
    "expect/pipelined-after": asked(
        post(b"World", "/", "Expect: 100-continue") + ask("GET /goodbye"), finals=2
    ),
    "expect/large-body": asked(
        ask("POST /", "Expect: 100-continue", "Content-Length: 100000"),
        Wait(1, 0.6),
        fill(100000),
        finals=1,
    ),
}
