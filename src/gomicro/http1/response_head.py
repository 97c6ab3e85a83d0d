"""The head of a response, put together from pieces that are made once.

A header that an application sends again and again is checked and encoded the first time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import TypeVar

__all__ = [
    "CONTINUE",
    "STATUS_LINES",
    "STATUS_LINES_WITH_BODY",
    "HeadParts",
    "check_status",
    "header_parts",
]

K = TypeVar("K")
V = TypeVar("V")

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

# Header fields that decide the framing or the fate of the connection are the engine's to write.
_FRAMING = frozenset((b"content-length", b"transfer-encoding", b"connection", b"date"))
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
_BAD_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_MEMORY = 1024
_KNOWN_SIZE = 512

_lines: dict[tuple[bytes, bytes], bytes | None] = {}


def _status_lines() -> dict[int, bytes]:
    phrases = {status.value: status.phrase for status in HTTPStatus}
    return {
        code: f"HTTP/1.1 {code} {phrases.get(code, '')}\r\n".encode() for code in range(100, 600)
    }


STATUS_LINES = _status_lines()
"""The status line of each status."""

STATUS_LINES_WITH_BODY = {
    code: line for code, line in STATUS_LINES.items() if code >= 200 and code not in (204, 304)
}
"""The status lines of responses that have a body (RFC 9110 section 6.4.1)."""


def check_status(status: int) -> None:
    """Raise RuntimeError unless `status` is an integer from 100 to 599."""
    try:
        known = status in STATUS_LINES
    except TypeError:
        known = False
    if not known:
        raise RuntimeError(f"an HTTP status is from 100 to 599, not {status!r}")


class HeadParts:
    """What an application's headers say: the lines to send, and how the response is framed."""

    __slots__ = ("block", "chunked", "close", "connection", "date", "identity", "length", "plain")

    def __init__(self) -> None:
        self.block = b""
        self.plain = True  # they leave framing and connection to the engine, but for the length
        self.length: int | None = None
        self.chunked = False
        self.identity = False
        self.close = False
        self.connection: bytes | None = None
        self.date: bytes | None = None


_known: dict[tuple[tuple[bytes, bytes], ...], HeadParts] = {}


def header_parts(headers: Iterable[tuple[bytes, bytes]]) -> HeadParts:
    """Check and encode an application's headers. The result is shared: it is not to be changed.

    Raises RuntimeError for a name or value that cannot be sent, as on uvicorn: a value with a line
    break in it would be another header (RFC 9110 section 5.5).
    """
    key = tuple(headers)
    try:
        known = _known.get(key)
    except TypeError:  # an application may give lists for pairs
        return header_parts((bytes(name), bytes(value)) for name, value in key)
    if known is not None:
        return known
    parts = HeadParts()
    lines: list[bytes] = []
    for header in key:
        line = _lines.get(header, b"")
        if line == b"":
            line = _encode(*header)
        if line is not None:
            lines.append(line)
        else:
            _take_framing(parts, header[0].lower(), header[1])
    parts.block = b"".join(lines)
    if len(parts.block) <= _KNOWN_SIZE:
        _remember(_known, key, parts)
    return parts


def _remember(memory: dict[K, V], key: K, value: V) -> None:
    if len(memory) >= _MEMORY:
        memory.clear()
    memory[key] = value


def _encode(name: bytes, value: bytes) -> bytes | None:
    if not _NAME.match(name):
        raise RuntimeError("Invalid HTTP header name.")
    if _BAD_VALUE.search(value):
        raise RuntimeError("Invalid HTTP header value.")
    line = None if name.lower() in _FRAMING else name.lower() + b": " + value + b"\r\n"
    if len(value) <= _KNOWN_SIZE:
        _remember(_lines, (name, value), line)
    return line


def _take_framing(parts: HeadParts, name: bytes, value: bytes) -> None:
    if name == b"content-length":
        if not value.isdigit():
            raise RuntimeError("Invalid Content-Length.")
        parts.length = int(value)
        return
    parts.plain = False
    if name == b"transfer-encoding":
        parts.identity = value.lower() == b"identity"
        parts.chunked = not parts.identity
    elif name == b"connection":
        tokens = {token.strip().lower() for token in value.split(b",")}
        parts.close = b"close" in tokens
        parts.connection = None if parts.close else value
    else:
        parts.date = b"date: " + value + b"\r\n"
