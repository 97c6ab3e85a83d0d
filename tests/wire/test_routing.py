"""Which handler answers, and what is redirected to its clean path."""

from __future__ import annotations

from dataclasses import replace

from tests.wire.answers import (
    BAD_REQUEST,
    BYEE,
    HTML,
    TEXT,
    Answer,
    closing,
    hello,
    redirect,
)
from tests.wire.asking import CHUNKED, ask, chunks, fill, post
from tests.wire.play import Seen, agree
from tests.wire.steps import case

HELLO = hello()
EMPTY = Answer(200)
TUNNEL = replace(HELLO, framing="close")
NOT_FOUND = Answer(404, b"404 page not found\n", TEXT, close=True)

CASES = {
    # Any method is served on every path.
    "a method that nobody knows": case(ask("BREW /"), gets=HELLO),
    "a method in lower case": case(ask("get /goodbye"), gets=BYEE),
    "a method of digits": case(ask("4711 /"), gets=HELLO),
    "a method with every token character": case(ask("!#$%&'*+-.^_`|~ /"), gets=HELLO),
    "PUT on goodbye": case(ask("PUT /goodbye", "Content-Length: 1") + b"x", gets=BYEE),
    "TRACE is not echoed": case(ask("TRACE /", "X-Secret: 1"), gets=HELLO),
    "OPTIONS on a path is its handler's": case(ask("OPTIONS /goodbye"), gets=BYEE),
    # Goodbye is one path, and only after decoding; everything else is Hello's.
    "goodbye": case(ask("GET /goodbye"), gets=BYEE),
    "goodbye with a query": case(ask("GET /goodbye?x=1"), gets=BYEE),
    "goodbye percent-encoded": case(ask("GET /%67oodb%79e"), gets=BYEE),
    "goodbye with a slash": case(ask("GET /goodbye/"), gets=HELLO),
    "goodbye with a path parameter": case(ask("GET /goodbye;v=1"), gets=HELLO),
    "goodbye with a capital": case(ask("GET /Goodbye"), gets=HELLO),
    "goodbye with a fragment": case(ask("GET /goodbye#f"), gets=HELLO),
    "any other path": case(ask("GET /a/b/c"), gets=HELLO),
    "another host": case(ask("GET /goodbye", host="elsewhere:1"), gets=BYEE),
    # A path that cleaning changes is redirected.
    "two slashes": case(ask("GET //goodbye"), gets=redirect("/goodbye")),
    "a dot": case(ask("GET /./goodbye"), gets=redirect("/goodbye")),
    "two dots": case(ask("GET /a/../goodbye"), gets=redirect("/goodbye")),
    "two dots above the root": case(ask("GET /../../a"), gets=redirect("/a")),
    "two dots at the end": case(ask("GET /a/b/.."), gets=redirect("/a")),
    "the last slash is kept": case(ask("GET /a//b/"), gets=redirect("/a/b/")),
    "the query is kept raw": case(
        ask("GET //a?x=//b&y=%zz"),
        gets=redirect("/a?x=//b&y=%zz", "/a?x=//b&amp;y=%zz"),
    ),
    "an empty query is dropped": case(ask("GET //a?"), gets=redirect("/a")),
    "the body is HTML-escaped": case(
        ask("GET //a?<>'\"&"), gets=redirect("/a?<>'\"&", "/a?&lt;&gt;&#39;&#34;&amp;")
    ),
    "encoded dots are left alone": case(ask("GET /a/%2e%2e/b"), gets=HELLO),
    "an encoded slash is left alone": case(ask("GET /a%2F%2Fb"), gets=HELLO),
    "a redirected path keeps its encoding": case(
        ask("GET //a%3Fb%20c"), gets=redirect("/a%3Fb%20c")
    ),
    "HEAD is redirected without a length": case(
        ask("HEAD //a"), gets=Answer(307, b"", HTML, "/a", framing="none")
    ),
    "POST is redirected without a body": case(post(b"x", "//a"), gets=Answer(307, location="/a")),
    "a chunked POST is redirected": case(
        ask("POST //a", CHUNKED) + chunks(b"x"), gets=Answer(307, location="/a")
    ),
    "another method is redirected without a body": case(
        ask("BREW //a"), gets=Answer(307, location="/a")
    ),
    # The other forms of a target.
    "absolute form": case(ask("GET http://b.test/goodbye"), gets=BYEE),
    "absolute form, another scheme": case(ask("GET ftp://b.test/goodbye"), gets=BYEE),
    "absolute form without a path": case(ask("GET http://b.test"), gets=redirect("/")),
    "absolute form with a query only": case(ask("GET http://b.test?x"), gets=redirect("/?x")),
    "absolute form, its path cleaned": case(ask("GET http://b.test//a"), gets=redirect("/a")),
    "absolute form with an empty zone": case(ask("GET http://[::1%25]/"), gets=BAD_REQUEST),
    "an opaque target": case(ask("GET http:goodbye"), gets=redirect("/")),
    "a mail address": case(ask("GET mailto:someone"), gets=redirect("/")),
    "a host and port": case(ask("GET a.test:80"), gets=redirect("/")),
    "a host alone": case(ask("GET a.test"), gets=BAD_REQUEST),
    "a relative path": case(ask("GET ./goodbye"), gets=BAD_REQUEST),
    # The asterisk.
    "OPTIONS *": case(ask("OPTIONS *"), gets=EMPTY),
    "OPTIONS * reads up to 4096 bytes": case(
        ask("OPTIONS *", "Content-Length: 4096") + fill(4096), gets=EMPTY
    ),
    "OPTIONS * does not read more": case(
        ask("OPTIONS *", "Content-Length: 20000") + fill(20000), gets=closing(EMPTY)
    ),
    "GET *": case(ask("GET *"), gets=Answer(400, close=True)),
    "POST *": case(post(b"x", "*"), gets=Answer(400, close=True)),
    "CONNECT *": case(ask("CONNECT *"), gets=Answer(400, close=True)),
    # CONNECT is not cleaned, and its answer ends with the connection.
    "CONNECT to a path": case(ask("CONNECT /goodbye"), gets=replace(BYEE, framing="close")),
    "CONNECT to a path that is not clean": case(ask("CONNECT //goodbye"), gets=TUNNEL),
    "CONNECT to a host": case(ask("CONNECT b.test:443"), gets=NOT_FOUND),
    "CONNECT without Host": case(ask("CONNECT b.test:443", host=None), gets=NOT_FOUND),
    "CONNECT to nothing": case(ask("CONNECT "), gets=NOT_FOUND),
    "CONNECT to a bad port": case(ask("CONNECT b.test:x"), gets=BAD_REQUEST),
}


def test_a_request_is_routed_as_in_go(name: str, seen: dict[str, Seen]) -> None:
    """Every case is answered as the Go program answers it, and keeps or closes as it does."""
    agree(CASES[name], seen[name])
