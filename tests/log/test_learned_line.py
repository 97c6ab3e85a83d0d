"""Lines that are made when they are written, from clocks that the test turns."""

from __future__ import annotations

import time

import pytest

from gomicro.log.clock import utc_clock
from gomicro.log.learned_line import Around, LearnedLine, LineJoiner

SECOND = 1_000_000_000
START = 1795464176 * SECOND
AROUND: Around = ("<", "Z ", " ", " ", ">\n")


class Clocks:
    """One on the wall, in nanoseconds, and a monotonic one in seconds."""

    wall = START + 123_456_789
    monotonic = 5000.0


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def joiner(clocks: Clocks) -> LineJoiner:
    return LineJoiner(lambda: clocks.wall, lambda: clocks.monotonic)


def line(at: float, took: float = 0.0, name: str = "a-1") -> LearnedLine:
    return AROUND, at, took, "c", name


def test_a_line_has_the_time_at_which_it_was_logged(clocks: Clocks, joiner: LineJoiner) -> None:
    ago = [0.0, 0.0001, 0.002, 0.2, 86_400.0]
    said = joiner.join([line(clocks.monotonic - seconds) for seconds in ago]).decode()
    assert [text[1:].partition("Z")[0] for text in said.splitlines()] == [
        "2026-11-23T20:02:56.123456",
        "2026-11-23T20:02:56.123356",
        "2026-11-23T20:02:56.121456",
        "2026-11-23T20:02:55.923456",
        "2026-11-22T20:02:56.123456",
    ]


def test_a_clock_that_is_put_right_is_believed_within_a_millisecond(
    clocks: Clocks, joiner: LineJoiner
) -> None:
    joiner.join([line(clocks.monotonic)])
    clocks.wall -= 3600 * SECOND
    clocks.monotonic += 0.001
    clocks.wall += 1_000_000
    assert joiner.join([line(clocks.monotonic)]).startswith(b"<2026-11-23T19:02:56.124456Z")


def test_the_time_is_that_of_all_other_lines() -> None:
    now = utc_clock()
    joiner = LineJoiner()
    before, at, after = now(), time.monotonic(), now()
    said = joiner.join([line(at)])[1:28].decode()
    # The clocks are compared with each other anew, a moment later each time.
    assert before[:20] <= said[:20] <= after[:20]


@pytest.mark.parametrize(
    ("took", "said"),
    [
        (0.0, b" 000000 "),
        (0.0000019, b" 000001 "),
        (0.012345, b" 012345 "),
        (0.9999999, b" 999999 "),
    ],
)
def test_a_duration_has_six_digits(
    clocks: Clocks, joiner: LineJoiner, took: float, said: bytes
) -> None:
    assert said in joiner.join([line(clocks.monotonic, took)])


def test_lines_of_both_kinds_keep_their_order(clocks: Clocks, joiner: LineJoiner) -> None:
    at = clocks.monotonic
    lines: list[bytes | LearnedLine] = [
        line(at, name="1"),
        line(at, name="2"),
        b"three\n",
        b"\xff\n",
        line(at, name="5"),
    ]
    said = joiner.join(lines).splitlines()
    assert [text.rpartition(b" ")[2] for text in said] == [b"1>", b"2>", b"three", b"\xff", b"5>"]
    assert joiner.join([]) == b""
