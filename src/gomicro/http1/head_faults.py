"""What Go would refuse first in the head of a request.

The parser says only that a head is bad; what is answered depends on where Go's `readRequest` stops.
These functions go through a head in Go's order. They never accept anything: whatever they find no
fault in still has to pass the parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

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
from gomicro.http1.head_lines import MAX_HEADER_VALUES
from gomicro.http1.line_faults import parse_field, parse_request_line

__all__ = [
    "VALID_HOST",
    "check_fields",
    "check_whole_head",
    "content_length",
    "forbidden_trailer",
    "refusal_of",
]

MAX_CONTENT_LENGTH = 2**63 - 1
_MOST_DIGITS = len(str(MAX_CONTENT_LENGTH))

_LENGTH = re.compile(rb"[0-9]+\Z")
VALID_HOST = re.compile(rb"[0-9A-Za-z!$%&()*+,\-.:;=\[\]'_~]*\Z")


def check_fields(lines: Iterable[bytes]) -> list[tuple[bytes, bytes]]:
    """The (name, value) of each field line. Raises the `Fault` of the first that Go refuses."""
    fields: list[tuple[bytes, bytes]] = []
    for line in lines:
        fields.append(parse_field(line))
        if len(fields) > MAX_HEADER_VALUES:
            raise Fault(HEADERS_TOO_LARGE)
    return fields


def refusal_of(head: bytes) -> Refusal:
    """What to answer to a complete head that is refused: Go's fault, or a plain 400 where Go has
    none, because the parser or this server is stricter.
    """
    try:
        check_whole_head(head)
    except Fault as fault:
        return fault.refusal
    return BAD_REQUEST


def check_whole_head(head: bytes) -> None:
    """Raise the `Fault` of a complete head (ending in an empty line); return if none is found."""
    lines = head[:-4].split(b"\n")
    if any(not line.endswith(b"\r") for line in lines[:-1]):
        raise Fault(BAD_REQUEST)
    lines = [
        line.removesuffix(b"\r") if i < len(lines) - 1 else line for i, line in enumerate(lines)
    ]
    method, _, version = parse_request_line(lines[0])
    fields = check_fields(lines[1:])
    hosts = [value for name, value in fields if name == b"host"]
    if len(hosts) > 1:
        raise Fault(BAD_REQUEST)
    _check_framing(fields, version)
    if version[0] != 1:
        raise Fault(UNSUPPORTED_VERSION)
    if not hosts and version >= (1, 1) and method != "CONNECT":
        raise Fault(MISSING_HOST)
    if hosts and not VALID_HOST.match(hosts[0]):
        raise Fault(MALFORMED_HOST)
    if any(b" " in name for name, _ in fields):
        raise Fault(INVALID_HEADER_NAME)


def _check_framing(fields: list[tuple[bytes, bytes]], version: tuple[int, int]) -> None:
    codings = [value for name, value in fields if name == b"transfer-encoding"]
    if codings and version >= (1, 1) and [value.lower() for value in codings] != [b"chunked"]:
        raise Fault(UNSUPPORTED_TRANSFER_ENCODING)
    lengths = {value for name, value in fields if name == b"content-length"}
    if len(lengths) > 1:
        raise Fault(BAD_REQUEST)
    for value in lengths:
        content_length(value)
    trailers = [value for name, value in fields if name == b"trailer"]
    if codings and version >= (1, 1):
        forbidden_trailer(trailers)


def content_length(value: bytes) -> int:
    """The number in a `Content-Length`: digits, as many zeros before it as one likes (Go).

    Raises the 400 `Fault` for anything else, and for a number that Go has no room for.
    """
    if not _LENGTH.match(value):
        raise Fault(BAD_REQUEST)
    digits = value.lstrip(b"0") or b"0"
    # int() is never given a long text: it refuses one of more than 4,300 digits, zeros among them.
    if len(digits) > _MOST_DIGITS or int(digits) > MAX_CONTENT_LENGTH:
        raise Fault(BAD_REQUEST)
    return int(digits)


def forbidden_trailer(declared: list[bytes]) -> None:
    """Raise the `Fault` where a `Trailer` header names a field that may not be one."""
    names = [name.strip(b" \t").lower() for value in declared for name in value.split(b",")]
    if len(names) > MAX_HEADER_VALUES:
        raise Fault(HEADERS_TOO_LARGE)
    if not {b"transfer-encoding", b"trailer", b"content-length"}.isdisjoint(names):
        raise Fault(BAD_REQUEST)
