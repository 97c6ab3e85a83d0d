"""When a connection is kept, and what may follow on it."""

from __future__ import annotations

from dataclasses import replace

from tests.wire.answers import BAD_REQUEST, BYEE, OOPS, closing, hello
from tests.wire.asking import CHUNKED, ask, chunks, fill, post
from tests.wire.play import Seen, agree
from tests.wire.steps import Drip, Fin, Pause, Wait, case

HELLO = hello()
WORLD = hello(b"World")
LAST = closing(HELLO)
KEPT = replace(HELLO, keep_alive=True)
WEBSOCKET = ("Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: eA==")


def old(*connection: str) -> bytes:
    """A request of HTTP/1.0 with these Connection headers."""
    return ask("GET / HTTP/1.0", *[f"Connection: {value}" for value in connection])


def new(*connection: str) -> bytes:
    """A request of HTTP/1.1 with these Connection headers."""
    return ask("GET /", *[f"Connection: {value}" for value in connection])


CASES = {
    # Connection.
    "HTTP/1.1 keeps": case(new(), gets=HELLO),
    "close": case(new("close"), gets=LAST),
    "close in capitals": case(new("CLOSE"), gets=LAST),
    "close in a list": case(new("x, close"), gets=LAST),
    "close in a second header": case(new("keep-alive", "close"), gets=LAST),
    "close beside keep-alive": case(new("keep-alive, close"), gets=LAST),
    "a word that begins with close": case(new("closed"), gets=HELLO),
    "close with a parameter": case(new("x;close"), gets=HELLO),
    "keep-alive": case(new("keep-alive"), gets=HELLO),
    "HTTP/1.0 closes": case(old(), gets=LAST),
    "HTTP/1.0 keeps if asked": case(old("keep-alive"), gets=KEPT),
    "HTTP/1.0 keeps in any case, in a list": case(old("x, Keep-Alive"), gets=KEPT),
    "HTTP/1.0 twice": case(old("keep-alive") + old("keep-alive"), gets=[KEPT, KEPT]),
    "HTTP/1.0 does not keep for something else": case(old("upgrade"), gets=LAST),
    "HTTP/1.0 with a chunked coding has no body": case(ask("POST / HTTP/1.0", CHUNKED), gets=LAST),
    # An upgrade that nobody takes is ignored.
    "a WebSocket upgrade": case(ask("GET /goodbye", "Connection: Upgrade", *WEBSOCKET), gets=BYEE),
    "an upgrade with a body": case(
        post(b"World", "/", "Connection: Upgrade", "Upgrade: websocket"), gets=WORLD
    ),
    "an upgrade to HTTP/2": case(
        ask("GET /", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AA"),
        gets=HELLO,
    ),
    # Several requests.
    "a pipeline is answered in order": case(
        ask("GET /") + post(b"World") + ask("GET /goodbye"), gets=[HELLO, WORLD, BYEE]
    ),
    "a hundred requests at once": case(
        b"".join(post(b"%d" % number) for number in range(100)),
        gets=[hello(b"%d" % number) for number in range(100)],
    ),
    "a large answer in a pipeline": case(
        post(fill(100_000)) + ask("GET /goodbye"),
        gets=[replace(hello(fill(100_000)), framing="chunked"), BYEE],
    ),
    "nothing is served behind close": case(new("close") + ask("GET /goodbye"), gets=LAST),
    "one after another": case(
        ask("GET /"),
        Wait(1),
        Pause(0.1),
        ask("GET /goodbye"),
        Wait(2),
        post(b"World"),
        gets=[HELLO, BYEE, WORLD],
    ),
    "a request in many packets": case(Drip(post(b"World"), 0.001), gets=WORLD),
    # Line ends between requests.
    "a line end behind a POST is skipped": case(
        post(b"World") + b"\r\n" + ask("GET /goodbye"), gets=[WORLD, BYEE]
    ),
    "four bytes behind a POST are skipped": case(
        post(b"World") + b"\r\n\r\n" + ask("GET /goodbye"), gets=[WORLD, BYEE]
    ),
    "six bytes behind a POST are not": case(
        post(b"World") + b"\r\n\r\n\r\n" + ask("GET /goodbye"), gets=[WORLD, BAD_REQUEST]
    ),
    "six bytes behind a POST that come apart are not": case(
        post(b"World"),
        Wait(1),
        b"\r\n",
        Pause(0.1),
        b"\r\n\r\n" + ask("GET /goodbye"),
        gets=[WORLD, BAD_REQUEST],
    ),
    "a line end behind a GET is not": case(
        ask("GET /") + b"\r\n" + ask("GET /goodbye"), gets=[HELLO, BAD_REQUEST]
    ),
    "a line end behind a PUT is not": case(
        ask("PUT /") + b"\r\n" + ask("GET /goodbye"), gets=[HELLO, BAD_REQUEST]
    ),
    # The client closes its side.
    "a request, then its end": case(ask("GET /goodbye"), Fin(), gets=BYEE, kept=False),
    "a pipeline, then its end": case(
        ask("GET /") + post(b"World") + ask("GET /goodbye"),
        Fin(),
        gets=[HELLO, WORLD, BYEE],
        kept=False,
    ),
    "the last of a body, a request, then its end": case(
        ask("POST /", CHUNKED) + b"5\r\nWor",
        Pause(0.1),
        b"ld\r\n0\r\n\r\n" + ask("GET /goodbye"),
        Fin(),
        gets=[WORLD, BYEE],
        kept=False,
    ),
    "the end at once": case(Fin(), kept=False),
    "the end between requests": case(ask("GET /"), Wait(1), Fin(), gets=HELLO, kept=False),
    "the end within a request line": case(b"GE", Fin(), gets=BAD_REQUEST),
    "the end within the headers": case(b"GET / HTTP/1.1\r\nHost: a\r\n", Fin(), gets=BAD_REQUEST),
    "the end within a chunk": case(ask("POST /", CHUNKED) + b"a\r\nWorld", Fin(), gets=OOPS),
    "the end within a body": case(
        ask("POST /", "Content-Length: 9") + b"World",
        Fin(),
        gets=replace(OOPS, close=False),
        kept=False,
    ),
    "the end within a body that nobody reads": case(
        ask("POST /goodbye", "Content-Length: 9") + b"World", Fin(), gets=closing(BYEE)
    ),
    "chunks, then the end, and nobody reads": case(
        ask("POST /goodbye", CHUNKED) + chunks(b"World", end=b""), Fin(), gets=closing(BYEE)
    ),
}


def test_a_connection_goes_on_or_ends_as_in_go(name: str, seen: dict[str, Seen]) -> None:
    """Every case is answered, and its connection kept or closed, as by the Go program."""
    agree(CASES[name], seen[name])
