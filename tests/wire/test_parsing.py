"""What of a request's head is refused, and with which words."""

from __future__ import annotations

from tests.wire.answers import BAD_REQUEST, BYEE, Answer, closing, hello, refused
from tests.wire.asking import CHUNKED, ask, chunks, post
from tests.wire.play import Seen, agree
from tests.wire.steps import case

HELLO = hello()
MISSING_HOST = refused("400 Bad Request: missing required Host header")
MALFORMED_HOST = refused("400 Bad Request: malformed Host header")
INVALID_NAME = refused("400 Bad Request: invalid header name")
UNSUPPORTED_VERSION = refused(
    "505 HTTP Version Not Supported: unsupported protocol version", status=505
)
UNSUPPORTED_CODING = refused("Unsupported transfer encoding", status=501)
TOO_LARGE = refused("431 Request Header Fields Too Large", status=431)

LINE = b"GET /goodbye HTTP/1.1\r\nHost: a.test\r\nX: "
LIMIT = 1_052_672
TWO_TE = ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked")


def body(*headers: str | bytes, line: str = "POST /") -> bytes:
    """A request with these framing headers and the body World."""
    return ask(line, *headers) + b"World"


CASES = {
    # The request line.
    "version 1.2": case(ask("GET / HTTP/1.2"), gets=HELLO),
    "version 1.9": case(ask("GET / HTTP/1.9"), gets=HELLO),
    "version 0.9": case(ask("GET / HTTP/0.9"), gets=UNSUPPORTED_VERSION),
    "version 2.0": case(ask("GET / HTTP/2.0"), gets=UNSUPPORTED_VERSION),
    "version 3.0": case(ask("GET / HTTP/3.0"), gets=UNSUPPORTED_VERSION),
    "version without a minor number": case(ask("GET / HTTP/1"), gets=BAD_REQUEST),
    "version of two digits": case(ask("GET / HTTP/1.10"), gets=BAD_REQUEST),
    "version in lower case": case(b"GET / http/1.1\r\nHost: a\r\n\r\n", gets=BAD_REQUEST),
    "no version": case(b"GET /\r\n\r\n", gets=BAD_REQUEST),
    "another protocol": case(b"OPTIONS / RTSP/1.0\r\n\r\n", gets=BAD_REQUEST),
    "HTTP/2 without negotiation": case(
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", gets=Answer(400, close=True)
    ),
    "TLS on the plain port": case(b"\x16\x03\x01\x00\xa5\x01\n", gets=BAD_REQUEST),
    "a method that is no token": case(ask("GE(T /"), gets=BAD_REQUEST),
    "two blanks": case(ask("GET  / HTTP/1.1"), gets=BAD_REQUEST),
    "a blank before the version": case(ask("GET /  HTTP/1.1"), gets=BAD_REQUEST),
    "a blank behind the version": case(ask("GET / HTTP/1.1 "), gets=BAD_REQUEST),
    "a line end before the request": case(b"\r\n" + ask("GET /"), gets=BAD_REQUEST),
    # The target.
    "a control byte in the target": case(ask("GET /a\x01b"), gets=BAD_REQUEST),
    "DEL in the target": case(ask("GET /a\x7fb"), gets=BAD_REQUEST),
    "a blank in the target": case(ask("GET /a b HTTP/1.1"), gets=BAD_REQUEST),
    "a bad percent in the path": case(ask("GET /%zz"), gets=BAD_REQUEST),
    "a percent cut short": case(ask("GET /goodbye%2"), gets=BAD_REQUEST),
    "a bad percent in the query": case(ask("GET /goodbye?%zz"), gets=BYEE),
    "bytes above 127 in the target": case(ask(b"GET /caf\xc3\xa9"), gets=HELLO),
    # Host.
    "no Host": case(ask("GET /", host=None), gets=MISSING_HOST),
    "no Host, absolute target": case(ask("GET http://a.test/", host=None), gets=MISSING_HOST),
    "no Host on HTTP/1.0": case(ask("GET / HTTP/1.0", host=None), gets=closing(HELLO)),
    "an empty Host": case(ask("GET /", host=""), gets=HELLO),
    "two Hosts": case(ask("GET /", "Host: a.test"), gets=BAD_REQUEST),
    "two Hosts, absolute target": case(ask("GET http://a.test/", "Host: a.test"), gets=BAD_REQUEST),
    "two Hosts on HTTP/1.0": case(ask("GET / HTTP/1.0", "Host: b"), gets=BAD_REQUEST),
    "a slash in Host": case(ask("GET /", host="a/b"), gets=MALFORMED_HOST),
    "an at sign in Host": case(ask("GET /", host="a@b"), gets=MALFORMED_HOST),
    "a quote in Host": case(ask("GET /", host='"a"'), gets=MALFORMED_HOST),
    "bytes above 127 in Host": case(ask("GET /", host=b"caf\xc3\xa9"), gets=MALFORMED_HOST),
    "an odd but harmless Host": case(ask("GET /", host="a,b;c=_:99999"), gets=HELLO),
    # Header lines.
    "no blank behind the colon": case(ask("GET /", "X:y"), gets=HELLO),
    "an empty value": case(ask("GET /", "X:"), gets=HELLO),
    "bytes above 127 in a value": case(ask("GET /", b"X: \xff\xfe"), gets=HELLO),
    "a tab in a value": case(ask("GET /", "X: a\tb"), gets=HELLO),
    "NUL in a value": case(ask("GET /", "X: a\0b"), gets=BAD_REQUEST),
    "a control byte in a value": case(ask("GET /", "X: a\x1fb"), gets=BAD_REQUEST),
    "DEL in a value": case(ask("GET /", "X: a\x7fb"), gets=BAD_REQUEST),
    "a bare CR in a value": case(ask("GET /", "X: a\rb"), gets=BAD_REQUEST),
    "CR CR LF": case(ask("GET /", "X: a\r"), gets=BAD_REQUEST),
    "a space before the colon": case(ask("GET /", "X : y"), gets=INVALID_NAME),
    "a tab before the colon": case(ask("GET /", "X\t: y"), gets=BAD_REQUEST),
    "a blank in a name": case(ask("GET /", "X Y: z"), gets=INVALID_NAME),
    "a parenthesis in a name": case(ask("GET /", "X(: y"), gets=BAD_REQUEST),
    "an empty name": case(ask("GET /", ": y"), gets=BAD_REQUEST),
    "no colon": case(ask("GET /", "X y"), gets=BAD_REQUEST),
    "a blank before the first header": case(
        b"GET / HTTP/1.1\r\n Host: a\r\n\r\n", gets=BAD_REQUEST
    ),
    "a bad line counts before the rest has come": case(
        b"GET / HTTP/1.1\r\nX(: y\r\nA", gets=BAD_REQUEST
    ),
    # How many, how long.
    "500 header values": case(
        ask("GET /goodbye", *[f"X-{number}: v" for number in range(499)]), gets=BYEE
    ),
    "501 header values": case(ask("GET /goodbye", *["X: v"] * 500), gets=TOO_LARGE),
    "the longest head": case(LINE.ljust(LIMIT - 4, b"a") + b"\r\n\r\n", gets=BYEE),
    "a head one byte longer": case(LINE.ljust(LIMIT - 3, b"a") + b"\r\n\r\n", gets=TOO_LARGE),
    # Content-Length.
    "a length": case(body("Content-Length: 5"), gets=hello(b"World")),
    "leading zeros": case(body("Content-Length: 0005"), gets=hello(b"World")),
    "a sign": case(body("Content-Length: +5"), gets=BAD_REQUEST),
    "a list": case(body("Content-Length: 5, 5"), gets=BAD_REQUEST),
    "an empty length": case(body("Content-Length:"), gets=BAD_REQUEST),
    "hexadecimal": case(body("Content-Length: 0x5"), gets=BAD_REQUEST),
    "above 2^63-1": case(body("Content-Length: 9223372036854775808"), gets=BAD_REQUEST),
    "more zeros than a number has digits": case(
        body(f"Content-Length: {5:05000d}"), gets=hello(b"World")
    ),
    "more digits than a number has": case(body("Content-Length: " + "1" * 5000), gets=BAD_REQUEST),
    "two lengths that differ": case(
        body("Content-Length: 5", "Content-Length: 6"), gets=BAD_REQUEST
    ),
    # Transfer-Encoding.
    "chunked": case(ask("POST /", CHUNKED) + chunks(b"World"), gets=hello(b"World")),
    "chunked in capitals": case(
        ask("POST /", "Transfer-Encoding: CHUNKED") + chunks(b"World"), gets=hello(b"World")
    ),
    "another coding": case(body("Transfer-Encoding: gzip"), gets=UNSUPPORTED_CODING),
    "a list of codings": case(body("Transfer-Encoding: gzip, chunked"), gets=UNSUPPORTED_CODING),
    "an empty coding": case(body("Transfer-Encoding:"), gets=UNSUPPORTED_CODING),
    "chunked twice": case(body(*TWO_TE), gets=UNSUPPORTED_CODING),
    "a coding on HTTP/1.0 is ignored": case(
        body("Transfer-Encoding: chunked", "Content-Length: 5", line="POST / HTTP/1.0"),
        gets=closing(hello(b"World")),
    ),
    "what would be none is ignored there as well": case(
        body(
            "Transfer-Encoding:",
            "Transfer-Encoding: chunked, gzip",
            "Content-Length: 5",
            line="POST / HTTP/1.0",
        ),
        gets=closing(hello(b"World")),
    ),
    "chunked wins over a length": case(
        ask("POST /", CHUNKED, "Content-Length: 3") + chunks(b"World"), gets=hello(b"World")
    ),
    "chunked with a bad length": case(body(CHUNKED, "Content-Length: x"), gets=BAD_REQUEST),
    "a forbidden trailer announced": case(
        body(CHUNKED, "Trailer: Content-Length"), gets=BAD_REQUEST
    ),
    # Which fault is named if there are several.
    "a bad length before a missing Host": case(
        ask("GET /", "Content-Length: x", host=None), gets=BAD_REQUEST
    ),
    "a coding before a version": case(
        ask("GET / HTTP/2.1", "Transfer-Encoding: x"), gets=UNSUPPORTED_CODING
    ),
    "a missing Host before a bad name": case(ask("GET /", "X Y: z", host=None), gets=MISSING_HOST),
    # What may follow.
    "a bad request behind a good one": case(
        ask("GET /") + b"BAD\r\n\r\n", gets=[HELLO, BAD_REQUEST]
    ),
    "nothing behind a bad request is served": case(
        ask("GET /", host=None) + ask("GET /goodbye"), gets=MISSING_HOST
    ),
    "a body is no request": case(post(ask("GET /goodbye")), gets=hello(ask("GET /goodbye"))),
}


def test_a_head_is_judged_as_in_go(name: str, seen: dict[str, Seen]) -> None:
    """Every case is served or refused with the Go program's words."""
    agree(CASES[name], seen[name])
