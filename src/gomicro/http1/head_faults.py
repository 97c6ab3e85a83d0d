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
from gomicro.http1.target import parse_target

__all__ = [
    "MAX_HEADER_VALUES",
    "VALID_HOST",
    "RequestLine",
    "check_fields",
    "check_lines",
    "check_whole_head",
    "forbidden_trailer",
    "parse_request_line",
    "refusal_of",
]

MAX_HEADER_VALUES = 500
"""Header values a request may have (Go's default since 1.27)."""

MAX_CONTENT_LENGTH = 2**63 - 1

TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
# Go lets a space pass here and refuses the name later, with a text of its own.
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z ]+\Z")
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*\Z")
_VERSION = re.compile(rb"HTTP/([0-9])\.([0-9])\Z")
_FIELD = re.compile(rb"[^ \t:][^:]*:")
_LENGTH = re.compile(rb"[0-9]+\Z")
VALID_HOST = re.compile(rb"[0-9A-Za-z!$%&()*+,\-.:;=\[\]'_~]*\Z")

RequestLine = tuple[str, bytes, tuple[int, int]]


def parse_request_line(line: bytes) -> RequestLine:
    """(method, target, version) of a request line without its CRLF. Raises the 400 `Fault`."""
    method, _, rest = line.partition(b" ")
    target, space, version = rest.partition(b" ")
    number = _VERSION.match(version)
    if not space or not TOKEN.match(method) or number is None:
        raise Fault(BAD_REQUEST)
    name = method.decode("ascii")
    parse_target(name, target)
    return name, target, (int(number[1]), int(number[2]))


def check_lines(data: bytes, *, ended: bool = False) -> None:
    """Raise the `Fault` of the first bad line in an incomplete head.

    Go reads line by line and answers as soon as one is wrong. `ended`: no more will come (a
    deadline passed, or the peer closed its side), so a last line without its end counts too.
    """
    lines = data.split(b"\n")
    last = lines.pop()
    if not all(line.endswith(b"\r") for line in lines):
        raise Fault(BAD_REQUEST)
    lines = [line[:-1] for line in lines]
    if ended and last:
        lines.append(last)
    elif len(lines) > 1 and not last and _FIELD.match(lines[-1]):
        lines.pop()  # Go looks at the byte behind a field line before it looks into the line
    if lines:
        parse_request_line(lines[0])
        check_fields(lines[1:])


def check_fields(lines: Iterable[bytes]) -> list[tuple[bytes, bytes]]:
    """The (name, value) of each field line. Raises the `Fault` of the first that Go refuses.

    A folded line is refused: RFC 9112 section 5.2 leaves that choice to a server.
    """
    fields: list[tuple[bytes, bytes]] = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not _NAME.match(name) or name.startswith(b" ") or not _VALUE.match(value):
            raise Fault(BAD_REQUEST)
        fields.append((name.lower(), value.strip(b" \t")))
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
        if not _LENGTH.match(value) or int(value) > MAX_CONTENT_LENGTH:
            raise Fault(BAD_REQUEST)
    trailers = [value for name, value in fields if name == b"trailer"]
    if codings and version >= (1, 1):
        forbidden_trailer(trailers)


def forbidden_trailer(declared: list[bytes]) -> None:
    """Raise the `Fault` where a `Trailer` header names a field that may not be one."""
    names = [name.strip(b" \t").lower() for value in declared for name in value.split(b",")]
    if len(names) > MAX_HEADER_VALUES:
        raise Fault(HEADERS_TOO_LARGE)
    if not {b"transfer-encoding", b"trailer", b"content-length"}.isdisjoint(names):
        raise Fault(BAD_REQUEST)
