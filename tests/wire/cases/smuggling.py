"""Framings that two servers could read differently."""

from __future__ import annotations

from tests.wire.asking import CHUNKED, ask, chunks, post
from tests.wire.steps import Fin, asked

CASES = {
    "smuggling/cl-te": asked(
        ask("POST /", "Content-Length: 6", "Transfer-Encoding: chunked") + b"0\r\n\r\nG",
        b"ET /goodbye HTTP/1.1\r\nHost: parity.test\r\n\r\n",
    ),
    "smuggling/cl-te-body": asked(
        ask("POST /", "Content-Length: 3", "Transfer-Encoding: chunked") + chunks(b"World")
    ),
    "smuggling/te-cl-nested-request": asked(
        ask("POST /", "Content-Length: 4", "Transfer-Encoding: chunked")
        + chunks(b"POST /goodbye HTTP/1.1\r\nContent-Length: 15\r\n\r\nx=1")
    ),
    "smuggling/te-with-zero-length": asked(
        ask("POST /", "Content-Length: 0", "Transfer-Encoding: chunked") + chunks(b"World")
    ),
    "smuggling/te-with-bad-length": asked(
        ask("POST /", "Content-Length: x", "Transfer-Encoding: chunked") + chunks(b"World")
    ),
    "smuggling/te-with-empty-length": asked(
        ask("POST /", "Content-Length:", "Transfer-Encoding: chunked") + chunks(b"World")
    ),
    "smuggling/te-te-unknown-last": asked(
        ask("POST /", "Transfer-Encoding: chunked", "Transfer-Encoding: x", "Content-Length: 5")
        + b"World"
    ),
    "smuggling/te-tab-before-colon": asked(post(b"World", "/", "Transfer-Encoding\t: chunked")),
    "smuggling/te-folded": asked(
        ask("POST /", "Transfer-Encoding:\r\n chunked") + chunks(b"World")
    ),
    "smuggling/te-vertical-tab": asked(
        ask("POST /", b"Transfer-Encoding: \x0bchunked", "Content-Length: 5") + b"World"
    ),
    "smuggling/te-nul": asked(
        ask("POST /", b"Transfer-Encoding: chunked\x00", "Content-Length: 5") + b"World"
    ),
    "smuggling/te-bare-cr": asked(
        ask("POST /", b"Transfer-Encoding: chunked\r", "Content-Length: 5") + b"World"
    ),
    "smuggling/te-underscore": asked(post(b"World", "/", "Transfer_Encoding: chunked")),
    "smuggling/te-long-s": asked(
        ask("POST /", "Transfer-Encoding: chun\u212aed".encode(), "Content-Length: 5") + b"World"
    ),
    "smuggling/te-non-breaking-space": asked(
        ask("POST /", b"Transfer-Encoding: chunked\xa0", "Content-Length: 5") + b"World"
    ),
    "smuggling/cl-space-before-colon": asked(post(b"World", "/", "Content-Length : 0")),
    "smuggling/cl-vertical-tab": asked(ask("POST /", b"Content-Length: 5\x0b") + b"World"),
    "smuggling/cl-non-breaking-space": asked(ask("POST /", b"Content-Length: 5\xa0") + b"World"),
    "smuggling/zero-cl-head": asked(
        ask("HEAD /", "Content-Length: 34")
        + b"GET /goodbye HTTP/1.1\r\nHost: a\r\n\r\n"
        + ask("GET /"),
        methods="HEAD GET",
    ),
    "smuggling/te-http10-keep-alive": asked(
        ask(
            "POST / HTTP/1.0",
            "Connection: keep-alive",
            "Transfer-Encoding: chunked",
            "Content-Length: 15",
        )
        + chunks(b"World")
    ),
    "smuggling/te-http10-no-length": asked(
        ask("POST / HTTP/1.0", "Connection: keep-alive", "Transfer-Encoding: chunked")
        + chunks(b"World")
    ),
    "smuggling/chunk-size-overflow": asked(
        ask("POST /", CHUNKED) + b"100000000000000005\r\nWorld\r\n0\r\n\r\n"
    ),
    "smuggling/chunk-size-overflow-32": asked(
        ask("POST /", CHUNKED) + b"100000005\r\nWorld\r\n0\r\n\r\n", Fin()
    ),
    "smuggling/chunk-ext-lf-hides-request": asked(
        ask("POST /", CHUNKED)
        + b"2;\nxx\r\n3b\r\nGET /goodbye HTTP/1.1\r\nHost: a\r\n\r\n0\r\n\r\n"
    ),
    "smuggling/chunk-terminator-lf": asked(ask("POST /", CHUNKED) + b"5\r\nWorld\n\n0\r\n\r\n"),
    "smuggling/chunk-terminator-lf-cr": asked(ask("POST /", CHUNKED) + b"5\r\nWorld\n\r0\r\n\r\n"),
    "smuggling/trailer-transfer-encoding": asked(
        ask("POST /", CHUNKED) + chunks(b"World", end=b"0\r\nTransfer-Encoding: x\r\n\r\n")
    ),
    "smuggling/expect-obfuscated": asked(post(b"World", "/", "Expect: y 100-continue")),
    "smuggling/hidden-second-host": asked(ask("GET /", "X: y\r\n Host: evil.test")),
}
