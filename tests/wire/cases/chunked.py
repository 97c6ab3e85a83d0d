"""The chunked coding of a request."""

from __future__ import annotations

from tests.wire.asking import CHUNKED, ask, chunks, fill, post
from tests.wire.steps import Fin, Pause, asked

CASES = {
    "chunked/two-chunks": asked(ask("POST /", CHUNKED) + chunks(b"Wor", b"ld")),
    "chunked/empty-body": asked(ask("POST /", CHUNKED) + b"0\r\n\r\n"),
    "chunked/many-one-byte": asked(
        ask("POST /", CHUNKED) + chunks(*[b"%c" % c for c in fill(2000)])
    ),
    "chunked/one-byte-3000-goodbye": asked(ask("POST /goodbye", CHUNKED) + chunks(*[b"x"] * 3000)),
    "chunked/upper-hex": asked(ask("POST /", CHUNKED) + b"A\r\n0123456789\r\n0\r\n\r\n"),
    "chunked/lower-hex": asked(ask("POST /", CHUNKED) + b"a\r\n0123456789\r\n0\r\n\r\n"),
    "chunked/sixteen-digits": asked(
        ask("POST /", CHUNKED) + b"0000000000000005\r\nWorld\r\n0\r\n\r\n"
    ),
    "chunked/last-many-zeros": asked(ask("POST /", CHUNKED) + b"5\r\nWorld\r\n0000\r\n\r\n"),
    "chunked/get": asked(ask("GET /", CHUNKED) + chunks(b"World")),
    "chunked/head": asked(ask("HEAD /", CHUNKED) + chunks(b"World")),
    "chunked/delete": asked(ask("DELETE /", CHUNKED) + chunks(b"World")),
    "chunked/goodbye": asked(ask("POST /goodbye", CHUNKED) + chunks(b"World")),
    "chunked/close": asked(ask("POST /", "Connection: close", CHUNKED) + chunks(b"World")),
    "chunked/http10-keep-alive": asked(
        ask("POST / HTTP/1.0", "Connection: keep-alive", CHUNKED) + chunks(b"World")
    ),
    "chunked/extension-empty": asked(ask("POST /", CHUNKED) + b"5;\r\nWorld\r\n0\r\n\r\n"),
    "chunked/extension-odd-bytes": asked(
        ask("POST /", CHUNKED) + b"5;\x00\x01\xff\r\nWorld\r\n0\r\n\r\n"
    ),
    "chunked/extension-4000": asked(
        ask("POST /", CHUNKED) + b"5;" + b"a" * 4000 + b"\r\nWorld\r\n0\r\n\r\n"
    ),
    "chunked/trailing-tab": asked(ask("POST /", CHUNKED) + b"5\t\r\nWorld\r\n0\r\n\r\n"),
    "chunked/leading-space": asked(ask("POST /", CHUNKED) + b" 5\r\nWorld\r\n0\r\n\r\n"),
    "chunked/size-plus": asked(ask("POST /", CHUNKED) + b"+5\r\nWorld\r\n0\r\n\r\n"),
    "chunked/size-minus": asked(ask("POST /", CHUNKED) + b"-5\r\nWorld\r\n0\r\n\r\n"),
    "chunked/size-minus-zero": asked(ask("POST /", CHUNKED) + b"5\r\nWorld\r\n-0\r\n\r\n"),
    "chunked/size-letter": asked(ask("POST /", CHUNKED) + b"g\r\nWorld\r\n0\r\n\r\n"),
    "chunked/size-empty": asked(ask("POST /", CHUNKED) + b"\r\nWorld\r\n0\r\n\r\n"),
    "chunked/size-empty-with-extension": asked(
        ask("POST /", CHUNKED) + b";a=b\r\nWorld\r\n0\r\n\r\n"
    ),
    "chunked/size-huge-17": asked(
        ask("POST /", CHUNKED) + b"10000000000000000\r\nWorld\r\n0\r\n\r\n"
    ),
    "chunked/size-huge-16-half-close": asked(
        ask("POST /", CHUNKED) + b"FFFFFFFFFFFFFFFF\r\nWorld\r\n", Fin()
    ),
    "chunked/size-int63-half-close": asked(
        ask("POST /", CHUNKED) + b"7FFFFFFFFFFFFFFF\r\nWorld\r\n", Fin()
    ),
    "chunked/lf-after-size": asked(ask("POST /", CHUNKED) + b"5\nWorld\r\n0\r\n\r\n"),
    "chunked/lf-everywhere": asked(ask("POST /", CHUNKED) + b"5\nWorld\n0\n\n"),
    "chunked/lf-after-last-size": asked(ask("POST /", CHUNKED) + b"5\r\nWorld\r\n0\n\r\n"),
    "chunked/lf-at-end": asked(Pause(0.25), ask("POST /", CHUNKED) + b"5\r\nWorld\r\n0\r\n\n"),
    "chunked/cr-after-size": asked(ask("POST /", CHUNKED) + b"5\rWorld\r\n0\r\n\r\n"),
    "chunked/data-too-short": asked(ask("POST /", CHUNKED) + b"6\r\nWorld\r\n0\r\n\r\n"),
    "chunked/missing-final-crlf-half-close": asked(
        ask("POST /", CHUNKED) + b"5\r\nWorld\r\n0\r\n", Fin()
    ),
    "chunked/bad-http11-close": asked(ask("POST /", "Connection: close", CHUNKED) + b"zz\r\n"),
    "chunked/trailer": asked(ask("POST /", CHUNKED) + chunks(b"World", end=b"0\r\nX-T: v\r\n\r\n")),
    "chunked/trailer-many": asked(
        ask("POST /", CHUNKED)
        + chunks(b"World", end=b"0\r\n" + b"".join(b"X-%d: v\r\n" % i for i in range(50)) + b"\r\n")
    ),
    "chunked/trailer-501": asked(
        ask("POST /", CHUNKED)
        + chunks(b"World", end=b"0\r\n" + b"".join(b"a:\r\n" for i in range(501)) + b"\r\n")
    ),
    "chunked/trailer-500": asked(
        ask("POST /", CHUNKED)
        + chunks(b"World", end=b"0\r\n" + b"".join(b"a:\r\n" for i in range(500)) + b"\r\n")
    ),
    "chunked/trailer-bad-line": asked(
        ask("POST /", CHUNKED) + chunks(b"World", end=b"0\r\nnonsense\r\n\r\n")
    ),
    "chunked/trailer-bad-name": asked(
        ask("POST /", CHUNKED) + chunks(b"World", end=b"0\r\nX(T): v\r\n\r\n")
    ),
    "chunked/trailer-bad-value": asked(
        ask("POST /", CHUNKED) + chunks(b"World", end=b"0\r\nX-T: a\x01b\r\n\r\n")
    ),
    "chunked/trailer-content-length": asked(
        ask("POST /", CHUNKED) + chunks(b"World", end=b"0\r\nContent-Length: 3\r\n\r\n")
    ),
    "chunked/trailer-declared-without-chunked": asked(
        post(b"World", "/", "Trailer: Content-Length")
    ),
    "chunked/then-request": asked(
        ask("POST /", CHUNKED) + chunks(b"World") + ask("GET /goodbye"), finals=2
    ),
    "chunked/te-upper": asked(ask("POST /", "TRANSFER-ENCODING: CHUNKED") + chunks(b"World")),
    "chunked/te-gzip-chunked": asked(
        ask("POST /", "Transfer-Encoding: gzip, chunked") + chunks(b"World")
    ),
    "chunked/te-gzip-and-chunked-headers": asked(
        ask("POST /", "Transfer-Encoding: gzip", "Transfer-Encoding: chunked") + chunks(b"World")
    ),
    "chunked/te-identity-chunked": asked(
        ask("POST /", "Transfer-Encoding: identity, chunked") + chunks(b"World")
    ),
    "chunked/te-unknown-get": asked(ask("GET /goodbye", "Transfer-Encoding: x")),
    "chunked/te-unknown-http10": asked(ask("GET /goodbye HTTP/1.0", "Transfer-Encoding: x")),
    "chunked/te-unknown-head": asked(ask("HEAD /", "Transfer-Encoding: x")),
}
