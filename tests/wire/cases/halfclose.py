"""The client closes its side, or drops the connection."""

from __future__ import annotations

from tests.wire.asking import CHUNKED, ask, fill, post
from tests.wire.steps import Fin, Pause, Reset, Wait, asked

CASES = {
    "halfclose/after-get": asked(ask("GET /goodbye"), Fin()),
    "halfclose/after-post": asked(post(b"World"), Fin()),
    "halfclose/after-large-post": asked(post(fill(100000)), Fin()),
    "halfclose/after-pipelined": asked(
        ask("GET /") + post(b"World") + ask("GET /goodbye"), Fin(), finals=3
    ),
    "halfclose/after-response": asked(ask("GET /"), Wait(1), Pause(0.2), Fin()),
    "halfclose/inside-method": asked(b"GE", Fin()),
    "halfclose/request-line-without-newline": asked(b"GET / HTTP/1.1", Fin()),
    "halfclose/after-request-line": asked(b"GET / HTTP/1.1\r\n", Fin()),
    "halfclose/inside-headers": asked(b"GET / HTTP/1.1\r\nHost: parity.test\r\nX-A: b", Fin()),
    "halfclose/inside-body-http10-keep-alive": asked(
        ask("POST / HTTP/1.0", "Content-Length: 10", "Connection: keep-alive") + b"World", Fin()
    ),
    "halfclose/inside-chunk": asked(ask("POST /", CHUNKED) + b"a\r\nWorld", Fin()),
    "halfclose/inside-chunk-size": asked(ask("POST /", CHUNKED) + b"5\r\nWorld\r\n5", Fin()),
    "halfclose/chunked-goodbye": asked(ask("POST /goodbye", CHUNKED) + b"5\r\nWor", Fin()),
    "halfclose/inside-second-request": asked(
        ask("GET /goodbye") + b"GET / HTTP/1.1\r\nHost:", Fin(), finals=2
    ),
    "halfclose/delayed-body-then-close": asked(
        ask("POST /", "Content-Length: 10"), Pause(0.2), b"World", Pause(0.2), Fin(), finals=1
    ),
    "halfclose/expect-body-missing-goodbye": asked(
        ask("POST /goodbye", "Expect: 100-continue", "Content-Length: 5"), Fin()
    ),
    "halfclose/reset-inside-headers": asked(b"GET / HTTP/1.1\r\nHost:", Pause(0.1), Reset()),
    "halfclose/reset-inside-body": asked(
        ask("POST /", "Content-Length: 10") + b"World", Pause(0.1), Reset()
    ),
    "halfclose/reset-after-request": asked(ask("GET /"), Reset()),
}
