"""How a request's body is read, or thrown away, and how an answer is framed."""

from __future__ import annotations

from dataclasses import replace

from tests.wire.answers import BYEE, CONTINUE, OOPS, Answer, closing, hello
from tests.wire.asking import CHUNKED, ask, chunks, fill, post
from tests.wire.play import Seen, agree
from tests.wire.steps import Case, Wait, case

WORLD = hello(b"World")
BINARY = "application/octet-stream"
EXPECT = "Expect: 100-continue"


def coded(body: bytes, path: str = "/") -> bytes:
    """A request whose body comes as it is given, in the chunked coding."""
    return ask(f"POST {path}", CHUNKED) + body


def echo(body: bytes, *headers: str, sniffed: str | None = None, line: str = "POST /") -> Case:
    """A body that Hello answers, up to 2048 bytes with its length and above in chunks."""
    answer = hello(body)
    answer = replace(
        answer,
        type=sniffed or answer.type,
        framing="chunked" if len(answer.body) > 2048 else "length",
    )
    return case(ask(line, f"Content-Length: {len(body)}", *headers) + body, gets=answer)


def unread(size: int) -> bytes:
    """A body for Goodbye, which does not read it."""
    return post(fill(size), "/goodbye")


def unread_chunks(*last: bytes) -> bytes:
    """A chunked body of 262,144 bytes and a last chunk for Goodbye, which does not read it."""
    return coded(chunks(*[fill(16_384)] * 16, *last), "/goodbye")


CASES = {
    # The chunked coding.
    "two chunks": case(coded(chunks(b"Wor", b"ld")), gets=WORLD),
    "no chunk": case(coded(b"0\r\n\r\n"), gets=hello()),
    "sixteen digits": case(coded(b"0000000000000005\r\nWorld\r\n0\r\n\r\n"), gets=WORLD),
    "seventeen digits": case(coded(b"00000000000000005\r\nWorld\r\n0\r\n\r\n"), gets=OOPS),
    "blanks behind the size": case(coded(b"5 \t\r\nWorld\r\n0\r\n\r\n"), gets=WORLD),
    "a blank before the size": case(coded(b" 5\r\nWorld\r\n0\r\n\r\n"), gets=OOPS),
    "an extension": case(coded(b'5;a="b;c"\r\nWorld\r\n0;x\r\n\r\n'), gets=WORLD),
    "a blank before an extension": case(coded(b"5 ;a\r\nWorld\r\n0\r\n\r\n"), gets=OOPS),
    "a bare LF behind the size": case(coded(b"5\nWorld\r\n0\r\n\r\n"), gets=OOPS),
    "a bare LF in an extension": case(coded(b"5;a\nb\r\nWorld\r\n0\r\n\r\n"), gets=OOPS),
    "a bare LF behind the data": case(coded(b"5\r\nWorld\n0\r\n\r\n"), gets=OOPS),
    "more data than the size": case(coded(b"4\r\nWorld\r\n0\r\n\r\n"), gets=OOPS),
    "a size with a sign": case(coded(b"+5\r\nWorld\r\n0\r\n\r\n"), gets=OOPS),
    "no size": case(coded(b"\r\nWorld\r\n0\r\n\r\n"), gets=OOPS),
    "a chunk line of 4096 bytes": case(
        coded(b"5;".ljust(4094, b"a") + b"\r\nWorld\r\n0\r\n\r\n"), gets=WORLD
    ),
    "a chunk line of 4097 bytes": case(
        coded(b"5;".ljust(4095, b"a") + b"\r\nWorld\r\n0\r\n\r\n"), gets=OOPS
    ),
    "more extensions than data": case(
        coded((b"1;".ljust(4002, b"a") + b"\r\nx\r\n") * 5), gets=OOPS
    ),
    "a trailer": case(coded(chunks(b"World", end=b"0\r\nX-T: v\r\n\r\n")), gets=WORLD),
    "a bad trailer name": case(coded(chunks(b"World", end=b"0\r\nX(T): v\r\n\r\n")), gets=OOPS),
    "a trailer line without a colon": case(
        coded(chunks(b"World", end=b"0\r\nnonsense\r\n\r\n")), gets=OOPS
    ),
    "500 trailers": case(
        coded(chunks(b"World", end=b"0\r\n" + b"a:\r\n" * 500 + b"\r\n")), gets=WORLD
    ),
    "501 trailers": case(
        coded(chunks(b"World", end=b"0\r\n" + b"a:\r\n" * 501 + b"\r\n")), gets=OOPS
    ),
    "a trailer of more than 4 kB": case(
        coded(chunks(b"World", end=b"0\r\nX: " + b"a" * 4096 + b"\r\n\r\n")), gets=OOPS
    ),
    "what is wrong in a body does not matter to Goodbye": case(
        coded(b"zz\r\n", "/goodbye") + ask("GET /"), gets=closing(BYEE)
    ),
    # A body nobody read.
    "an unread body is skipped": case(unread(5000) + ask("GET /"), gets=[BYEE, hello()]),
    "262,143 unread bytes are skipped": case(unread(262_143) + ask("GET /"), gets=[BYEE, hello()]),
    "262,144 unread bytes are not": case(unread(262_144), gets=closing(BYEE)),
    "262,144 unread bytes in chunks are skipped": case(
        unread_chunks() + ask("GET /"), gets=[BYEE, hello()]
    ),
    "262,145 unread bytes in chunks are not": case(unread_chunks(b"!"), gets=closing(BYEE)),
    # The answer's framing.
    "2048 bytes are announced": echo(fill(2041)),
    "2049 bytes are chunked": echo(fill(2042)),
    "a megabyte": echo(fill(1 << 20)),
    "2049 bytes on HTTP/1.0 end with the connection": case(
        ask("POST / HTTP/1.0", "Content-Length: 2042", "Connection: keep-alive") + fill(2042),
        gets=replace(closing(hello(fill(2042))), framing="close"),
    ),
    "HEAD has the length of 2048 bytes": case(
        ask("HEAD /", "Content-Length: 2041") + fill(2041),
        gets=Answer(200, b"", hello().type, framing="head of 2048"),
    ),
    "HEAD has no length above": case(
        ask("HEAD /", "Content-Length: 2042") + fill(2042),
        gets=Answer(200, b"", hello().type, framing="none"),
    ),
    # The content type is sniffed from the first 512 bytes.
    "text": echo("grüße".encode()),
    "NUL is binary": echo(b"\0", sniffed=BINARY),
    "ESC is text": echo(b"\x1b"),
    "binary at byte 512": echo(b"a" * 505 + b"\0", sniffed=BINARY),
    "binary at byte 513": echo(b"a" * 506 + b"\0"),
    "binary in a later chunk": case(
        coded(chunks(b"a", b"\x01")), gets=replace(hello(b"a\x01"), type=BINARY)
    ),
    "what looks like HTML is behind Hello": echo(b"<html>"),
    # Expect.
    "100 Continue for a body that is read": case(
        ask("POST /", EXPECT, "Content-Length: 5"), Wait(1), b"World", gets=[CONTINUE, WORLD]
    ),
    "100 Continue in any case, in a list": case(
        ask("POST /", "Expect: x, 100-Continue", CHUNKED),
        Wait(1),
        chunks(b"World"),
        gets=[CONTINUE, WORLD],
    ),
    "100 Continue again on the same connection": case(
        ask("POST /", EXPECT, "Content-Length: 5"),
        Wait(1),
        b"World",
        Wait(2),
        ask("POST /", EXPECT, "Content-Length: 5"),
        Wait(3),
        b"again",
        gets=[CONTINUE, WORLD, CONTINUE, hello(b"again")],
    ),
    "100 Continue though the body has come": case(
        post(b"World", "/", EXPECT), gets=[CONTINUE, WORLD]
    ),
    "no 100 Continue without a body": case(
        ask("POST /", EXPECT, "Content-Length: 0"), gets=hello()
    ),
    "no 100 Continue on HTTP/1.0": case(
        ask("POST / HTTP/1.0", EXPECT, "Content-Length: 5") + b"World", gets=closing(WORLD)
    ),
    "no 100 Continue where nobody reads": case(
        ask("POST /goodbye", EXPECT, "Content-Length: 5"), gets=closing(BYEE)
    ),
    "no 100 Continue for a redirect": case(
        ask("POST //a", EXPECT, "Content-Length: 5"), gets=Answer(307, location="/a", close=True)
    ),
    "another expectation": case(ask("GET /", "Expect: tea"), gets=Answer(417, close=True)),
    "another expectation on HTTP/1.0": case(
        ask("GET / HTTP/1.0", "Expect: tea"), gets=Answer(417, close=True)
    ),
    "almost the same expectation": case(
        ask("GET /", "Expect: 100-continued"), gets=Answer(417, close=True)
    ),
    "the first of two expectations counts": case(
        ask("GET /", "Expect: tea", "Expect:"), gets=Answer(417, close=True)
    ),
    "an empty expectation": case(ask("GET /", "Expect:"), gets=hello()),
}


def test_a_body_is_read_and_answered_as_in_go(name: str, seen: dict[str, Seen]) -> None:
    """Every body is taken, refused or skipped as the Go program does, and its answer framed so."""
    agree(CASES[name], seen[name])
