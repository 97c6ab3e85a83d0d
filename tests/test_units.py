"""Go's durations and byte sizes, there and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gomicro.units import (
    MAX_DURATION,
    MAX_SIZE,
    format_duration,
    format_size,
    parse_duration,
    parse_size,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("0", 0, id="zero"),
        pytest.param("0s", 0, id="zero seconds"),
        pytest.param("5", 5, id="a bare number is seconds"),
        pytest.param("1.5", 1.5, id="a bare fraction"),
        pytest.param(".5", 0.5, id="no digit before the point"),
        pytest.param("1.", 1, id="no digit after the point"),
        pytest.param("+2s", 2, id="a plus sign, as in Go"),
        pytest.param("500ms", 0.5, id="milliseconds"),
        pytest.param("1s", 1, id="seconds"),
        pytest.param("1m30s", 90, id="minutes and seconds"),
        pytest.param("1.5h", 5400, id="a fraction of an hour"),
        pytest.param("1h1m1s1ms1us1ns", 3661.001001001, id="every unit"),
        pytest.param("7\u00b5s", 7e-6, id="micro sign"),
        pytest.param("7\u03bcs", 7e-6, id="Greek mu"),
        pytest.param("30s1m", 90, id="in any order, as in Go"),
        pytest.param("0.9ns", 0, id="less than a nanosecond is dropped"),
        pytest.param("9223372036.854775807s", MAX_DURATION, id="the longest"),
    ],
)
def test_a_duration_is_read_as_go_reads_it(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "is not a duration", id="nothing"),
        pytest.param(".", "is not a duration", id="a point"),
        pytest.param("s", "is not a duration", id="a unit alone"),
        pytest.param("1x", "is not a duration", id="unknown unit"),
        pytest.param("1S", "is not a duration", id="upper case"),
        pytest.param("1 s", "is not a duration", id="a space"),
        pytest.param("1s\n", "is not a duration", id="a line end"),
        pytest.param("1h30", "is not a duration", id="a unit missing after another"),
        pytest.param("1e3", "is not a duration", id="an exponent"),
        pytest.param("nan", "is not a duration", id="NaN"),
        pytest.param("inf", "is not a duration", id="infinity"),
        pytest.param("\u0661s", "is not a duration", id="digits of another script"),
        pytest.param("9" * 5000, "is not a duration", id="five thousand digits"),
        pytest.param("-1s", "is negative", id="negative"),
        pytest.param("-0", "is negative", id="minus zero"),
        pytest.param("3000000h", "the longest duration is about 292 years", id="overflow"),
    ],
)
def test_what_is_no_duration_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_duration(text)


def test_a_refused_duration_says_what_would_be_right() -> None:
    with pytest.raises(ValueError, match="write 500ms, 1s, 1m30s, 1d or a number of seconds"):
        parse_duration("soon")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (1e-9, "1ns"),
        (1.1e-6, "1.1\u00b5s"),
        (0.5, "500ms"),
        (1, "1s"),
        (1.5, "1.5s"),
        (10, "10s"),
        (90, "1m30s"),
        (120, "2m0s"),
        (3600, "1h0m0s"),
        (5400.25, "1h30m0.25s"),
    ],
)
def test_a_duration_is_shown_as_go_shows_it(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.integers(0, 2**50))
def test_a_shown_duration_reads_back_the_same(nanoseconds: int) -> None:
    assert parse_duration(format_duration(nanoseconds / 1e9)) == nanoseconds / 1e9


@pytest.mark.parametrize(
    ("text", "size"),
    [
        pytest.param("0", 0, id="zero"),
        pytest.param("1500", 1500, id="bare bytes"),
        pytest.param("10B", 10, id="bytes by name"),
        pytest.param("64KiB", 65536, id="KiB"),
        pytest.param("1MiB", 1048576, id="MiB"),
        pytest.param("10M", 10 * 2**20, id="a letter alone counts in 1024s"),
        pytest.param("10k", 10240, id="a small letter"),
        pytest.param("2Gi", 2**31, id="as Kubernetes writes it"),
        pytest.param("32MB", 32_000_000, id="MB counts in thousands"),
        pytest.param("2kb", 2000, id="lower case"),
        pytest.param("1.5KiB", 1536, id="a fraction that is whole bytes"),
        pytest.param(".5KiB", 512, id="no digit before the point"),
        pytest.param("1 GiB", 2**30, id="one space"),
        pytest.param("9223372036854775807", MAX_SIZE, id="the largest"),
    ],
)
def test_a_size_is_read(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "is not a size", id="nothing"),
        pytest.param("MiB", "is not a size", id="a unit alone"),
        pytest.param("1X", "is not a size", id="no unit"),
        pytest.param("1  MB", "is not a size", id="two spaces"),
        pytest.param("1MB\n", "is not a size", id="a line end"),
        pytest.param("nan", "is not a size", id="NaN"),
        pytest.param("9" * 5000, "is not a size", id="five thousand digits"),
        pytest.param("-1", "is negative", id="negative"),
        pytest.param("1.5", "is not a whole number of bytes", id="half a byte"),
        pytest.param("9223372036854775808", "is too large", id="overflow"),
        pytest.param("9999999999TiB", "is too large", id="overflow by the unit"),
    ],
)
def test_what_is_no_size_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_size(text)


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0"), (1500, "1500"), (1024, "1KiB"), (1536, "1536"), (2**20, "1MiB"), (2**40, "1TiB")],
)
def test_a_size_is_shown_in_the_largest_unit_that_is_exact(size: int, text: str) -> None:
    assert format_size(size) == text


@given(st.integers(0, MAX_SIZE))
def test_a_shown_size_reads_back_the_same(size: int) -> None:
    assert parse_size(format_size(size)) == size
