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
    check_fields,
    check_whole_head,
    content_length,
    forbidden_trailer,
)
from gomicro.http1.head_lines import MAX_HEADER_VALUES


def test_the_number_of_fields_is_limited() -> None:
    assert len(check_fields([b"a: b"] * MAX_HEADER_VALUES)) == 500
    with pytest.raises(Fault) as caught:
        check_fields([b"a: b"] * (MAX_HEADER_VALUES + 1))
    assert caught.value.refusal is HEADERS_TOO_LARGE


ZEROS = b"0" * 5000


@pytest.mark.parametrize(
    ("value", "length"),
    [
        (b"0", 0),
        (b"5", 5),
        (b"007", 7),
        (ZEROS, 0),
        (ZEROS + b"5", 5),
        (b"9223372036854775807", 2**63 - 1),
        (ZEROS + b"9223372036854775807", 2**63 - 1),
    ],
    ids=lambda value: str(value)[-24:],
)
def test_a_length_is_digits_with_any_zeros_before_it(value: bytes, length: int) -> None:
    assert content_length(value) == length


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"+5",
        b"-5",
        b"5 5",
        b"5,5",
        b"0x5",
        b"1_000",
        b"\xd9\xa1",
        b"9223372036854775808",
        ZEROS + b"9223372036854775808",
        b"10000000000000000000",
        b"1" * 4300,
        b"1" * 4301,
        b"1" * 100_000,
    ],
    ids=lambda value: ascii(value)[2:24],
)
def test_what_is_no_length_is_a_bad_request(value: bytes) -> None:
    with pytest.raises(Fault) as caught:
        content_length(value)
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
        whole(HOST, b"Content-Length: " + ZEROS + b"5"),
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
        (whole(HOST, b"Content-Length: " + b"1" * 4301), BAD_REQUEST),
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
