"""The syntax of header lines."""

from __future__ import annotations

from tests.wire.asking import ask, fill, post
from tests.wire.steps import asked

CASES = {
    "headers/no-space-after-colon": asked(ask("GET /", "X-A:b")),
    "headers/empty-value": asked(ask("GET /", "X-A:")),
    "headers/blank-value": asked(ask("GET /", "X-A:  \t ")),
    "headers/many-colons": asked(ask("GET /", "X-A: b:c: d")),
    "headers/repeated": asked(ask("GET /", "X-A: 1", "X-A: 2", "x-a: 3")),
    "headers/fold-tab": asked(ask("GET /", "X-A: one\r\n\ttwo")),
    "headers/fold-many": asked(ask("GET /", "X-A: one\r\n two\r\n\tthree\r\n   four")),
    "headers/fold-blank-line": asked(ask("GET /", "X-A: one\r\n  ")),
    "headers/fold-content-length-split": asked(ask("POST /", "Content-Length: 0\r\n 5") + b"World"),
    "headers/fold-connection": asked(ask("GET /", "Connection:\r\n close")),
    "headers/first-line-space": asked(b"GET / HTTP/1.1\r\n Host: parity.test\r\n\r\n"),
    "headers/space-before-colon-host": asked(ask("GET /", "Host : parity.test", host=None)),
    "headers/space-before-colon-length": asked(ask("POST /", "Content-Length : 5") + b"World"),
    "headers/tab-before-colon": asked(ask("GET /", "X-A\t: b")),
    "headers/no-colon": asked(ask("GET /", "X-A b")),
    "headers/name-paren": asked(ask("GET /", "X(A): b")),
    "headers/name-slash": asked(ask("GET /", "X/A: b")),
    "headers/name-quote": asked(ask("GET /", '"X-A": b')),
    "headers/name-braces": asked(ask("GET /", "{X}: b")),
    "headers/name-nul": asked(ask("GET /", b"X\x00A: b")),
    "headers/name-cr": asked(ask("GET /", b"X\rA: b")),
    "headers/value-utf8": asked(ask("GET /", b"X-A: caf\xc3\xa9")),
    "headers/value-byte-ff": asked(ask("GET /", b"X-A: \xff\xfe")),
    "headers/value-nul": asked(ask("GET /", b"X-A: b\x00c")),
    "headers/value-control-01": asked(ask("GET /", b"X-A: b\x01c")),
    "headers/value-del": asked(ask("GET /", b"X-A: b\x7fc")),
    "headers/value-tab": asked(ask("GET /", b"X-A: b\tc")),
    "headers/value-vertical-tab": asked(ask("GET /", b"X-A: b\x0bc")),
    "headers/value-form-feed": asked(ask("GET /", b"X-A: \x0cb")),
    "headers/value-cr-cr-lf": asked(ask("GET /", b"X-A: b\r")),
    "headers/lf-line-endings": asked(b"GET / HTTP/1.1\nHost: parity.test\n\n"),
    "headers/lf-only-first": asked(b"GET / HTTP/1.1\nHost: parity.test\r\n\r\n"),
    "headers/cr-before-blank": asked(b"GET / HTTP/1.1\r\nHost: parity.test\r\n\r\r\n"),
    "headers/line-blank-with-space": asked(b"GET / HTTP/1.1\r\nHost: parity.test\r\n \r\n\r\n"),
    "headers/request-line-cr-cr-lf": asked(b"GET / HTTP/1.1\r\r\nHost: parity.test\r\n\r\n"),
    "headers/none-at-all-http10": asked(b"GET / HTTP/1.0\r\n\r\n"),
    "headers/common-browser": asked(
        ask(
            "GET /",
            "User-Agent: Mozilla/5.0",
            "Accept: text/html,*/*;q=0.8",
            "Accept-Language: en",
            "Accept-Encoding: gzip, deflate, br",
            "Cookie: a=b; c=d",
            "Upgrade-Insecure-Requests: 1",
            "Connection: keep-alive",
        )
    ),
    "headers/conditional": asked(
        ask("GET /goodbye", "If-None-Match: *", "If-Modified-Since: Mon, 01 Jan 2035 00:00:00 GMT")
    ),
    "headers/accept-nothing": asked(ask("GET /goodbye", "Accept: image/png;q=0")),
    "headers/accept-encoding": asked(post(fill(4000), "/", "Accept-Encoding: gzip")),
    "headers/method-override": asked(post(b"", "/goodbye", "X-HTTP-Method-Override: DELETE")),
    "headers/te-trailers": asked(ask("GET /", "TE: trailers", "Connection: TE")),
    "headers/cors-preflight": asked(
        ask("OPTIONS /", "Origin: http://a.test", "Access-Control-Request-Method: PUT")
    ),
    "headers/forwarded": asked(
        ask(
            "GET //x",
            "X-Forwarded-Proto: https",
            "X-Forwarded-Host: b.test",
            "X-Forwarded-For: 1.2.3.4",
        )
    ),
}
