"""The head of a response, put together from pieces that are made once.

A header that an application sends again and again is checked and encoded the first time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final, TypeVar

__all__ = ["CONTINUE", "REQUEST_ID", "ResponseStart", "response_start"]

K = TypeVar("K")
V = TypeVar("V")

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"

REQUEST_ID: Final = b"x-request-id: "
"""What the line begins with that names a request in its response."""

# Header fields that decide the framing or the fate of the connection are the engine's to write.
_FRAMING: Final = frozenset((b"content-length", b"transfer-encoding", b"connection", b"date"))
_NAME: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
_BAD_VALUE: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_EVENT_STREAM: Final = b"content-type: text/event-stream"
_MEMORY: Final = 1024
_KNOWN_SIZE: Final = 512

_lines: Final[dict[tuple[bytes, bytes], bytes | None]] = {}

# Go's, in which Pythons differ from it and from each other.
_PHRASES: Final = {status.value: status.phrase for status in HTTPStatus} | {
    413: "Request Entity Too Large",
    414: "Request URI Too Long",
    416: "Requested Range Not Satisfiable",
    418: "I'm a teapot",
    422: "Unprocessable Entity",
}


class ResponseStart:
    """What an application says of its response before the body: status, headers, framing.

    `usual`: the response has a body (RFC 9110 section 6.4.1), and the headers leave framing and
    connection to the engine, but for the length. `event_stream`: it goes on as long as the client
    listens (text/event-stream).
    """

    __slots__ = (
        "block",
        "chunked",
        "close",
        "connection",
        "date",
        "event_stream",
        "identity",
        "length",
        "line",
        "status",
        "usual",
    )

    def __init__(self, status: Any) -> None:
        # After a 1xx a client waits for the response (RFC 9110 section 15.2).
        if type(status) not in (int, HTTPStatus) or not 200 <= status <= 999:
            raise RuntimeError(f"the status of a response is from 200 to 999, not {status!r}")
        self.status = int(status)
        self.line = f"HTTP/1.1 {self.status} {_PHRASES.get(self.status, '')}\r\n".encode()
        self.usual = status not in (204, 304)
        self.block = b""
        self.length: int | None = None
        self.chunked = False
        self.identity = False
        self.close = False
        self.connection: bytes | None = None
        self.date: bytes | None = None
        self.event_stream = False


_known: Final[dict[tuple[Any, tuple[Any, ...]], ResponseStart]] = {}


def response_start(status: Any, headers: Iterable[Any]) -> ResponseStart:
    """Check and encode a status and headers, pairs of bytes; an application may give anything.

    The result is shared: it is not to be changed. Raises RuntimeError for what cannot be sent, as
    on uvicorn: a status that is none; a name or value that is none (with a line break in it a value
    would be another header: RFC 9110 section 5.5).
    """
    key = (status, tuple(headers))
    try:
        known = _known.get(key)
    except TypeError:  # an application may give lists for pairs
        ResponseStart(status)  # or a list for the status
        return response_start(status, [(bytes(name), bytes(value)) for name, value in key[1]])
    if known is not None:
        return known
    start = ResponseStart(status)
    lines: list[bytes] = []
    for header in key[1]:
        line = _lines.get(header, b"")
        if line == b"":
            line = _encode(*header)
        if line is not None:
            lines.append(line)
            if line.startswith(_EVENT_STREAM):
                start.event_stream = True
        else:
            _take_framing(start, header[0].lower(), header[1])
    start.block = b"".join(lines)
    if len(start.block) <= _KNOWN_SIZE:
        _remember(_known, key, start)
    return start


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


def _take_framing(start: ResponseStart, name: bytes, value: bytes) -> None:
    if name == b"content-length":
        if not value.isdigit():
            raise RuntimeError("Invalid Content-Length.")
        start.length = int(value)
        return
    start.usual = False
    if name == b"transfer-encoding":
        start.identity = value.lower() == b"identity"
        start.chunked = not start.identity
    elif name == b"connection":
        tokens = {token.strip().lower() for token in value.split(b",")}
        start.close = b"close" in tokens
        start.connection = None if start.close else value
    else:
        start.date = b"date: " + value + b"\r\n"
