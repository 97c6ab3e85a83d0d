"""What happens when a deadline passes. The cases wait side by side."""

from __future__ import annotations

from dataclasses import replace

from tests.wire.answers import BAD_REQUEST, BYEE, CONTINUE, OOPS, Answer, closing, hello
from tests.wire.asking import CHUNKED, ask, fill, post
from tests.wire.play import Seen, agree
from tests.wire.steps import Drip, Fin, Pause, Wait, case

HELLO = hello()
LATE_BODY = (Pause(0.25), ask("POST /", "Content-Length: 5"))
UNREAD = (Pause(0.25), ask("POST /goodbye", "Content-Length: 5"))
CUT = Answer(200, b"", HELLO.type, framing="chunked", cut=True)

CASES = {
    # The read deadline, one second from the connect, and headers that are not there by then.
    "nothing": case(closed_at=1),
    "headers that do not end": case(b"GET / HTTP/1.1\r\nHost: a\r\n", closed_at=1),
    "headers that drip": case(
        # In a value, where it makes no difference which byte the deadline finds.
        b"GET / HTTP/1.1\r\nX: ",
        Drip(b"a" * 60, 0.03),
        closed_at=1,
    ),
    "a request line that is wrong so far": case(b"GET / HT", gets=BAD_REQUEST, closed_at=1),
    "a header line without its colon": case(
        b"GET / HTTP/1.1\r\nHost", gets=BAD_REQUEST, closed_at=1
    ),
    "a header line with its colon": case(b"GET / HTTP/1.1\r\nHost: a.te", closed_at=1),
    "a header line with a bad character": case(
        b"GET / HTTP/1.1\r\nX: \0\r\n", gets=BAD_REQUEST, closed_at=1
    ),
    "a header line without its name": case(
        b"GET / HTTP/1.1\r\n: x\r\n", gets=BAD_REQUEST, closed_at=1
    ),
    "a first byte that is late": case(Pause(1.3), ask("GET /"), closed_at=1),
    "headers in time": case(
        b"GET /goodbye HTTP/1.1\r\n", Pause(0.7), b"Host: a\r\n\r\n", gets=BYEE
    ),
    # The same deadline, and a body that is not there by then.
    "no body": case(*LATE_BODY, gets=OOPS, closed_at=1),
    "half a body": case(*LATE_BODY, b"Wo", gets=OOPS, closed_at=1),
    "a body that is late": case(*LATE_BODY, Pause(1.1), b"World", gets=OOPS),
    "a body in time": case(*LATE_BODY, Pause(0.4), b"World", gets=hello(b"World")),
    "half a chunk": case(Pause(0.25), ask("POST /", CHUNKED) + b"5\r\nWo", gets=OOPS, closed_at=1),
    "a body that was waited for": case(
        Pause(0.25),
        ask("POST /", "Expect: 100-continue", "Content-Length: 5"),
        gets=[CONTINUE, OOPS],
        closed_at=1,
    ),
    "HEAD and no body": case(
        Pause(0.25),
        ask("HEAD /", "Content-Length: 5"),
        gets=replace(OOPS, body=b"", framing="head of 5"),
        closed_at=1,
    ),
    "no body for Goodbye": case(*UNREAD, gets=closing(BYEE), closed_at=1),
    "no body for a redirect": case(
        Pause(0.25),
        ask("POST //a", "Content-Length: 5"),
        gets=Answer(307, location="/a", close=True),
        closed_at=1,
    ),
    # A connection that is kept.
    "three bytes do not start the deadline": case(
        ask("GET /"),
        Wait(1),
        b"GET",
        Pause(1.5),
        ask("GET /goodbye").removeprefix(b"GET"),
        gets=[HELLO, BYEE],
    ),
    "the fourth byte does": case(
        ask("GET /"),
        Wait(1),
        Pause(0.5),
        b"GET ",
        Pause(1.5),
        b"/goodbye HTTP/1.1\r\n",
        gets=[HELLO, BAD_REQUEST],
        closed_at=1.5,
    ),
    "line ends behind a POST count among the four": case(
        post(b"World"), Wait(1), b"\r\nGE", gets=[hello(b"World"), BAD_REQUEST], closed_at=1
    ),
    "a second request has its own second": case(
        ask("GET /"),
        Wait(1),
        Pause(1.2),
        b"GET /goodbye HTTP/1.1\r\n",
        Pause(0.7),
        b"Host: a\r\n\r\n",
        gets=[HELLO, BYEE],
    ),
    "a second body has its own second": case(
        ask("GET /"),
        Wait(1),
        Pause(1.2),
        ask("POST /", "Content-Length: 5"),
        Pause(0.6),
        b"World",
        gets=[HELLO, hello(b"World")],
    ),
    "an idle connection is kept": case(
        ask("GET /"), Wait(1), Pause(2.2), ask("GET /goodbye"), gets=[HELLO, BYEE]
    ),
    # The write deadline, one second from the headers.
    "a reader that is slow": case(
        post(fill(10 << 20)), Pause(1.8, reading=False), gets=CUT, kept=False
    ),
    "a reader that is slow, but in time": case(
        post(fill(4 << 20)),
        Pause(0.4, reading=False),
        gets=replace(hello(fill(4 << 20)), framing="chunked"),
    ),
    "an answer that fits in the network's buffers": case(
        post(fill(20_000)),
        Pause(1.5, reading=False),
        gets=replace(hello(fill(20_000)), framing="chunked"),
    ),
    "a client that closes its side and waits": case(
        b"GET / HTTP/1.1\r\n", Pause(0.3), Fin(), gets=BAD_REQUEST, closed_at=0.3
    ),
}


def test_a_deadline_passes_as_in_go(name: str, seen: dict[str, Seen]) -> None:
    """Every case is answered or cut when, and as, the Go program does it."""
    agree(CASES[name], seen[name])
