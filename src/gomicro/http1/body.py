"""The body of a request as it comes: by length or in chunks, by the rules of Go's `transfer.go`.

No socket and no clock: bytes go in, and what they hold of the body comes out. A chunked body is
where two servers may disagree about where a request ends, so it is read here as strictly as Go
reads it (RFC 9112 section 7.1).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

from gomicro.http1.faults import Fault
from gomicro.http1.head_faults import check_fields

__all__ = ["Body", "BodyError", "ChunkedBody", "LengthBody"]

_MAX_LINE = 4096
_MAX_EXCESS = 16 * 1024
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})(?:[ \t]*|;[^\r\n]*)\Z")


class BodyError(Exception):
    """The bytes are not a body in this coding. Nothing after them can be understood."""


class Body(Protocol):
    """A body being received. `done` once all of it has been fed."""

    done: bool

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """Take what came; return the body's bytes in it and what follows the body.

        Raises BodyError if the data cannot be part of a body in this coding.
        """
        ...

    def remaining(self) -> int:
        """Bytes known to be missing; 0 where the coding does not tell."""
        ...


class LengthBody:
    """A body of `length` bytes, at least one."""

    __slots__ = ("_left", "done")

    def __init__(self, length: int) -> None:
        self._left = length
        self.done = False

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """See `Body.feed`. Never raises."""
        left = self._left
        if len(data) < left:
            self._left = left - len(data)
            return data, b""
        self._left = 0
        self.done = True
        return data[:left], data[left:]

    def remaining(self) -> int:
        """Bytes that have not come yet."""
        return self._left


class ChunkedBody:
    """A body in the chunked coding, with its trailer section, which is checked and dropped."""

    __slots__ = ("_buffer", "_excess", "_left", "_read", "_scanned", "done")

    def __init__(self) -> None:
        self._buffer = b""
        self._left = 0
        self._excess = 0
        self._read: Callable[[list[bytes]], bool] = self._size
        self.done = False

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """See `Body.feed`."""
        self._buffer = self._buffer + data if self._buffer else data
        parts: list[bytes] = []
        while not self.done and self._read(parts):
            pass
        if not self.done:
            return b"".join(parts), b""
        rest, self._buffer = self._buffer, b""
        return b"".join(parts), rest

    def remaining(self) -> int:
        """Nothing is known ahead."""
        return 0

    def _size(self, _: list[bytes]) -> bool:
        """Read a chunk's size line, if it is there."""
        buffer = self._buffer
        end = buffer.find(b"\n", 0, _MAX_LINE)
        if end < 0:
            if len(buffer) >= _MAX_LINE:
                raise BodyError("a chunk's line is too long")
            return False
        line = buffer[: end - 1]
        match = _CHUNK_LINE.match(line)
        if match is None or buffer[end - 1 : end] != b"\r":
            raise BodyError("malformed chunk size")
        self._left = int(match[1], 16)
        # Overhead may be 16 bytes a chunk and twice its data, and 16 kB beyond that.
        self._excess = max(0, self._excess + len(line) + 2 - 16 - 2 * self._left)
        if self._excess > _MAX_EXCESS:
            raise BodyError("chunked encoding contains too much that is not data")
        self._buffer = buffer[end + 1 :]
        self._read = self._data
        if not self._left:
            self._read = self._trailer
        return True

    def _data(self, parts: list[bytes]) -> bool:
        buffer = self._buffer
        if not buffer:
            return False
        part = buffer[: self._left]
        parts.append(part)
        self._left -= len(part)
        self._buffer = buffer[len(part) :]
        if not self._left:
            self._read = self._data_end
        return True

    def _data_end(self, _: list[bytes]) -> bool:
        if len(self._buffer) < 2:
            return False
        if not self._buffer.startswith(b"\r\n"):
            raise BodyError("malformed chunked encoding")
        self._buffer = self._buffer[2:]
        self._read = self._size
        return True

    def _trailer(self, _: list[bytes]) -> bool:
        """Read the trailer section, if all of it is there; Go wants it within 4096 bytes."""
        buffer = self._buffer
        if len(buffer) < 2:
            return False
        if buffer.startswith(b"\r\n"):
            end = 0
        else:
            end = buffer.find(b"\r\n\r\n", 0, _MAX_LINE)
            if end < 0:
                if len(buffer) >= _MAX_LINE:
                    raise BodyError("suspiciously long trailer after chunked body")
                return False
            _check_trailer(buffer[:end])
            end += 2
        self._buffer = buffer[end + 2 :]
        self.done = True
        return True


def _check_trailer(section: bytes) -> None:
    """Hold the trailer fields, which nobody will see, to what Go takes: folded lines and lines
    that end in a bare LF among it.
    """
    fields: list[bytes] = []
    for line in section.split(b"\n"):
        if fields and line.startswith((b" ", b"\t")):
            fields[-1] += b" " + line.strip(b" \t\r")
        else:
            fields.append(line.removesuffix(b"\r"))
    try:
        check_fields(fields)
    except Fault as fault:
        raise BodyError("malformed trailer") from fault
