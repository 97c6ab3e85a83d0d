"""The third word of a request line."""

from __future__ import annotations

from tests.wire.asking import CHUNKED, ask, chunks, fill
from tests.wire.steps import asked

CASES = {
    "versions/http10-keep-alive": asked(ask("GET / HTTP/1.0", "Connection: keep-alive")),
    "versions/http10-keep-alive-upper": asked(ask("GET / HTTP/1.0", "Connection: Keep-Alive")),
    "versions/http10-keep-alive-and-close": asked(
        ask("GET / HTTP/1.0", "Connection: keep-alive, close")
    ),
    "versions/http10-post": asked(ask("POST / HTTP/1.0", "Content-Length: 5") + b"World"),
    "versions/http10-post-keep-alive": asked(
        ask("POST / HTTP/1.0", "Connection: keep-alive", "Content-Length: 5") + b"World"
    ),
    "versions/http10-head": asked(ask("HEAD / HTTP/1.0")),
    "versions/http10-large-body": asked(
        ask("POST / HTTP/1.0", "Content-Length: 5000") + fill(5000)
    ),
    "versions/http10-large-body-keep-alive": asked(
        ask("POST / HTTP/1.0", "Connection: keep-alive", "Content-Length: 5000") + fill(5000)
    ),
    "versions/http10-keep-alive-twice": asked(
        ask("GET / HTTP/1.0", "Connection: keep-alive")
        + ask("GET /goodbye HTTP/1.0", "Connection: keep-alive"),
        finals=2,
    ),
    "versions/http10-chunked-ignored": asked(ask("POST / HTTP/1.0", CHUNKED) + chunks(b"World")),
    "versions/http10-bad-request": asked(ask("GET /%zz HTTP/1.0")),
    "versions/http30": asked(ask("GET / HTTP/3.0")),
    "versions/http09-explicit": asked(ask("GET / HTTP/0.9")),
    "versions/http2-no-minor": asked(ask("GET / HTTP/2")),
    "versions/http1-no-minor": asked(ask("GET / HTTP/1")),
    "versions/http-long-major": asked(ask("GET / HTTP/11.1")),
    "versions/http-plus": asked(ask("GET / HTTP/+1.1")),
    "versions/http-letter": asked(ask("GET / HTTP/1.x")),
    "versions/other-protocol": asked(b"GET / RTSP/1.0\r\nHost: a.test\r\n\r\n"),
    "versions/trailing-space": asked(ask("GET / HTTP/1.1 ")),
    "versions/trailing-word": asked(ask("GET / HTTP/1.1 extra")),
    "versions/trailing-tab": asked(ask("GET / HTTP/1.1\t")),
    "versions/http09-simple": asked(b"GET /\r\n"),
    "versions/space-only": asked(b"GET / \r\nHost: parity.test\r\n\r\n"),
    "versions/h2-preface": asked(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "versions/h2-preface-settings": asked(
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
    ),
    "versions/pri-http11": asked(ask("PRI *")),
    "versions/pri-path-http20": asked(b"PRI / HTTP/2.0\r\n\r\n"),
    "versions/crlf-before-request": asked(b"\r\nGET / HTTP/1.1\r\nHost: parity.test\r\n\r\n"),
    "versions/lf-before-request": asked(b"\nGET / HTTP/1.1\r\nHost: parity.test\r\n\r\n"),
    "versions/http10-coding-empty": asked(ask("GET / HTTP/1.0", "Transfer-Encoding:")),
    "versions/http10-coding-listed": asked(
        ask("POST / HTTP/1.0", "Transfer-Encoding: chunked, gzip", "Content-Length: 5") + b"World"
    ),
    "versions/http10-coding-twice": asked(
        ask("POST / HTTP/1.0", CHUNKED, CHUNKED, "Content-Length: 5", "Connection: keep-alive")
        + b"World"
    ),
    "versions/http10-coding-500-times": asked(ask("GET / HTTP/1.0", *[CHUNKED] * 500)),
    "versions/http10-coding-bad-value": asked(
        ask("GET / HTTP/1.0", "Transfer-Encoding: chunked\0")
    ),
}
