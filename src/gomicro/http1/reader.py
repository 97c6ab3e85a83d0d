"""What a peer sends on a connection, taken apart: heads, and the bytes of bodies between them.

No socket and no clock: bytes are fed, heads and parts of bodies are taken. Each byte is copied and
looked at a bounded number of times, however the peer cuts what it sends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gomicro.http1.body import NO_BODY, BodyError, ChunkedBody, LengthBody
from gomicro.http1.faults import BAD_REQUEST, HEADERS_TOO_LARGE, Fault
from gomicro.http1.head_lines import HeadLines
from gomicro.http1.head_memory import LONGEST_HEAD
from gomicro.http1.request_head import CHUNKED

if TYPE_CHECKING:
    from gomicro.http1.head_parser import HeadParser
    from gomicro.http1.request_head import RequestHead

__all__ = ["READ_AHEAD", "Reader"]

READ_AHEAD: Final = 65536
"""Bytes that may wait to be taken, besides a head: whoever feeds pauses above it."""


class Reader:
    """The requests of one connection, as bytes come.

    A head is taken with `next_head`. If a body follows it, `in_body` is true until the last part of
    that has been taken with `next_part`; then comes the next head.
    """

    __slots__ = (
        "_after_post", "_at", "_body", "_head", "_heads", "_limit", "_lines", "_seen",
        "buffer", "received",
    )  # fmt: skip

    def __init__(self, heads: HeadParser, limit: int) -> None:
        """`heads` may be shared by connections. `limit`: most bytes of a head."""
        self._heads = heads
        self._limit = limit
        self.buffer: bytes | bytearray = b""
        """Empty if nothing waits."""
        self._at = 0  # bytes of the buffer that have been taken
        self._seen = 0  # bytes of the buffer in which a head does not end
        self._head: RequestHead | None = None  # of what waits, if it is parsed already
        self._lines: HeadLines | None = None  # of what waits, if it is not complete
        self._body = NO_BODY
        self._after_post = False
        self.received = 0
        """Bytes of the body of the last request that have been taken."""

    @property
    def waiting(self) -> int:
        """Bytes that have been fed and not been taken."""
        return len(self.buffer) - self._at

    @property
    def in_body(self) -> bool:
        """Whether more of a body is to come before the next head."""
        return self._body is not NO_BODY

    def usual(self, data: bytes) -> tuple[RequestHead, bytes] | None:
        """Feed bytes. If they are one plain request with all of its body, and nothing else waits,
        take both: the short way to what `next_head` and `next_part` would take.
        """
        if not self.buffer:
            # A client's requests are mostly alike: one without a body is a head, and no more.
            if not self._after_post and len(data) <= LONGEST_HEAD:
                head = self._heads.known.get(data)
                if head is not None and head.plain and not head.length:
                    self._after_post = head.post
                    return head, b""
            end = data.find(b"\r\n\r\n") + 4
            lines = data[:end]
            head = self._heads.known.get(lines)
            if head is None and 4 <= end <= self._limit:
                try:
                    head = self._heads.parse_new(lines)
                except Fault:  # as of a head that is not complete, `next_head` tells of it
                    head = None
            if head is not None:
                if head.plain and head.length == len(data) - end <= READ_AHEAD:
                    self._after_post = head.post
                    return head, data[end:]
                self._head = head
        self.feed(data)
        return None

    def feed(self, data: bytes) -> None:
        """Keep bytes until they are taken."""
        if not self.buffer:
            self.buffer = data
            return
        if self._at > READ_AHEAD or not isinstance(self.buffer, bytearray):
            self._forget_taken()
        self.buffer += data

    def _forget_taken(self) -> None:
        self.buffer = bytearray(memoryview(self.buffer)[self._at :])
        self._seen -= self._at
        self._at = 0

    def clear(self) -> None:
        """Drop what waits, and what is known of it: nothing after it is understood, or wanted."""
        self.buffer = b""
        self._at = self._seen = 0
        self._head = self._lines = None
        self._body = NO_BODY

    def begun(self, *, kept: bool) -> bool:
        """Whether what waits is known to be a request: with its first byte, on a connection that
        was `kept` with the fourth. Go waits for these, to skip line ends after a POST.
        """
        if not kept:
            return self.waiting > 0
        if self.waiting < 4:
            return False
        if self._after_post:  # RFC 9112 section 2.2
            end = self._at + 4
            while self._at < end and self.buffer[self._at] in b"\r\n":
                self._at += 1
            self._seen = self._at
        return True

    def next_head(self) -> RequestHead | None:
        """Take the next head, or None if it is not complete.

        Raises the `Fault` of a head that is refused: for a line of it as soon as Go would know.
        """
        buffer = self.buffer
        end = buffer.find(b"\r\n\r\n", max(self._at, self._seen - 3)) + 4
        if end < 4:
            self._wait_for_head()
            return None
        if end - self._at > self._limit:
            raise Fault(HEADERS_TOO_LARGE)
        head = self._head or self._heads.parse(bytes(buffer[self._at : end]))
        self._head = self._lines = None
        self._after_post = head.post
        self.received = 0
        if head.length:
            self._body = ChunkedBody() if head.length == CHUNKED else LengthBody(head.length)
        if end == len(buffer):
            self.buffer = b""
            end = 0
        self._at = self._seen = end
        return head

    def _wait_for_head(self) -> None:
        if self.waiting >= self._limit:
            raise Fault(HEADERS_TOO_LARGE)
        if not self.waiting:  # but line ends that were skipped
            self.clear()
            return
        if self._lines is None:
            self._lines = HeadLines()
            self._forget_taken()
        self._seen = len(self.buffer)
        self._lines.feed(self.buffer)

    def cut_head(self, *, refuse: bool) -> None:
        """No more will come of the head that has begun. Raises the `Fault` of a line of it that is
        wrong in itself; and in any case, if `refuse` and something has come.
        """
        if self.waiting:
            lines = self._lines or HeadLines()
            self._forget_taken()
            lines.end(self.buffer)
            if refuse:
                raise Fault(BAD_REQUEST)

    def next_part(self, data: bytes = b"") -> bytes:
        """Feed bytes, and take the part of the body that waits.

        Raises a `Fault` if it is not a body; then the rest of it is dropped, and no head follows.
        """
        self.feed(data)
        try:
            part, self._at = self._body.feed(self.buffer, self._at)
        except BodyError:
            self.clear()
            raise Fault(BAD_REQUEST) from None
        if self._body.done:
            self._body = NO_BODY
        self._seen = self._at
        if self._at == len(self.buffer):
            self.buffer = b""
            self._at = self._seen = 0
        self.received += len(part)
        return part

    def take_rest(self) -> bytes:
        """Take all that waits, for whoever reads on."""
        rest = bytes(memoryview(self.buffer)[self._at :])
        self.clear()
        return rest

    def remaining(self) -> int:
        """Bytes of the body that are known to be missing."""
        return self._body.remaining()
