"""How a response is framed on the wire, and whether its connection is kept: Go's `writeHeader`.

No socket: a request's head, a status and an application's headers go in; bytes come out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gomicro.http1.request_head import RequestHead
    from gomicro.http1.response_head import ResponseStart

__all__ = ["JOIN_LIMIT", "Framing", "frame", "octets", "whole_response"]

JOIN_LIMIT: Final = 65536
"""A body up to this size is copied after its head, so that both leave in one write."""

_SHORT: Final = 1024
_LENGTHS: Final = tuple(b"content-length: %d\r\n\r\n" % size for size in range(_SHORT))
"""The last line of a head and the empty line after it, for short bodies."""


def octets(body: object) -> bytes:
    """The bytes of what an application sends, which may be a memoryview or a bytearray, too. Raises
    TypeError for what has none.
    """
    return body if type(body) is bytes else memoryview(body).tobytes()  # type: ignore[arg-type]


def whole_response(start: ResponseStart, stamp: bytes, body: bytes) -> bytes | None:
    """A whole response to a plain request on a connection that is kept, in the usual case.

    None where `frame` is needed. What it returns, `frame` would make the same.
    """
    size = len(body)
    if not start.usual or size > JOIN_LIMIT:
        return None
    if start.length is not None and start.length != size:
        return None
    last = _LENGTHS[size] if size < _SHORT else b"content-length: %d\r\n\r\n" % size
    return b"".join((start.line, stamp, start.block, last, body))


class Framing:
    """A response head, ready to send, and what it commits the body and the connection to.

    `left` is what the announced length leaves to send; None where no length is announced.
    """

    __slots__ = ("chunked", "head", "keep_alive", "left", "no_body", "sent")

    def __init__(
        self, head: bytes, *, no_body: bool, length: int | None, chunked: bool, keep_alive: bool
    ) -> None:
        self.head = head
        self.no_body = no_body
        self.left = length
        self.chunked = chunked
        self.keep_alive = keep_alive
        self.sent = 0

    def part(self, body: bytes) -> bytes:
        """A part of the body as it goes on the wire. Raises RuntimeError beyond the length."""
        size = len(body)
        if self.no_body or not size:
            return b""
        if self.left is not None:
            if size > self.left:
                raise RuntimeError("Response content longer than Content-Length")
            self.left -= size
        self.sent += size
        return b"%x\r\n%b\r\n" % (size, body) if self.chunked else body

    def end(self) -> bytes:
        """What ends the body. Raises RuntimeError where the length is not reached."""
        if self.left and not self.no_body:
            raise RuntimeError("Response content shorter than Content-Length")
        return b"0\r\n\r\n" if self.chunked else b""


def frame(
    request: RequestHead,
    start: ResponseStart,
    *,
    stamp: bytes,
    name: bytes = b"",
    size: int,
    final: bool,
    keep_alive: bool,
) -> Framing:
    """Frame the response to `request`. `stamp` and `name`: header lines that it has anyway.

    `size` bytes of body are at hand, and `final` tells whether they are all of it; then a length
    is announced that the application left out, but not to HEAD where the body is empty: the
    application may have left it out for that very reason. Without a length a body is chunked, or,
    for HTTP/1.0, ends with the connection (RFC 9112 section 6.3).
    """
    status = start.status
    lines = [start.line, start.date or stamp, name, start.block]
    head_only = request.method == "HEAD"
    bodiless = status in (204, 304)
    keep_alive = keep_alive and not start.close
    if request.method == "CONNECT":
        if 200 <= status < 300:
            return _tunnel(lines)
        keep_alive = False
    length = None if start.chunked or start.identity else start.length
    unframed = length is None and not start.chunked and not start.identity
    if final and unframed and not bodiless and (size or not head_only):
        length = size
    if status == 204:
        length = None  # RFC 9110 section 8.6
    no_body = head_only or bodiless
    chunked = not (no_body or length is not None or request.http_10 or start.identity)
    if not no_body and length is None and not chunked:
        keep_alive = False
    if length is not None:
        lines.append(b"content-length: %d\r\n" % length)
    elif chunked:
        lines.append(b"transfer-encoding: chunked\r\n")
    lines.append(_connection_line(request, start, keep_alive))
    return Framing(
        b"".join(lines), no_body=no_body, length=length, chunked=chunked, keep_alive=keep_alive
    )


def _tunnel(lines: list[bytes]) -> Framing:
    """A 2xx to CONNECT is followed by bytes of another protocol (RFC 9110 section 9.3.6)."""
    lines.append(b"\r\n")
    return Framing(b"".join(lines), no_body=False, length=None, chunked=False, keep_alive=False)


def _connection_line(request: RequestHead, start: ResponseStart, keep_alive: bool) -> bytes:
    """The last line of a head and the empty line after it."""
    if not keep_alive:
        return b"connection: close\r\n\r\n"
    if request.http_10:
        return b"connection: keep-alive\r\n\r\n"
    if start.connection is not None:
        return b"connection: " + start.connection + b"\r\n\r\n"
    return b"\r\n"
