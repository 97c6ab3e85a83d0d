"""The echo of a body: framing and content type of the answer."""

from __future__ import annotations

from tests.wire.asking import CHUNKED, ask, chunks, fill, post
from tests.wire.steps import asked

CASES = {
    "bodies/size-0": asked(post(fill(0))),
    "bodies/size-2040": asked(post(fill(2040))),
    "bodies/size-2041": asked(post(fill(2041))),
    "bodies/size-2042": asked(post(fill(2042))),
    "bodies/size-4096": asked(post(fill(4096))),
    "bodies/size-1m": asked(post(fill(1 << 20))),
    "bodies/chunked-2041": asked(ask("POST /", CHUNKED) + chunks(fill(2041))),
    "bodies/chunked-2042": asked(ask("POST /", CHUNKED) + chunks(fill(2042))),
    "bodies/head-2041": asked(ask("HEAD /", "Content-Length: 2041") + fill(2041)),
    "bodies/head-2042": asked(ask("HEAD /", "Content-Length: 2042") + fill(2042)),
    "bodies/head-65536": asked(ask("HEAD /", "Content-Length: 65536") + fill(65536)),
    "bodies/http10-2042": asked(ask("POST / HTTP/1.0", "Content-Length: 2042") + fill(2042)),
    "bodies/http10-2041-keep-alive": asked(
        ask("POST / HTTP/1.0", "Connection: keep-alive", "Content-Length: 2041") + fill(2041)
    ),
    "bodies/goodbye-ignores-body": asked(post(fill(50000), "/goodbye")),
    "bodies/utf8": asked(post("grüße, мир".encode())),
    "bodies/binary-nul": asked(post(b"\x00")),
    "bodies/binary-all-bytes": asked(post(bytes(range(256)))),
    "bodies/binary-control-0b": asked(post(b"a\x0bb")),
    "bodies/text-control-1b": asked(post(b"a\x1bb")),
    "bodies/text-form-feed": asked(post(b"a\x0cb")),
    "bodies/binary-at-511": asked(post(b"a" * 505 + b"\x00" + b"b" * 50)),
    "bodies/binary-chunked-request": asked(
        ask("POST /", CHUNKED) + chunks(b"abc", b"\x01\x02", b"def")
    ),
    "bodies/looks-like-html": asked(post(b"<html><body>x</body></html>")),
    "bodies/looks-like-pdf": asked(post(b"%PDF-1.7\n")),
    "bodies/format-directives": asked(post(b"%s %d %v %% {} \\n")),
    "bodies/only-newline": asked(post(b"\n")),
    "bodies/looks-like-request": asked(post(b"GET /goodbye HTTP/1.1\r\nHost: a\r\n\r\n")),
    "bodies/content-encoding-kept": asked(
        post(b"\x1f\x8bnot really", "/", "Content-Encoding: gzip")
    ),
    "bodies/content-type-not-echoed": asked(post(b"x", "/", "Content-Type: image/png")),
}
