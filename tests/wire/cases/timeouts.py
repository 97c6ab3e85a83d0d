"""What comes late, or never."""

from __future__ import annotations

from tests.wire.asking import CHUNKED, ask, fill, post
from tests.wire.steps import Drip, Pause, Wait, asked

CASES = {
    "timeouts/partial-request-line": asked(b"GET / HT", probe=False),
    "timeouts/partial-headers": asked(b"GET / HTTP/1.1\r\nHost: parity.test\r\n", probe=False),
    "timeouts/partial-header-line": asked(b"GET /goodbye HTTP/1.1\r\nHost: par", probe=False),
    "timeouts/bad-partial-line": asked(b"BAD", probe=False),
    "timeouts/request-line-without-newline": asked(b"GET / HTTP/1.1", probe=False),
    "timeouts/partial-header-after-fold": asked(
        b"GET / HTTP/1.1\r\nHost: parity.test\r\nX: a\r\n b", probe=False
    ),
    "timeouts/blank-line-cr": asked(b"GET / HTTP/1.1\r\nHost: parity.test\r\n\r", probe=False),
    "timeouts/upload-slow-in-time": asked(
        ask("POST /", "Content-Length: 70000"), Drip(fill(70000), 0.1, 10000), finals=1
    ),
    "timeouts/trickled-headers": asked(Drip(ask("GET /goodbye", "X-A: b"), 0.06), probe=False),
    "timeouts/headers-in-time": asked(
        b"GET /goodbye HTTP/1.1\r\n", Pause(0.7), b"Host: parity.test\r\n\r\n", finals=1
    ),
    "timeouts/late-first-byte": asked(Pause(1.5), ask("GET /goodbye"), probe=False),
    "timeouts/body-never": asked(Pause(0.25), ask("POST /", "Content-Length: 5")),
    "timeouts/body-partial": asked(Pause(0.25), ask("POST /", "Content-Length: 5") + b"Wo"),
    "timeouts/body-late": asked(
        Pause(0.25), ask("POST /", "Content-Length: 5"), Pause(1.2), b"World", finals=1
    ),
    "timeouts/deadline-covers-headers-and-body": asked(
        b"POST / HTTP/1.1\r\nHost: parity.test\r\nContent-Length: 5\r\n",
        Pause(0.5),
        b"\r\n",
        Pause(0.8),
        b"World",
        finals=1,
    ),
    "timeouts/chunk-size-unfinished": asked(Pause(0.25), ask("POST /", CHUNKED) + b"5"),
    "timeouts/chunk-lf-unfinished": asked(
        Pause(0.25), ask("POST /", CHUNKED) + b"5\r\nWorld\r\n0\r\n\n"
    ),
    "timeouts/head-body-never": asked(Pause(0.25), ask("HEAD /", "Content-Length: 5")),
    "timeouts/http10-body-never": asked(Pause(0.25), ask("POST / HTTP/1.0", "Content-Length: 5")),
    "timeouts/close-body-never": asked(
        Pause(0.25), ask("POST /", "Content-Length: 5", "Connection: close")
    ),
    "timeouts/goodbye-body-never": asked(Pause(0.25), ask("POST /goodbye", "Content-Length: 5")),
    "timeouts/goodbye-body-late": asked(
        Pause(0.25), ask("POST /goodbye", "Content-Length: 5"), Pause(1.2), b"World", finals=1
    ),
    "timeouts/goodbye-large-body-never": asked(ask("POST /goodbye", "Content-Length: 1000000")),
    "timeouts/goodbye-http10-body-never": asked(ask("POST /goodbye HTTP/1.0", "Content-Length: 5")),
    "timeouts/redirect-body-never": asked(Pause(0.25), ask("POST //goodbye", "Content-Length: 5")),
    "timeouts/options-asterisk-body-never": asked(
        Pause(0.25), ask("OPTIONS *", "Content-Length: 5")
    ),
    "timeouts/asterisk-body-never": asked(ask("GET *", "Content-Length: 5")),
    "timeouts/expect-body-never-chunked": asked(
        Pause(0.25), ask("POST /", "Expect: 100-continue", CHUNKED)
    ),
    "timeouts/second-after-3s": asked(ask("GET /goodbye"), Wait(1), Pause(3), ask("GET /goodbye")),
    "timeouts/second-three-bytes-then-slow": asked(
        ask("GET /"),
        Wait(1),
        b"GET",
        Pause(1.8),
        b" /goodbye HTTP/1.1\r\nHost: parity.test\r\n\r\n",
        finals=2,
    ),
    "timeouts/second-four-bytes-then-slow": asked(
        ask("GET /"),
        Wait(1),
        b"GET ",
        Pause(1.8),
        b"/goodbye HTTP/1.1\r\nHost: parity.test\r\n\r\n",
        finals=2,
        probe=False,
    ),
    "timeouts/second-three-bytes-stay": asked(
        ask("GET /"), Wait(1), b"GET", Pause(2.5), finals=1, probe=False
    ),
    "timeouts/second-headers-in-time": asked(
        ask("GET /"),
        Wait(1),
        Pause(1.2),
        b"GET /goodbye HTTP/1.1\r\n",
        Pause(0.7),
        b"Host: parity.test\r\n\r\n",
        finals=2,
    ),
    "timeouts/second-body-in-time": asked(
        ask("GET /"),
        Wait(1),
        Pause(1.2),
        ask("POST /", "Content-Length: 5"),
        Pause(0.6),
        b"World",
        finals=2,
    ),
    "timeouts/second-crlf-after-post-then-slow": asked(
        post(b"World"), Wait(1), b"\r\n", Pause(1.8), ask("GET /goodbye"), finals=2
    ),
    "timeouts/slow-reader": asked(post(fill(10 << 20)), Pause(2.2, reading=False)),
    "timeouts/slow-reader-small-response": asked(post(fill(20000)), Pause(1.5, reading=False)),
    "timeouts/slow-reader-within": asked(post(fill(6 << 20)), Pause(0.6, reading=False)),
    "timeouts/pipelined-slow-reader": asked(
        post(fill(10 << 20)) + ask("GET /goodbye"), Pause(2.2, reading=False), finals=2
    ),
    "timeouts/bad-value-then-silence": asked(b"GET / HTTP/1.1\r\nHost: a.test\r\nX: a\0b\r\n"),
    "timeouts/bad-name-then-silence": asked(b"GET / HTTP/1.1\r\nHost: a.test\r\nX(: y\r\n"),
    "timeouts/no-name-then-silence": asked(b"GET / HTTP/1.1\r\n: y\r\n"),
    "timeouts/no-colon-at-once": asked(b"GET / HTTP/1.1\r\nX y\r\n"),
    "timeouts/bad-value-one-line-a-packet": asked(
        Drip(b"GET / HTTP/1.1\r\nX: a\r\nX: b\r\nX: \0\r\n", 0.01, 6)
    ),
}
