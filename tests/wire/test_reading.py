"""What a client reads, however its bytes are cut: the reader that all wire tests trust."""

from __future__ import annotations

import pytest

from tests.wire.answers import BYEE, CONTINUE, TEXT, Answer, closing
from tests.wire.reading import Reader

HEAD = b"HTTP/1.1 200 OK\r\nDate: now\r\nContent-Type: text/plain; charset=utf-8\r\n"
FIXED = HEAD + b"Content-Length: 5\r\n\r\nByee\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nBy\r\n3\r\nee\n\r\n0\r\n\r\n"
CLOSE = HEAD + b"Connection: close\r\n\r\nByee\n"
OLD = FIXED.replace(b"HTTP/1.1", b"HTTP/1.0")

STREAMS = [
    (b"GET", FIXED, [BYEE], b""),
    (b"GET", FIXED + FIXED, [BYEE, BYEE], b""),
    (b"GET", b"HTTP/1.1 100 Continue\r\n\r\n" + FIXED, [CONTINUE, BYEE], b""),
    (b"GET", CHUNKED, [Answer(200, b"Byee\n", TEXT, framing="chunked")], b""),
    (b"GET", CLOSE, [closing(Answer(200, b"Byee\n", TEXT, framing="close"))], b""),
    (b"GET", OLD, [closing(BYEE)], b""),
    (b"HEAD", FIXED[:-5], [Answer(200, b"", TEXT, framing="head of 5")], b""),
    (b"HEAD", HEAD + b"\r\n", [Answer(200, b"", TEXT, framing="none")], b""),
    (b"GET", FIXED[:-1], [Answer(200, b"", TEXT, cut=True)], b""),
    (b"GET", CHUNKED[:-1], [Answer(200, b"", TEXT, framing="chunked", cut=True)], b""),
    (b"GET", FIXED + b"Oops", [BYEE], b"Oops"),
    (b"GET", FIXED + b"HTTP/1.1 2", [BYEE], b"HTTP/1.1 2"),
]


@pytest.mark.parametrize(("method", "stream", "answers", "extra"), STREAMS)
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_answers_are_read_whatever_packets_they_come_in(
    method: bytes, stream: bytes, answers: list[Answer], extra: bytes, size: int
) -> None:
    reader = Reader([method])
    for at in range(0, len(stream), size):
        reader.feed(stream[at : at + size])
    reader.end()
    assert (reader.answers, reader.extra, reader.problems) == (answers, extra, [])


@pytest.mark.parametrize(
    "stream",
    [
        FIXED.replace(b"Date: now\r\n", b""),
        FIXED.replace(b"\r\n\r\n", b"\r\ndate: again\r\n\r\n"),
        CHUNKED.replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\n", 1),
        CHUNKED.replace(b"By\r\n", b"By!!"),
    ],
    ids=["no date", "a header twice", "two framings", "a chunk that does not end"],
)
def test_what_no_server_may_send_is_a_problem(stream: bytes) -> None:
    reader = Reader([b"GET"])
    reader.feed(stream)
    assert len(reader.problems) == 1
