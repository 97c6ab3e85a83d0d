"""The lines of a head that is still coming, checked one by one as Go reads them.

Go answers as soon as a line is wrong. So is it here, and each byte is looked at a bounded number
of times, however the head is cut into packets.
"""

from __future__ import annotations

from typing import Final

from gomicro.http1.faults import BAD_REQUEST, HEADERS_TOO_LARGE, Fault
from gomicro.http1.line_faults import parse_field, parse_request_line

__all__ = ["MAX_HEADER_VALUES", "HeadLines"]

MAX_HEADER_VALUES: Final = 500
"""Header values a request may have (Go's default since 1.27)."""


class HeadLines:
    """How far one incomplete head has been checked; its bytes stay the caller's.

    The buffer of each call begins with the one of the call before. Whether the head is complete,
    or too long, is for the caller to see, before it asks here.
    """

    __slots__ = ("_checked", "_fields", "_scanned")

    def __init__(self) -> None:
        self._checked = 0  # bytes in lines that are good
        self._scanned = 0  # bytes among which all line ends are known
        self._fields = -1  # field lines that are good; -1 before the request line

    def feed(self, buffer: bytes | bytearray) -> None:
        """Check the lines that have come. Raises the `Fault` of the first that Go refuses.

        Go looks at the byte after a field line before it looks into the line, because that line
        could go on there (a fold). So a field line that nothing follows is not looked into yet.
        """
        end = buffer.find(b"\n", self._scanned)
        while end >= 0:
            line = bytes(buffer[self._checked : end])
            if not line.endswith(b"\r"):
                raise Fault(BAD_REQUEST)
            self._scanned = end
            if end + 1 == len(buffer) and self._may_go_on(line):
                return
            self._check(line[:-1])
            self._checked = self._scanned = end + 1
            end = buffer.find(b"\n", end + 1)
        self._scanned = len(buffer)

    def end(self, buffer: bytes | bytearray) -> None:
        """Check what has come where no more will: a deadline has passed, or the peer has closed
        its side. The last line counts then, whether it has an end or not.

        Raises the `Fault` of the first line that Go refuses.
        """
        self.feed(buffer)
        rest = bytes(buffer[self._checked :])
        if rest:
            self._check(rest.removesuffix(b"\r\n"))

    def _may_go_on(self, line: bytes) -> bool:
        """Whether a line could be folded: a field line is, and with its colon only (Go)."""
        return self._fields >= 0 and not line.startswith((b" ", b"\t")) and b":" in line

    def _check(self, line: bytes) -> None:
        if self._fields < 0:
            parse_request_line(line)
        else:
            parse_field(line)
            if self._fields == MAX_HEADER_VALUES:
                raise Fault(HEADERS_TOO_LARGE)
        self._fields += 1
