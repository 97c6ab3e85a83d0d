"""What usual lines say is what the parser says of them; they are remembered within bounds."""

from __future__ import annotations

import random
from typing import Any, Final

import pytest

from gomicro.http1.faults import Fault
from gomicro.http1.head_lines import MAX_HEADER_VALUES
from gomicro.http1.head_memory import MOST, HeadMemory
from gomicro.http1.head_parser import HeadParser
from gomicro.http1.usual_lines import LONGEST_LINE, MOST_LINES, UsualLines

FACTS: Final = (
    "headers", "length", "keep_alive", "plain", "short", "expect_continue", "expect_other",
    "forwarded", "upgrade", "request_id", "named", "trace",
)  # fmt: skip

BY_PARSER: Final = b"GET /%61 HTTP/1.1\r\n"
"""A request line that is none of the usual ones, so that the parser reads what follows it."""

NAMES: Final = [
    b"Accept", b"X-A", b"x-a", b"Host", b"HOST", b"Cookie", b"a!#$%&'*+-.^_`|~", b"Trailer",
    b"Keep-Alive", b"Proxy-Connection", b"TE", b"Authorization", b"Content-Length", b"connection",
    b"Connection", b"Transfer-Encoding", b"Upgrade", b"Expect", b"X-Forwarded-For", b"Via",
    b"X-Forwarded-Proto", b"X-Request-Id", b"traceparent", b"", b"A B", b"A\x80", b" A", b"A ",
]  # fmt: skip
VALUES: Final = [
    b"", b"b", b"h", b"a.test:80", b"5", b"0", b"+5", b"007", b"9" * 18, b"9" * 19, b"close",
    b"keep-alive", b"Keep-Alive, close", b"upgrade", b"close, , x", b"websocket", b"chunked",
    b"100-continue", b"other", b"b, c", b"b\tc", b"b  c", b"\xe4\xff", b"b\x7f", b"b\x00c", b"b\rc",
    b"b\nc", b"b\x0bc", b'"q;\\"', b":", b"x" * 300,
    b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
]  # fmt: skip
HOST: Final = frozenset((b"host",))
NONE: Final[frozenset[bytes]] = frozenset()
BLANKS: Final = [b"", b" ", b"\t", b"  ", b" \t "]


def outcome(parser: HeadParser, head: bytes) -> Any:
    try:
        parsed = parser.parse(head)
    except Fault as fault:
        return fault.refusal
    return {name: getattr(parsed, name) for name in FACTS}


def section(chance: random.Random) -> bytes:
    """Field lines, most of them well formed."""
    lines = [b"Host: a.test"] if chance.random() < 0.9 else []
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3, 5))):
        before, after = chance.choices(BLANKS, weights=(2, 8, 1, 1, 1), k=2)
        lines.append(
            chance.choice(NAMES) + b":" + before + chance.choice(VALUES) + after
            if chance.random() < 0.98
            else chance.choice((b"no colon", b" folded", b"\tfolded"))
        )  # fmt: skip
    chance.shuffle(lines)
    return b"".join(line + b"\r\n" for line in lines) + b"\r\n"


@pytest.mark.parametrize("seed", range(20))
def test_usual_lines_say_what_the_parser_says_of_them(seed: int) -> None:
    """Whether they are read the first time, or have been read before."""
    chance = random.Random(seed)
    for names in ("never", "echo", "always"):
        ours = HeadParser(names)
        for _ in range(60):
            fields = section(chance)
            wanted = outcome(HeadParser(names), BY_PARSER + fields)
            for path in (b"/a", b"/a", b"/b?c", b"/d", b"/e?f"):
                head = b"GET " + path + b" HTTP/1.1\r\n" + fields
                assert outcome(ours, head) == wanted, fields


def test_many_of_these_are_usual() -> None:
    """So that the test above compares what it is to compare."""
    lines = UsualLines(HOST, NONE)
    chance = random.Random(1)
    usual = [lines.fields(section(chance)) is not None for _ in range(1000)]
    assert 400 < sum(usual) < 800


def test_what_a_line_wants_is_read_once() -> None:
    lines = UsualLines(NONE, NONE)
    first = lines.want(b"GET /a")
    assert first is not None
    assert not first.kept
    assert lines.wanted == {}
    second = lines.want(b"GET /a")
    assert second is not None
    assert second.kept
    assert lines.wanted == {b"GET /a": second}
    assert (second.method, second.raw_path, second.path) == ("GET", b"/a", "/a")


@pytest.mark.parametrize(
    "start",
    [b"", b"GET", b"GET ", b"GET a", b"GET  /", b"get /", b"CONNECT /", b"GET /%20", b"GET /\xe4"],
)
def test_other_request_lines_are_none_of_the_usual_ones(start: bytes) -> None:
    assert UsualLines(NONE, NONE).want(start) is None


def test_whether_lines_have_come_before_is_told_of_marked_ones_and_of_others() -> None:
    lines = UsualLines(HOST, NONE)

    def told(section: bytes) -> tuple[bool, bool]:
        read = lines.fields(section)
        assert read is not None
        return read[2:]

    assert told(b"Host: a\r\nB: c\r\n\r\n") == (False, True)
    for _ in range(3):
        assert told(b"Host: a\r\nB: c\r\n\r\n") == (True, False)
    assert told(b"Host: a\r\nB: d\r\n\r\n") == (True, True)
    assert told(b"Host: b\r\nB: c\r\n\r\n") == (False, False)
    assert told(b"host: a\r\n\r\n") == (False, False)
    for _ in range(3):  # too long to be remembered, so nobody knows
        assert told(b"Host: a\r\nB: " + b"c" * LONGEST_LINE + b"\r\n\r\n") == (True, False)


def test_marked_fields_are_told_apart() -> None:
    lines = UsualLines(HOST, NONE)
    for _ in range(3):
        read = lines.fields(b"A: b\r\nHOST:  c \r\n\r\n")
        assert read is not None
        assert read[:2] == ([(b"a", b"b"), (b"host", b"c")], ((b"host", b"c"),))


def test_fields_that_are_none_of_the_usual_ones_are_the_parsers() -> None:
    lines = UsualLines(NONE, HOST)
    for _ in range(3):
        assert lines.fields(b"A: b\r\nHost: c\r\n\r\n") is None
        assert lines.fields(b"A: b\r\nHosts: c\r\n\r\n") is not None


def test_what_comes_once_drives_no_meaning_out() -> None:
    parser = HeadParser()
    for n in range(2):
        parser.parse(b"GET / HTTP/1.1\r\nHost: a\r\nA: %d\r\n\r\n" % n)
    meanings = dict(parser._meanings)
    assert list(meanings) == [((b"host", b"a"),)]
    for n in range(3 * MOST):
        parser.parse(b"GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: %d\r\n\r\n" % n)
    assert parser._meanings == meanings


def test_more_lines_than_a_head_may_have_are_not_looked_at() -> None:
    lines = UsualLines(NONE, NONE)
    assert lines.fields(b"A: b\r\n" * MAX_HEADER_VALUES + b"\r\n") is not None
    assert lines.fields(b"A: b\r\n" * (MAX_HEADER_VALUES + 1) + b"\r\n") is None


def test_what_is_remembered_of_lines_is_bounded() -> None:
    parser = HeadParser()
    for n in range(2 * MOST_LINES):
        for _ in range(3):
            for line in (b"A: %d", b"X-Request-Id: %d", b"B: " + b"x" * LONGEST_LINE + b"%d"):
                parser.parse(b"GET /%d HTTP/1.1\r\nHost: a\r\n" % n + line % n + b"\r\n\r\n")
    lines = parser._lines
    memories: list[tuple[HeadMemory[Any], int]] = [
        (lines._wanted, MOST), (lines._marked, MOST), (lines._others, MOST_LINES)
    ]  # fmt: skip
    for memory, most in memories:
        assert 0 < len(memory.heads) <= most
        assert all(len(line) <= LONGEST_LINE for line in memory.heads)
    assert 0 < len(parser._meanings) <= MOST
