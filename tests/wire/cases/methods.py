"""Methods: which are served, and which are refused."""

from __future__ import annotations

from tests.wire.asking import ask, post
from tests.wire.steps import asked

CASES = {
    "methods/post-root": asked(post(b"World")),
    "methods/post-empty-body": asked(post(b"")),
    "methods/post-without-length": asked(ask("POST /")),
    "methods/put-without-length": asked(ask("PUT /")),
    "methods/patch-root": asked(ask("PATCH /", "Content-Length: 5") + b"World"),
    "methods/delete-root": asked(ask("DELETE /")),
    "methods/delete-with-body": asked(ask("DELETE /", "Content-Length: 5") + b"World"),
    "methods/trace-root": asked(ask("TRACE /", "X-Echo: no")),
    "methods/get-with-body": asked(ask("GET /", "Content-Length: 5") + b"World"),
    "methods/head-with-body": asked(ask("HEAD /", "Content-Length: 5") + b"World"),
    "methods/head-goodbye": asked(ask("HEAD /goodbye")),
    "methods/put-goodbye": asked(ask("PUT /goodbye", "Content-Length: 5") + b"World"),
    "methods/patch-goodbye": asked(ask("PATCH /goodbye", "Content-Length: 5") + b"World"),
    "methods/delete-goodbye": asked(ask("DELETE /goodbye")),
    "methods/options-goodbye": asked(ask("OPTIONS /goodbye")),
    "methods/trace-goodbye": asked(ask("TRACE /goodbye")),
    "methods/propfind": asked(ask("PROPFIND /")),
    "methods/m-search": asked(ask("M-SEARCH /")),
    "methods/lower-case-get": asked(ask("get /")),
    "methods/mixed-case-post": asked(ask("Post /", "Content-Length: 5") + b"World"),
    "methods/digits": asked(ask("4711 /")),
    "methods/one-letter": asked(ask("X /goodbye")),
    "methods/connect-path": asked(ask("CONNECT /")),
    "methods/connect-goodbye": asked(ask("CONNECT /goodbye")),
    "methods/connect-with-body": asked(ask("CONNECT /", "Content-Length: 5") + b"World"),
    "methods/connect-without-host": asked(ask("CONNECT parity.test:443", host=None)),
    "methods/connect-http10": asked(ask("CONNECT / HTTP/1.0")),
    "methods/connect-bad-port": asked(ask("CONNECT parity.test:port")),
    "methods/invalid-paren": asked(ask("GE(T /")),
    "methods/invalid-at": asked(ask("G@T /")),
    "methods/invalid-quote": asked(ask('"GET" /')),
    "methods/invalid-non-ascii": asked(ask(b"G\xc3\x89T /")),
    "methods/tab-separator": asked(b"GET\t/ HTTP/1.1\r\nHost: parity.test\r\n\r\n"),
    "methods/two-spaces": asked(b"GET  / HTTP/1.1\r\nHost: parity.test\r\n\r\n"),
    "methods/only-method": asked(b"GET\r\nHost: parity.test\r\n\r\n"),
}
