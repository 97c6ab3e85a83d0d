"""Paths, their cleaning, and the redirects to clean ones."""

from __future__ import annotations

from tests.wire.asking import CHUNKED, ask, chunks, post
from tests.wire.steps import asked

CASES = {
    "mux/goodbye-trailing-slash": asked(ask("GET /goodbye/")),
    "mux/goodbye-prefix": asked(ask("GET /goodbyes")),
    "mux/goodbye-capital": asked(ask("GET /Goodbye")),
    "mux/goodbye-upper": asked(ask("GET /GOODBYE")),
    "mux/goodbye-query": asked(ask("GET /goodbye?x=1&y=2")),
    "mux/goodbye-empty-query": asked(ask("GET /goodbye?")),
    "mux/goodbye-double-trailing-slash": asked(ask("GET /goodbye//")),
    "mux/goodbye-dot": asked(ask("GET /./goodbye")),
    "mux/goodbye-then-dotdot-slash": asked(ask("GET /goodbye/../")),
    "mux/many-slashes-root": asked(ask("GET //////")),
    "mux/dot-file": asked(ask("GET /.hidden")),
    "mux/dot-inside": asked(ask("GET /a/./b")),
    "mux/dotdot-slash-at-end": asked(ask("GET /a/b/../")),
    "mux/redirect-query": asked(ask("GET //goodbye?x=1&y=2")),
    "mux/redirect-query-empty": asked(ask("GET //goodbye?")),
    "mux/redirect-query-html": asked(ask("GET /a/../goodbye?x=<y>&z='q'\"r\"")),
    "mux/redirect-query-raw-bytes": asked(ask(b"GET //goodbye?n=\xc3\xa9")),
    "mux/redirect-fragment": asked(ask("GET //goodbye#f")),
    "mux/redirect-post": asked(post(b"World", "//goodbye")),
    "mux/redirect-post-chunked": asked(ask("POST /a/../b", CHUNKED) + chunks(b"World")),
    "mux/redirect-put": asked(ask("PUT /./goodbye", "Content-Length: 5") + b"World"),
    "mux/redirect-custom-method": asked(ask("BREW //goodbye")),
    "mux/redirect-http10-keep-alive": asked(
        ask("GET //goodbye HTTP/1.0", "Connection: keep-alive")
    ),
    "mux/redirect-percent-utf8": asked(ask("GET //caf%C3%A9")),
    "mux/redirect-percent-invalid-utf8": asked(ask("GET //%ff")),
    "mux/redirect-percent-question-mark": asked(ask("GET //a%3Fb")),
    "mux/redirect-percent-hash": asked(ask("GET //a%23b")),
    "mux/redirect-percent-percent": asked(ask("GET //a%2541")),
    "mux/redirect-percent-newline": asked(ask("GET //a%0d%0ab")),
    "mux/redirect-html-characters": asked(ask("GET //<a>&\"'")),
    "mux/redirect-sub-delims": asked(ask("GET //!$&'()*+,;=:@[]~")),
    "mux/redirect-colon-first": asked(ask("GET //a:b/c")),
    "mux/encoded-dotdot": asked(ask("GET /a/%2e%2e/goodbye")),
    "mux/encoded-dotdot-root": asked(ask("GET /%2E%2E")),
    "mux/encoded-slash-dotdot": asked(ask("GET /a%2f..%2fgoodbye")),
    "mux/encoded-slash-trailing": asked(ask("GET /goodbye%2f")),
    "mux/encoded-slash-double": asked(ask("GET /a%2F%2Fb")),
    "mux/encoded-backslash": asked(ask("GET /..%5cgoodbye")),
    "mux/connect-double-slash": asked(ask("CONNECT //goodbye")),
    "mux/connect-authority-dirty-path": asked(ask("CONNECT parity.test//a/../goodbye")),
    "mux/host-does-not-matter": asked(ask("GET /goodbye", host="goodbye")),
    "mux/host-port": asked(ask("GET /goodbye", host="parity.test:9090")),
    "mux/absolute-dirty": asked(ask("GET http://parity.test/a/../goodbye?x=1")),
}
