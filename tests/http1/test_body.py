"""Bodies as they come, whole and in pieces."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gomicro.http1.body import NO_BODY, Body, BodyError, ChunkedBody, LengthBody


def fed(body: Body, *pieces: bytes) -> tuple[bytes, bytes, bool]:
    """Feed a body; its bytes, what follows it, and whether it is complete."""
    parts, rest = b"", b""
    for piece in pieces:
        if body.done:
            rest += piece
        else:
            part, end = body.feed(piece, 0)
            parts += part
            rest = piece[end:]
    return parts, rest, body.done


def pieces_of(data: bytes, cuts: set[int]) -> list[bytes]:
    ends = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    return [data[a:b] for a, b in pairwise(ends)]


CUTS = st.sets(st.integers(1, 200), max_size=20)


def test_where_there_is_no_body_all_that_comes_follows_it() -> None:
    assert (NO_BODY.feed(b"ab", 1), NO_BODY.remaining(), NO_BODY.done) == ((b"", 1), 0, True)


def test_a_length_is_counted_down() -> None:
    body = LengthBody(5)
    assert (body.feed(b"ab", 0), body.remaining(), body.done) == ((b"ab", 2), 3, False)
    assert (body.feed(b"cdefg", 0), body.remaining(), body.done) == ((b"cde", 3), 0, True)


@given(st.binary(min_size=1, max_size=200), st.binary(max_size=9), CUTS)
def test_a_body_by_length_does_not_depend_on_how_it_is_cut(
    data: bytes, rest: bytes, cuts: set[int]
) -> None:
    body = LengthBody(len(data))
    assert fed(body, *pieces_of(data + rest, cuts)) == (data, rest, True)


COMPLETE = [
    pytest.param(b"0\r\n\r\n", b"", id="empty"),
    pytest.param(b"5\r\nhello\r\n0\r\n\r\n", b"hello", id="one chunk"),
    pytest.param(b"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", b"abc", id="two chunks"),
    pytest.param(b"A\r\n0123456789\r\n00\r\n\r\n", b"0123456789", id="upper-case digit"),
    pytest.param(b"a\r\n0123456789\r\n0\r\n\r\n", b"0123456789", id="lower-case digit"),
    pytest.param(b"0000000000000001\r\na\r\n0\r\n\r\n", b"a", id="16 digits"),
    pytest.param(b"1 \t\r\na\r\n0 \r\n\r\n", b"a", id="blanks behind"),
    pytest.param(b"1;x\r\na\r\n0;y=z\r\n\r\n", b"a", id="extensions"),
    pytest.param(b"1; x \t\r\na\r\n0\r\n\r\n", b"a", id="blanks behind an extension"),
    pytest.param(b"1\r\na\r\n0\r\nX: y\r\n\r\n", b"a", id="trailer"),
    pytest.param(b"0\r\nX: y\r\nZ:\r\n\r\n", b"", id="two trailer fields"),
    pytest.param(b"0\r\nX: y\nZ: z\r\n\r\n", b"", id="bare LF in trailer"),
    pytest.param(b"0\r\nX: y\r\n z\n\tz\r\nZ : z\r\n\r\n", b"", id="folded trailer"),
    pytest.param(b"1;%b\r\na\r\n0\r\n\r\n" % (b"x" * 4092), b"a", id="longest line"),
    pytest.param(b"0\r\nX: %b\r\n\r\n" % (b"y" * 4089), b"", id="longest trailer"),
]


@pytest.mark.parametrize(("data", "expected"), COMPLETE)
def test_a_chunked_body_is_read(data: bytes, expected: bytes) -> None:
    assert fed(ChunkedBody(), data + b"next") == (expected, b"next", True)


@pytest.mark.parametrize(("data", "expected"), COMPLETE)
def test_a_chunked_body_is_read_byte_by_byte(data: bytes, expected: bytes) -> None:
    body = ChunkedBody()
    for i in range(len(data) - 1):
        part, end = body.feed(data[i : i + 1], 0)
        expected = expected.removeprefix(part)
        assert (end, body.done, body.remaining()) == (1, False, 0)
    assert body.feed(data[-1:], 0) == (b"", 1)
    assert (expected, body.done) == (b"", True)


BAD = [
    pytest.param(b"\r\n", id="no size"),
    pytest.param(b"x\r\n", id="not hexadecimal"),
    pytest.param(b"0x1\r\n", id="0x"),
    pytest.param(b"+1\r\n", id="sign"),
    pytest.param(b" 1\r\n", id="blank before"),
    pytest.param(b"1 1\r\n", id="blank within"),
    pytest.param(b"1 ; x\r\n", id="blank before an extension"),
    pytest.param(b"1\x0b\r\n", id="vertical tab behind"),
    pytest.param(b"1\r\r\n", id="two CR"),
    pytest.param(b"1_0\r\n", id="underscore"),
    pytest.param(b"00000000000000001\r\n", id="17 digits"),
    pytest.param(b"1\na\n0\n\n", id="bare LF"),
    pytest.param(b"1;a\n", id="bare LF behind an extension"),
    pytest.param(b"1;a\rb\r\n", id="CR in an extension"),
    pytest.param(b"1\r\nab\r\n", id="too much data"),
    pytest.param(b"1\r\na\n0\r\n\r\n", id="bare LF behind data"),
    pytest.param(b"1\r\na0\r\n\r\n", id="nothing behind data"),
    pytest.param(b"1;%b\r\n" % (b"x" * 4093), id="line of 4097 bytes"),
    pytest.param(b"1" * 4096, id="4096 bytes without a line end"),
    pytest.param(b"0\r\nX\r\n\r\n", id="trailer without colon"),
    pytest.param(b"0\r\n X: y\r\n\r\n", id="trailer that begins folded"),
    pytest.param(b"0\r\nX: a\r\r\n\r\n", id="CR at the end of the last trailer line"),
    pytest.param(b"0\r\nX: y\rz\r\n\r\n", id="CR in trailer"),
    pytest.param(b"0\r\nX: \x00\r\n\r\n", id="NUL in trailer"),
    pytest.param(b"0\r\nX: %b\r\n\r\n" % (b"y" * 4090), id="trailer too long"),
    pytest.param(b"0\r\n" + b"X: y\r\n" * 501 + b"\r\n", id="501 trailer fields"),
]


@pytest.mark.parametrize("data", BAD)
def test_what_is_not_a_chunked_body_is_refused(data: bytes) -> None:
    with pytest.raises(BodyError):
        ChunkedBody().feed(data, 0)


@pytest.mark.parametrize("data", BAD)
def test_what_is_not_a_chunked_body_is_refused_byte_by_byte(data: bytes) -> None:
    with pytest.raises(BodyError):
        fed(ChunkedBody(), *pieces_of(data, set(range(len(data)))))


def test_many_tiny_chunks_pass() -> None:
    """The overhead of a chunk is 16 bytes and twice its data (Go's allowance)."""
    assert fed(ChunkedBody(), b"1\r\na\r\n" * 20_000 + b"0\r\n\r\n") == (b"a" * 20_000, b"", True)


@pytest.mark.parametrize(
    ("chunks", "good"),
    [pytest.param(165, True, id="16 kB"), pytest.param(166, False, id="more than 16 kB")],
)
def test_extensions_may_exceed_their_chunks_by_16_kilobytes(chunks: int, good: bool) -> None:
    # A line of 117 bytes before one byte of data: 99 more than is allowed.
    data = b"1;%b\r\na\r\n" % (b"x" * 113) * chunks + b"0\r\n\r\n"
    body = ChunkedBody()
    if good:
        assert fed(body, data) == (b"a" * chunks, b"", True)
    else:
        with pytest.raises(BodyError):
            body.feed(data, 0)


def test_large_chunks_pay_for_the_extensions_of_small_ones() -> None:
    noise = b"1;%b\r\na\r\n" % (b"x" * 113) * 100
    data = noise + b"4000\r\n%b\r\n" % (b"y" * 0x4000) + noise + b"0\r\n\r\n"
    parts, rest, done = fed(ChunkedBody(), data)
    assert (len(parts), rest, done) == (200 + 0x4000, b"", True)


CHUNKS = st.lists(st.binary(min_size=1, max_size=20), max_size=6)
EXTENSIONS = st.sampled_from([b"", b" ", b";a", b";a=b ", b"\t"])


@given(CHUNKS, EXTENSIONS, st.sampled_from([b"", b"A: b\r\n"]), st.binary(max_size=9), CUTS)
def test_a_chunked_body_does_not_depend_on_how_it_is_cut(
    chunks: list[bytes], extension: bytes, trailer: bytes, rest: bytes, cuts: set[int]
) -> None:
    lines = [b"%x%b\r\n%b\r\n" % (len(chunk), extension, chunk) for chunk in chunks]
    data = b"".join(lines) + b"0\r\n" + trailer + b"\r\n" + rest
    assert fed(ChunkedBody(), *pieces_of(data, cuts)) == (b"".join(chunks), rest, True)


def outcome(pieces: list[bytes]) -> tuple[bytes, bytes, bool] | str:
    try:
        return fed(ChunkedBody(), *pieces)
    except BodyError:
        return "refused"


NOISE = st.lists(
    st.sampled_from([b"0", b"1", b"a", b"\r\n", b"\r", b"\n", b";", b" ", b"A: b", b"\x00"]),
    max_size=30,
).map(b"".join)


@given(NOISE, CUTS)
def test_any_bytes_mean_the_same_however_they_are_cut(data: bytes, cuts: set[int]) -> None:
    assert outcome(pieces_of(data, cuts)) == outcome([data])


class Counted(bytes):
    """Bytes that count how many of them are copied, by slices and by what is put after them."""

    copied = 0

    def __getitem__(self, key: Any) -> Any:
        part = super().__getitem__(key)
        if not isinstance(part, bytes):
            return part
        Counted.copied += len(part)
        return Counted(part)

    def __radd__(self, before: bytes) -> Counted:
        Counted.copied += len(before) + len(self)
        return Counted(before + bytes(self))


@pytest.mark.parametrize("size", [1, 6, 100, 10_000, 1_000_000])
@pytest.mark.parametrize("chunk", [b"1\r\nx\r\n", b"3e8\r\n" + b"y" * 1000 + b"\r\n"])
def test_each_byte_of_a_chunked_body_is_copied_a_bounded_number_of_times(
    chunk: bytes, size: int
) -> None:
    data = chunk * (20_000 // len(chunk)) + b"0\r\n\r\n"
    body = ChunkedBody()
    Counted.copied = 0
    for i in range(0, len(data), size):
        body.feed(Counted(data[i : i + size]), 0)
    assert body.done
    assert Counted.copied <= 8 * len(data)
