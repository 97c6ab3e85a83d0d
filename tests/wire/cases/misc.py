"""Bytes that are not HTTP."""

from __future__ import annotations

from tests.wire.asking import ask
from tests.wire.steps import asked

CASES = {
    "misc/tls-client-hello": asked(
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + bytes(range(160))
    ),
    "misc/zeros-with-newline": asked(b"\x00" * 100 + b"\n"),
    "misc/only-lf": asked(b"\n"),
    "misc/only-spaces": asked(b"   \r\n\r\n"),
    "misc/rtsp": asked(b"OPTIONS / RTSP/1.0\r\n\r\n"),
    "misc/smtp": asked(b"EHLO parity.test\r\n"),
    "misc/redis": asked(b"*1\r\n$4\r\nPING\r\n"),
    "misc/proxy-protocol": asked(b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n" + ask("GET /goodbye")),
    "misc/response-as-request": asked(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    "misc/newlines-2000": asked(b"\r\n" * 2000),
    "misc/utf8-bom-before-request": asked(
        b"\xef\xbb\xbfGET / HTTP/1.1\r\nHost: parity.test\r\n\r\n"
    ),
    "misc/curl-like": asked(
        ask("GET /goodbye", "User-Agent: curl/8.5.0", "Accept: */*", host="127.0.0.1:9090")
    ),
    "misc/ab-like": asked(
        b"GET /goodbye HTTP/1.0\r\nConnection: Keep-Alive\r\nHost: 127.0.0.1\r\n"
        b"User-Agent: ApacheBench/2.3\r\nAccept: */*\r\n\r\n"
    ),
}
