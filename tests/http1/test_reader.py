"""A connection's bytes, taken apart however they are cut, with work that grows as their number."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gomicro.http1.faults import Fault
from gomicro.http1.head_parser import HeadParser
from gomicro.http1.reader import Reader
from tests.work import instructions

LIMIT = 64 * 1024
GET = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n"


def post(body: bytes) -> bytes:
    return b"POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def chunked(*parts: bytes) -> bytes:
    chunks = [b"%x\r\n%b\r\n" % (len(part), part) for part in parts]
    head = b"PUT /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + b"".join(chunks) + b"0\r\n\r\n"


Events = list[tuple[str, bytes]]


class Taker:
    """Takes all that a reader has to give, and tells it as a story."""

    def __init__(self) -> None:
        self.reader = Reader(HeadParser(), LIMIT)
        self.events: Events = []
        self._first = True
        self._begun = False
        self.over = False

    def feed(self, data: bytes) -> None:
        if self.over:
            return
        try:
            self._feed(data)
        except Fault as fault:
            self.events.append(("fault", str(fault).encode()))
            self.over = True

    def _feed(self, data: bytes) -> None:
        reader = self.reader
        if reader.in_body:
            self._body(reader.next_part(data))
        else:
            usual = reader.usual(data)
            if usual is not None:
                self._head(usual[0].raw_path)
                self._body(usual[1])
        while not reader.in_body and (self._begun or reader.begun(kept=not self._first)):
            self._begun = True
            head = reader.next_head()
            if head is None:
                break
            self._head(head.raw_path)
            if head.length:
                self._body(reader.next_part())

    def _head(self, path: bytes) -> None:
        self._first = self._begun = False
        self.events.append(("head", path))

    def _body(self, part: bytes) -> None:
        if part and self.events[-1][0] == "body":
            part = self.events.pop()[1] + part
        if part:
            self.events.append(("body", part))


def story(*pieces: bytes) -> Events:
    taker = Taker()
    for piece in pieces:
        taker.feed(piece)
    return taker.events


def cut(data: bytes, places: set[int]) -> list[bytes]:
    ends = sorted({min(place, len(data)) for place in places} | {0, len(data)})
    return [data[a:b] for a, b in pairwise(ends)]


def test_requests_are_taken_one_after_another() -> None:
    assert story(GET + post(b"xy") + chunked(b"1", b"23") + GET) == [
        ("head", b"/a"),
        ("head", b"/b"),
        ("body", b"xy"),
        ("head", b"/c"),
        ("body", b"123"),
        ("head", b"/a"),
    ]


PIECES = st.sampled_from(
    [
        GET, post(b""), post(b"x"), post(b"y" * 300), chunked(), chunked(b"a", b"b" * 200),
        b"\r\n", b"BAD\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n", b"GET", b"0\r\n\r\n",
        GET.replace(b"\r\n\r\n", b"\r\nX: " + b"y" * 400 + b"\r\n\r\n"),
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=8).map(b"".join), st.sets(st.integers(1, 2000), max_size=40))
def test_how_the_bytes_are_cut_makes_no_difference(data: bytes, places: set[int]) -> None:
    assert story(*cut(data, places)) == story(data)


@given(st.lists(PIECES, max_size=5).map(b"".join))
def test_a_byte_at_a_time_makes_no_difference(data: bytes) -> None:
    assert story(*cut(data, set(range(len(data))))) == story(data)


@given(st.lists(PIECES, max_size=5).map(lambda pieces: pieces * 3), st.booleans())
def test_a_packet_each_makes_no_difference_once_heads_are_known(
    pieces: list[bytes], body_apart: bool
) -> None:
    packets = pieces
    if body_apart:
        packets = [
            part for piece in pieces for part in re.split(b"(?<=\r\n\r\n)", piece, maxsplit=1)
        ]
    assert story(*packets) == story(b"".join(pieces))


@pytest.mark.parametrize("ends", [[b"\r\n\r\n"], [b"\r\n", b"\r\n"]])
@pytest.mark.parametrize("request_packets", [[post(b"x")], [post(b"x")[:9], post(b"x")[9:]]])
def test_line_ends_behind_a_post_in_packets_of_their_own_are_skipped_each_time(
    request_packets: list[bytes], ends: list[bytes]
) -> None:
    assert story(*[*request_packets, *ends] * 4) == [("head", b"/b"), ("body", b"x")] * 4


@pytest.mark.parametrize(
    "head",
    [
        b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nExpect: everything\r\n\r\n",
    ],
)
def test_a_head_that_asks_for_more_is_never_usual_however_well_it_is_known(head: bytes) -> None:
    heads = HeadParser()
    for _ in range(4):
        reader = Reader(heads, LIMIT)
        assert reader.usual(head) is None
        assert reader.begun(kept=False)
        assert reader.next_head() is not None
    assert head in heads.known


def test_nothing_is_kept_of_what_has_been_taken() -> None:
    taker = Taker()
    taker.feed(GET + post(b"x" * 5000) + GET[:9])
    assert taker.reader.waiting == 9
    taker.feed(GET[9:])
    assert taker.reader.waiting == 0
    assert not taker.reader.buffer


def test_the_rest_can_be_taken_for_another_protocol() -> None:
    taker = Taker()
    taker.feed(GET[:9])
    assert taker.reader.take_rest() == GET[:9]
    assert taker.reader.waiting == 0


# Work.


def lines(n: int) -> list[bytes]:
    return [b"GET / HTTP/1.1\r\n", b"X: " + b"y" * 20_000 + b"\r\n", *[b"a: b\r\n"] * n]


def whole(n: int, part: bytes) -> list[bytes]:
    return [part * n]


def single(n: int, part: bytes) -> list[bytes]:
    return [part[i : i + 1] for i in range(len(part))] * n


CHUNKED = chunked()[: -len(b"0\r\n\r\n")]
SENT: dict[str, Callable[[int], list[bytes]]] = {
    "head lines, one a packet": lambda n: lines(n),
    "a head line, a byte a packet": lambda n: [b"GET / HTTP/1.1\r\nX: ", *[b"y"] * n],
    "requests in one packet": lambda n: whole(n, GET),
    "requests with bodies in one packet": lambda n: whole(n, post(b"abc")),
    "requests, cut at a place of their own": lambda n: [GET[:5], *[GET[5:] + GET[:5]] * n],
    "requests, a byte a packet": lambda n: single(n, GET),
    "a body, a byte a packet": lambda n: [post(b"x" * 100_000)[:-100_000], *[b"x"] * n],
    "chunks of a byte in one packet": lambda n: [CHUNKED, *whole(n, b"1\r\nx\r\n")],
    "chunks of a byte, one a packet": lambda n: [CHUNKED, *[b"1\r\nx\r\n"] * n],
    "chunks of a byte, a byte a packet": lambda n: [CHUNKED, *single(n, b"1\r\nx\r\n")],
    "a chunk, a byte a packet": lambda n: [CHUNKED, b"ffff\r\n", *[b"x"] * n],
    "a chunk's extension, a byte a packet": lambda n: [CHUNKED, b"1;", *[b"x"] * n],
    "trailers, one a packet": lambda n: [CHUNKED, b"0\r\n", *[b"a: b\r\n"] * n],
}


@pytest.mark.parametrize("sent", SENT.values(), ids=SENT)
def test_the_work_grows_no_faster_than_what_is_sent(sent: Callable[[int], list[bytes]]) -> None:
    counts = [instructions(partial(story, *sent(n))) for n in (100, 200, 400)]
    first, second = counts[1] - counts[0], counts[2] - counts[1]
    assert second <= 2.2 * first


@pytest.mark.parametrize("sent", SENT.values(), ids=SENT)
def test_the_bytes_that_are_held_are_copied_a_bounded_number_of_times(
    sent: Callable[[int], list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Instructions do not see how long a copy is, so the copies are counted by the buffer."""
    copied = 0
    before = Reader._forget_taken

    def forget_taken(self: Reader) -> None:
        nonlocal copied
        copied += self.waiting
        before(self)

    monkeypatch.setattr(Reader, "_forget_taken", forget_taken)
    pieces = sent(400)
    story(*pieces)
    assert copied <= 4 * sum(map(len, pieces))
