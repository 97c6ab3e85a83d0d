"""A line of a head, alone: the request line and a field line, as Go's `net/http` takes them."""

from __future__ import annotations

import re

from gomicro.http1.faults import BAD_REQUEST, Fault
from gomicro.http1.target import parse_target

__all__ = ["RequestLine", "parse_field", "parse_request_line"]

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
# Go lets a space pass here and refuses the name later, with a text of its own.
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z ]+\Z")
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*\Z")
_VERSION = re.compile(rb"HTTP/([0-9])\.([0-9])\Z")

RequestLine = tuple[str, bytes, tuple[int, int]]


def parse_request_line(line: bytes) -> RequestLine:
    """(method, target, version) of a request line without its CRLF. Raises the 400 `Fault`."""
    method, _, rest = line.partition(b" ")
    target, space, version = rest.partition(b" ")
    number = _VERSION.match(version)
    if not space or not _TOKEN.match(method) or number is None:
        raise Fault(BAD_REQUEST)
    name = method.decode("ascii")
    parse_target(name, target)
    return name, target, (int(number[1]), int(number[2]))


def parse_field(line: bytes) -> tuple[bytes, bytes]:
    """(name, value) of a field line without its CRLF, the name in lower case.

    Raises the 400 `Fault`, also for a folded line: RFC 9112 section 5.2 leaves that to a server.
    """
    name, colon, value = line.partition(b":")
    if not colon or not _NAME.match(name) or name.startswith(b" ") or not _VALUE.match(value):
        raise Fault(BAD_REQUEST)
    return name.lower(), value.strip(b" \t")
