"""The body of a request as it comes: by length or in chunks, by the rules of Go's `transfer.go`.

No socket and no clock: bytes go in, and what they hold of the body comes out. A chunked body is
where two servers may disagree about where a request ends, so it is read here as strictly as Go
reads it (RFC 9112 section 7.1).
"""

from __future__ import annotations

import re
from typing import Final, Protocol

from gomicro.http1.faults import Fault
from gomicro.http1.head_faults import check_fields

__all__ = ["NO_BODY", "Body", "BodyError", "ChunkedBody", "LengthBody"]

_MAX_LINE: Final = 4096
_MAX_EXCESS: Final = 16 * 1024
_LINE, _DATA, _TRAILER = "line", "data", "trailer"  # what is read next
_CHUNK_LINE: Final = re.compile(rb"([0-9A-Fa-f]{1,16})(?:[ \t]*|;[^\r\n]*)\r\n")


Data = bytes | bytearray


class BodyError(Exception):
    """The bytes are not a body in this coding. Nothing after them can be understood."""


class Body(Protocol):
    """A body being received. `done` once all of it has been fed."""

    done: bool

    def feed(self, data: Data, at: int) -> tuple[bytes, int]:
        """Take what came, from `at` on; return the body's bytes in it, and where they end in data:
        its length, unless the body is done.

        Raises BodyError if the data cannot be part of a body in this coding.
        """
        ...

    def remaining(self) -> int:
        """Bytes known to be missing; 0 where the coding does not tell."""
        ...


class _NoBody:
    """The body of a request that has none."""

    __slots__ = ()
    done = True

    def feed(self, data: Data, at: int) -> tuple[bytes, int]:
        """See `Body.feed`. Never raises."""
        return b"", at

    def remaining(self) -> int:
        """None."""
        return 0


NO_BODY: Final[Body] = _NoBody()
"""A request without a body, and one whose body has come."""


class LengthBody:
    """A body of `length` bytes, at least one."""

    __slots__ = ("_left", "done")

    def __init__(self, length: int) -> None:
        self._left = length
        self.done = False

    def feed(self, data: Data, at: int) -> tuple[bytes, int]:
        """See `Body.feed`. Never raises."""
        part = bytes(data[at : at + self._left])
        self._left -= len(part)
        self.done = not self._left
        return part, at + len(part)

    def remaining(self) -> int:
        """Bytes that have not come yet."""
        return self._left


class ChunkedBody:
    """A body in the chunked coding, with its trailer section, which is checked and dropped.

    Of what was fed only an incomplete line, chunk end or trailer section is kept, under 4096 bytes.
    """

    __slots__ = ("_excess", "_kept", "_left", "_place", "done")

    def __init__(self) -> None:
        self._kept = b""
        self._left = 0
        self._excess = 0
        self._place = _LINE
        self.done = False

    def feed(self, data: Data, at: int) -> tuple[bytes, int]:
        """See `Body.feed`."""
        ahead = len(self._kept) - at  # how much further a place is in what follows than in data
        if self._kept:
            data = self._kept + data[at:]
            at = 0
        else:
            ahead = 0
        parts: list[Data] = []
        while not self.done:
            if self._place is _LINE:
                after = self._read_line(data, at, parts)
            elif self._place is _DATA:
                after = self._read_data(data, at, parts)
            else:
                after = self._read_trailer(data, at)
            if after < 0:
                self._kept = bytes(data[at:])
                return b"".join(parts), len(data) - ahead
            at = after
        return b"".join(parts), at - ahead

    def remaining(self) -> int:
        """Nothing is known ahead."""
        return 0

    # Each returns where it stopped, or -1 where it needs more data than there is.

    def _read_line(self, data: Data, at: int, parts: list[Data]) -> int:
        """Read a chunk's size line, and its data where all of that is here."""
        match = _CHUNK_LINE.match(data, at)
        end = data.find(b"\n", at, at + _MAX_LINE) + 1 if match is None else match.end()
        if match is None or end - at > _MAX_LINE:
            if not end and len(data) - at < _MAX_LINE:
                return -1
            raise BodyError("malformed chunk size, or a chunk's line that is too long")
        self._left = int(match[1], 16)
        # Overhead may be 16 bytes a chunk and twice its data, and 16 kB beyond that.
        self._excess = max(0, self._excess + end - at - 16 - 2 * self._left)
        if self._excess > _MAX_EXCESS:
            raise BodyError("chunked encoding contains too much that is not data")
        stop = end + self._left
        if self._left and data[stop : stop + 2] == b"\r\n":  # all of the chunk is here
            parts.append(data[end:stop])
            self._left = 0
            return stop + 2
        self._place = _DATA if self._left else _TRAILER
        return end

    def _read_data(self, data: Data, at: int, parts: list[Data]) -> int:
        """Read a chunk's data, or what is there of it, and its end."""
        if self._left:
            part = data[at : at + self._left]
            if not part:
                return -1
            parts.append(part)
            self._left -= len(part)
            return at + len(part)
        end = data[at : at + 2]
        if len(end) < 2:
            return -1
        if end != b"\r\n":
            raise BodyError("malformed chunked encoding")
        self._place = _LINE
        return at + 2

    def _read_trailer(self, data: Data, at: int) -> int:
        """Read the trailer section, if all of it is there; Go wants it within 4096 bytes."""
        if len(data) - at < 2:
            return -1
        if data.startswith(b"\r\n", at):
            self.done = True
            return at + 2
        end = data.find(b"\r\n\r\n", at, at + _MAX_LINE)
        if end < 0:
            if len(data) - at >= _MAX_LINE:
                raise BodyError("suspiciously long trailer after chunked body")
            return -1
        _check_trailer(bytes(data[at:end]))
        self.done = True
        return end + 4


def _check_trailer(section: bytes) -> None:
    """Hold the trailer fields, which nobody will see, to what Go takes: folded lines and lines
    that end in a bare LF among it.
    """
    fields: list[bytes] = []
    for line in (section + b"\r").split(b"\n"):
        if fields and line.startswith((b" ", b"\t")):
            fields[-1] += b" " + line.strip(b" \t\r")
        else:
            fields.append(line.removesuffix(b"\r"))
    try:
        check_fields(fields)
    except Fault as fault:
        raise BodyError("malformed trailer") from fault
