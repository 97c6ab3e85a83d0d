"""A head that is still coming: its first bad line is found, when Go finds it, and at what cost."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, SupportsIndex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gomicro.http1.faults import BAD_REQUEST, HEADERS_TOO_LARGE, Fault, Refusal
from gomicro.http1.head_lines import MAX_HEADER_VALUES, HeadLines

LINE = b"GET / HTTP/1.1\r\n"
MOST_FIELDS = b"a: b\r\n" * MAX_HEADER_VALUES

WAITING = [
    b"",
    b"G(",
    LINE[:-2],
    LINE[:-1],
    LINE,
    LINE + b"Host: h\r\n",
    LINE + b"Host: h\r\nbad",
    LINE + b"Host: h\r\na: \x00\r\n",  # Go waits for the byte after a field line
    LINE + b"Host: h\r\n: b\r\n",
    LINE + b"Host: h\r\n(: b\r\n",
    LINE + b"a: b\r\n c",
    LINE + b"\x00",
    LINE + MOST_FIELDS,
    LINE + MOST_FIELDS + b"a: b\r\n",
    b"GET / HTTP/2.0\r\n",
]


@pytest.mark.parametrize("data", WAITING, ids=lambda data: ascii(data)[2:40])
def test_an_incomplete_head_without_a_bad_line_may_go_on(data: bytes) -> None:
    assert first_fault([data]) is None


BAD = [
    b"\r\n",
    b"\n",
    b"G(T / HTTP/1.1\r\n",
    b"GET / HTTP/1.1\n",
    LINE + b"Host: h\n",
    LINE + b"bad\r\n",
    LINE + b" a: b\r\n",
    LINE + b"a: b\r\n c: d\r\n",
    LINE + b"a: \x00\r\nb",
    LINE + b": b\r\nc",
    LINE + b"a: \x00\r\n ",
]


@pytest.mark.parametrize("data", BAD, ids=lambda data: ascii(data)[2:40])
def test_a_bad_line_is_refused_by_the_byte_that_shows_it_and_no_earlier(data: bytes) -> None:
    assert first_fault([data]) is BAD_REQUEST
    assert first_fault([data[:-1]]) is None


def test_the_field_beyond_the_limit_is_refused_once_it_is_sure_to_be_one() -> None:
    assert first_fault([LINE + MOST_FIELDS + b"a: b\r\nb"]) is HEADERS_TOO_LARGE
    assert first_fault([LINE + MOST_FIELDS + b"bad\r\n"]) is BAD_REQUEST


@pytest.mark.parametrize("data", [b"", LINE, LINE + b"Host: h", LINE + b"Host:\r\n", LINE[:-2]])
def test_a_head_that_ends_early_may_have_no_fault(data: bytes) -> None:
    assert fault_at_the_end(data) is None


@pytest.mark.parametrize(
    "data",
    [
        b"G",
        b"GET /",
        LINE[:-1],
        LINE + b"Hos",
        LINE + b"a: b\r",
        LINE + b"a: b\r\nbad",
        LINE + b"a: b\r\n c",
        LINE + b"a: b\r\n\r",
        LINE + b"a: \x00\r\n",  # nothing can follow it any more
        LINE + b"a\xff: b\r\n",
        LINE + b": b\r\n",
    ],
    ids=lambda data: ascii(data)[2:40],
)
def test_the_last_line_of_a_head_that_ends_early_counts(data: bytes) -> None:
    assert fault_at_the_end(data) is BAD_REQUEST


PIECES = st.sampled_from(
    [LINE, b"a: b\r\n", b"a: b", b"\r\n", b"\r", b"\n", b" ", b":", b"\x00", b"bad", MOST_FIELDS]
)
HEADS = st.lists(st.one_of(PIECES, st.binary(max_size=3)), max_size=12).map(
    lambda pieces: LINE + b"".join(pieces)
)


@given(HEADS, st.lists(st.integers(0, 60), max_size=20))
def test_how_a_head_is_cut_changes_nothing(data: bytes, sizes: list[int]) -> None:
    assert first_fault(cut(data, sizes)) is first_fault([data])


@given(HEADS, st.lists(st.integers(0, 60), max_size=20))
def test_how_a_head_was_cut_changes_nothing_when_it_ends(data: bytes, sizes: list[int]) -> None:
    if first_fault([data]) is None:
        assert fault_at_the_end(*cut(data, sizes)) is fault_at_the_end(data)


LONG = b"a: " + b"x" * 50_000 + b"\r\n"


def one_line_a_packet(fields: int) -> list[bytes]:
    return [LINE, LONG, *[b"a: b\r\n"] * fields]


def one_byte_a_packet(size: int) -> list[bytes]:
    return [LINE, LONG, *[b"a"] * size]


def one_byte_a_packet_in_short_lines(size: int) -> list[bytes]:
    return [bytes([byte]) for byte in LINE + b"a:\r\n" * (size // 4)]


@pytest.mark.parametrize(
    "packets", [one_line_a_packet, one_byte_a_packet, one_byte_a_packet_in_short_lines]
)
def test_the_work_grows_no_faster_than_the_head(packets: Callable[[int], list[bytes]]) -> None:
    """Instructions, and bytes searched or copied, for heads of n, 2n and 4n packets."""
    small, double, fourfold = [Work(packets(n)) for n in (100, 200, 400)]
    assert small.instructions > 1000
    assert fourfold.instructions - double.instructions <= (
        2.1 * (double.instructions - small.instructions)
    )
    for counted in (small, double, fourfold):
        assert counted.looked_at <= 4 * counted.size


def first_fault(packets: list[bytes]) -> Refusal | None:
    lines, buffer = HeadLines(), bytearray()
    try:
        for packet in packets:
            buffer += packet
            lines.feed(buffer)
    except Fault as fault:
        return fault.refusal
    return None


def fault_at_the_end(*packets: bytes) -> Refusal | None:
    lines, buffer = HeadLines(), bytearray()
    try:
        for packet in packets:
            buffer += packet
            lines.feed(buffer)
        lines.end(buffer)
    except Fault as fault:
        return fault.refusal
    return None


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    packets = []
    for size in sizes:
        packets.append(data[:size])
        data = data[size:]
    return [*packets, data]


class Buffer(bytearray):
    """A buffer that counts its bytes as they are looked at."""

    looked_at = 0

    def find(self, what: Any, start: Any = 0, end: Any = None) -> int:
        found = super().find(what, start)
        self.looked_at += (found + 1 if found >= 0 else len(self)) - start
        return found

    def __getitem__(self, key: SupportsIndex | slice) -> Any:
        part = super().__getitem__(key)
        self.looked_at += len(part) if isinstance(part, bytearray) else 1
        return part


class Work:
    """What it took to check a head that came in these packets."""

    def __init__(self, packets: list[bytes]) -> None:
        self.instructions = 0
        lines, buffer = HeadLines(), Buffer()
        for packet in packets:
            buffer += packet
            self._counted(lines.feed, buffer)
        self.size = len(buffer)
        self.looked_at = buffer.looked_at

    def _counted(self, feed: Callable[[Buffer], None], buffer: Buffer) -> None:
        before = sys.gettrace()
        sys._getframe().f_trace_opcodes = True
        sys.settrace(self._trace)
        try:
            feed(buffer)
        finally:
            sys.settrace(before)

    def _trace(self, frame: FrameType, event: str, arg: Any) -> Any:
        if event == "call":
            frame.f_trace_opcodes = True
            frame.f_trace_lines = False
        elif event == "opcode":
            self.instructions += 1
        return self._trace
