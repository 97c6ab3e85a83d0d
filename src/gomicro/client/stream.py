"""A connection on which nothing waits past a deadline, however slowly the peer drips."""

from __future__ import annotations

import io
import socket
import time
from http.client import IncompleteRead
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["Deadline", "Stream"]


class Deadline:
    """The end of `seconds` from now; 0 seconds is no deadline."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds if seconds else None

    def left(self) -> float | None:
        """Seconds until then, as a socket timeout. Raises TimeoutError once it has passed."""
        if self._end is None:
            return None
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class Stream:
    """A connected socket as http.client's HTTPResponse reads it. It does not own the socket."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def send(self, data: bytes) -> None:
        """Send all of `data`. Raises TimeoutError or another OSError."""
        rest = memoryview(data)
        while rest:
            self._sock.settimeout(self._deadline.left())
            rest = rest[self._sock.send(rest) :]

    def makefile(self, mode: str) -> io.BufferedReader:
        """What HTTPResponse calls to read; `mode` is always "rb"."""
        return _Lines(_Incoming(self._sock, self._deadline))


class _Incoming(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        self._sock.settimeout(self._deadline.left())
        return self._sock.recv_into(buffer)


class _Lines(io.BufferedReader):
    """Tells a head or chunk line that was cut short from one that ended.

    http.client takes the end of the stream for the end of the headers, so half an answer would
    pass for a whole one. Only an end before the first byte is left for it to see.
    """

    _started = False

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        cut = not line.endswith(b"\n") and len(line) != size
        if cut and (line or self._started):
            raise IncompleteRead(line)
        self._started = True
        return line
