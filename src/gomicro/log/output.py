"""Where lines go: a file descriptor that never blocks for long, or any text stream."""

from __future__ import annotations

import os
import select
import stat
from typing import Final, Protocol, TextIO

__all__ = ["Output", "open_output"]

# POSIX: a pipe that polls as writable takes this much without blocking (Linux PIPE_BUF; macOS
# takes 512, and blocks for the rest only if another process fills the same pipe in between).
_ATOM: Final = 4096


class Output(Protocol):
    """Something that takes bytes."""

    def write(self, data: memoryview, patience: float) -> int:
        """Write some of `data` and return how many bytes were taken.

        0 means that nothing could be taken within `patience` seconds. Raises OSError if
        nothing ever will be, or not now: a closed pipe, a full disk.
        """
        ...


def open_output(stream: TextIO | None) -> Output:
    """Return the output behind `stream`, which stays its owner's to close; None takes all."""
    if stream is None:
        return _Nowhere()
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        return _Stream(stream)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return _File(descriptor)
    return _Pipe(descriptor)


class _Nowhere:
    """The standard output of a process that was started without one."""

    def write(self, data: memoryview, patience: float) -> int:
        return len(data)


class _Stream:
    """A stream with no descriptor, such as one that a test captures with."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, data: memoryview, patience: float) -> int:
        try:
            self._stream.write(str(data, "utf-8"))
            self._stream.flush()
        except ValueError as error:
            raise OSError("the stream is closed or has another encoding") from error
        return len(data)


class _File:
    """A regular file, which is always ready."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, data: memoryview, patience: float) -> int:
        return os.write(self._descriptor, data)


class _Pipe:
    """A pipe, terminal or socket, whose reader may have stopped reading."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)

    def write(self, data: memoryview, patience: float) -> int:
        if not self._poll.poll(patience * 1000):
            return 0
        try:
            return os.write(self._descriptor, data[:_ATOM])
        except BlockingIOError:
            # Only if someone made the descriptor non-blocking and another writer was faster.
            return 0
