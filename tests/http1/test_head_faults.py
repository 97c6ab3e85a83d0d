"""What is refused in a head, and in which order."""

from __future__ import annotations

import pytest

from gomicro.http1.faults import (
    BAD_REQUEST,
    HEADERS_TOO_LARGE,
    INVALID_HEADER_NAME,
    MALFORMED_HOST,
    MISSING_HOST,
    UNSUPPORTED_TRANSFER_ENCODING,
    UNSUPPORTED_VERSION,
    Fault,
    Refusal,
)
from gomicro.http1.head_faults import (
    MAX_HEADER_VALUES,
    check_fields,
    check_lines,
    check_whole_head,
    forbidden_trailer,
    parse_request_line,
)


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
    assert check_fields([line]) == [field]


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
        check_fields([b"x: y", line])
    assert caught.value.refusal is BAD_REQUEST


def test_the_number_of_fields_is_limited() -> None:
    assert len(check_fields([b"a: b"] * MAX_HEADER_VALUES)) == 500
    with pytest.raises(Fault) as caught:
        check_fields([b"a: b"] * (MAX_HEADER_VALUES + 1))
    assert caught.value.refusal is HEADERS_TOO_LARGE


LINE = b"GET / HTTP/1.1\r\n"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"G(",
        LINE[:-2],
        LINE[:-1],
        LINE,
        LINE + b"Host: h\r\n",
        LINE + b"Host: h\r\nbad",
        LINE + b"Host: h\r\na: \x00\r\n",  # Go waits for the byte behind a field line
        LINE + b"\x00",
        b"GET / HTTP/2.0\r\n",
    ],
)
def test_an_incomplete_head_without_a_bad_line_may_go_on(data: bytes) -> None:
    check_lines(data)


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n",
        b"\n",
        b"G(T / HTTP/1.1\r\n",
        b"GET / HTTP/1.1\n",
        LINE + b"Host: h\n",
        LINE + b"bad\r\n",
        LINE + b"a: b\r\n c: d\r\ne",
        LINE + b"a: \x00\r\nb: c",
    ],
)
def test_a_bad_line_is_refused_before_the_head_is_complete(data: bytes) -> None:
    with pytest.raises(Fault) as caught:
        check_lines(data)
    assert caught.value.refusal is BAD_REQUEST


@pytest.mark.parametrize("data", [b"", LINE, LINE + b"Host: h", LINE + b"Host:", LINE[:-2]])
def test_a_head_that_ends_early_may_have_no_fault(data: bytes) -> None:
    check_lines(data, ended=True)


@pytest.mark.parametrize("data", [b"G", b"GET /", LINE + b"Hos", LINE + b"a: b\r\nbad"])
def test_the_last_line_of_a_head_that_ends_early_counts(data: bytes) -> None:
    with pytest.raises(Fault) as caught:
        check_lines(data, ended=True)
    assert caught.value.refusal is BAD_REQUEST


def whole(*fields: bytes, line: bytes = b"GET / HTTP/1.1") -> bytes:
    return b"\r\n".join((line, *fields)) + b"\r\n\r\n"


HOST = b"Host: h"
CHUNKED = b"Transfer-Encoding: chunked"
FORBIDDEN = b"Trailer: Content-Length"


@pytest.mark.parametrize(
    "head",
    [
        whole(HOST),
        whole(b"Host:"),
        whole(line=b"GET / HTTP/1.0"),
        whole(line=b"CONNECT h:1 HTTP/1.1"),
        whole(HOST, line=b"GET / HTTP/1.9"),
        whole(HOST, b"Content-Length: 9223372036854775807"),
        whole(HOST, b"Content-Length: 5", b"Content-Length: 5"),
        whole(HOST, CHUNKED),
        whole(HOST, b"Transfer-Encoding: CHUNKED", b"Trailer: X"),
        whole(HOST, CHUNKED, b"Content-Length: 5"),
        whole(HOST, FORBIDDEN),
        whole(HOST, b"Transfer-Encoding: gzip", FORBIDDEN, line=b"GET / HTTP/1.0"),
    ],
)
def test_a_head_without_fault(head: bytes) -> None:
    check_whole_head(head)


@pytest.mark.parametrize(
    ("head", "refusal"),
    [
        (b"GET / HTTP/1.1\nHost: h\r\n\r\n", BAD_REQUEST),
        (whole(b"a: b\nc: d", HOST), BAD_REQUEST),
        (whole(HOST, b"Host: h"), BAD_REQUEST),
        (whole(HOST, b"bad"), BAD_REQUEST),
        (whole(HOST, b"Transfer-Encoding: gzip"), UNSUPPORTED_TRANSFER_ENCODING),
        (whole(HOST, CHUNKED, CHUNKED), UNSUPPORTED_TRANSFER_ENCODING),
        (whole(HOST, b"Transfer-Encoding: gzip, chunked"), UNSUPPORTED_TRANSFER_ENCODING),
        (whole(HOST, b"Transfer-Encoding:"), UNSUPPORTED_TRANSFER_ENCODING),
        (whole(HOST, b"Content-Length: 5", b"Content-Length: 6"), BAD_REQUEST),
        (whole(HOST, b"Content-Length: +5"), BAD_REQUEST),
        (whole(HOST, b"Content-Length: 5, 5"), BAD_REQUEST),
        (whole(HOST, b"Content-Length:"), BAD_REQUEST),
        (whole(HOST, b"Content-Length: 9223372036854775808"), BAD_REQUEST),
        (whole(HOST, CHUNKED, b"Content-Length: x"), BAD_REQUEST),
        (whole(HOST, CHUNKED, FORBIDDEN), BAD_REQUEST),
        (whole(HOST, line=b"GET / HTTP/0.9"), UNSUPPORTED_VERSION),
        (whole(HOST, line=b"GET / HTTP/2.0"), UNSUPPORTED_VERSION),
        (whole(), MISSING_HOST),
        (whole(b"Host: a b"), MALFORMED_HOST),
        (whole(b"Host: a/b"), MALFORMED_HOST),
        (whole(b"Host: \xff"), MALFORMED_HOST),
        (whole(b"Host: a/b", line=b"GET / HTTP/1.0"), MALFORMED_HOST),
        (whole(HOST, b"a b: c"), INVALID_HEADER_NAME),
        # The order is Go's.
        (whole(HOST, HOST, b"Transfer-Encoding: gzip"), BAD_REQUEST),
        (
            whole(b"Transfer-Encoding: gzip", line=b"GET / HTTP/2.0"),
            UNSUPPORTED_TRANSFER_ENCODING,
        ),
        (whole(b"a b: c"), MISSING_HOST),
        (whole(b"Host: a/b", b"a b: c"), MALFORMED_HOST),
    ],
)
def test_the_first_fault_of_a_head_is_gos(head: bytes, refusal: Refusal) -> None:
    with pytest.raises(Fault) as caught:
        check_whole_head(head)
    assert caught.value.refusal is refusal


def test_names_in_trailer_are_limited() -> None:
    forbidden_trailer([b"a, b", b"c"] * 160)
    with pytest.raises(Fault) as caught:
        forbidden_trailer([b"a,b"] * 251)
    assert caught.value.refusal is HEADERS_TOO_LARGE


@pytest.mark.parametrize("name", [b"Trailer", b"x, Transfer-Encoding ", b"content-length"])
def test_framing_may_not_be_in_trailer(name: bytes) -> None:
    with pytest.raises(Fault) as caught:
        forbidden_trailer([b"x", name])
    assert caught.value.refusal is BAD_REQUEST
