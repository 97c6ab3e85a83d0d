"""A request line and a field line, alone: what is read from them, and what is refused."""

from __future__ import annotations

import pytest

from gomicro.http1.faults import BAD_REQUEST, Fault
from gomicro.http1.line_faults import parse_field, parse_request_line


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"GET / HTTP/1.1", ("GET", b"/", (1, 1))),
        (b"get / HTTP/0.0", ("get", b"/", (0, 0))),
        (b"M-SEARCH * HTTP/9.9", ("M-SEARCH", b"*", (9, 9))),
        (b"!#$%&'*+-.^_`|~ / HTTP/1.0", ("!#$%&'*+-.^_`|~", b"/", (1, 0))),
        (b"PRI * HTTP/2.0", ("PRI", b"*", (2, 0))),
    ],
)
def test_a_request_line_has_three_parts(
    line: bytes, expected: tuple[str, bytes, tuple[int, int]]
) -> None:
    assert parse_request_line(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"GET",
        b"GET /",
        b"GET / ",
        b" / HTTP/1.1",
        b"GET  / HTTP/1.1",
        b"GET /  HTTP/1.1",
        b"GET / HTTP/1.1 ",
        b"GET / HTTP/1.10",
        b"GET / HTTP/11",
        b"GET / http/1.1",
        b"GET / HTTP/1.x",
        b"G(T / HTTP/1.1",
        b"G\xc3T / HTTP/1.1",
        b"GET /a b HTTP/1.1",
        b"GET /%g HTTP/1.1",
        b"GET a HTTP/1.1",
    ],
)
def test_a_bad_request_line_is_a_bad_request(line: bytes) -> None:
    with pytest.raises(Fault) as caught:
        parse_request_line(line)
    assert caught.value.refusal is BAD_REQUEST


GOOD_FIELDS = [
    (b"a: b", (b"a", b"b")),
    (b"A:b", (b"a", b"b")),
    (b"a:", (b"a", b"")),
    (b"a: \t b \t", (b"a", b"b")),
    (b"a: b\tc", (b"a", b"b\tc")),
    (b"a: \xff", (b"a", b"\xff")),
    (b"a: b: c", (b"a", b"b: c")),
    (b"a b: c", (b"a b", b"c")),
]


@pytest.mark.parametrize(("line", "field"), GOOD_FIELDS)
def test_a_field_is_a_name_and_a_value(line: bytes, field: tuple[bytes, bytes]) -> None:
    assert parse_field(line) == field


BAD_FIELDS = [
    b"a",
    b":b",
    b" a: b",
    b"\ta: b",
    b"a\t: b",
    b"a\xff: b",
    b"(a): b",
    b"a: \x00",
    b"a: \x01",
    b"a: \x0b",
    b"a: \x7f",
    b"a: b\rc",
]


@pytest.mark.parametrize("line", BAD_FIELDS)
def test_a_bad_field_is_a_bad_request(line: bytes) -> None:
    with pytest.raises(Fault) as caught:
        parse_field(line)
    assert caught.value.refusal is BAD_REQUEST
