"""The answers to requests that no application sees."""

from __future__ import annotations

import pytest

from gomicro.http1 import faults
from gomicro.http1.faults import Refusal

PLAIN = "content-type: text/plain; charset=utf-8\r\n"


@pytest.mark.parametrize(
    ("refusal", "line", "body"),
    [
        (faults.BAD_REQUEST, "400 Bad Request", "400 Bad Request"),
        (
            faults.MISSING_HOST,
            "400 Bad Request: missing required Host header",
            "400 Bad Request: missing required Host header",
        ),
        (
            faults.MALFORMED_HOST,
            "400 Bad Request: malformed Host header",
            "400 Bad Request: malformed Host header",
        ),
        (
            faults.INVALID_HEADER_NAME,
            "400 Bad Request: invalid header name",
            "400 Bad Request: invalid header name",
        ),
        (faults.HTTP2_PREFACE, "400 Bad Request", ""),
        (faults.BODY_TIMEOUT, "408 Request Timeout", "408 Request Timeout"),
        (faults.BODY_TOO_LARGE, "413 Request Entity Too Large", "413 Request Entity Too Large"),
        (
            faults.HEADERS_TOO_LARGE,
            "431 Request Header Fields Too Large",
            "431 Request Header Fields Too Large",
        ),
        (
            faults.UNSUPPORTED_TRANSFER_ENCODING,
            "501 Not Implemented",
            "Unsupported transfer encoding",
        ),
        (
            faults.UNSUPPORTED_VERSION,
            "505 HTTP Version Not Supported: unsupported protocol version",
            "505 HTTP Version Not Supported: unsupported protocol version",
        ),
    ],
    ids=lambda value: str(value) if isinstance(value, Refusal) else "",
)
def test_a_refusal_is_answered_in_gos_words_and_closes(
    refusal: Refusal, line: str, body: str
) -> None:
    expected = (
        f"HTTP/1.1 {line}\r\nx: y\r\n{PLAIN if body else ''}"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n{body}"
    )
    assert refusal.answer(b"x: y\r\n") == expected.encode()


def test_every_refusal_is_public() -> None:
    named = {name for name, value in vars(faults).items() if isinstance(value, Refusal)}
    assert named | {"Fault", "Refusal"} == set(faults.__all__)


def test_a_refusal_says_its_status() -> None:
    assert str(faults.HEADERS_TOO_LARGE) == "431 Request Header Fields Too Large"
