"""Where lines go: a file descriptor that is never waited for, or any text stream."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import stat
import sys
import termios
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol, TextIO

if TYPE_CHECKING:
    from gomicro.log.among import Among

__all__ = ["Output", "open_output"]

_ATOM: Final = select.PIPE_BUF
"""Bytes that a pipe takes as a whole or not at all (POSIX; 4,096 on Linux, 512 on macOS)."""

_NOWAIT: Final = getattr(os, "RWF_NOWAIT", 0)
"""Asks a write not to block; 0 where it cannot be asked (macOS). Old kernels give EOPNOTSUPP."""


class Output(Protocol):
    """Something that takes lines."""

    def write(self, data: bytes, start: int) -> int:
        """Write some of `data`, whole lines, from `start` on; return how many bytes were taken.

        Never waits: 0 means that nothing can be taken now. Raises OSError if nothing ever will
        be, or not now: a closed pipe, a full disk.
        """
        ...


def open_output(stream: TextIO | None, among: Among | None = None) -> Output:
    """Return the output behind `stream`, which stays its owner's to close; None takes all.

    `among`: others write to it as well, and take turns with long lines.
    """
    if stream is None:
        return _Nowhere()
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        return _Stream(stream)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return _File(descriptor)
    return _Pipe(descriptor, among)


class _Nowhere:
    """The standard output of a process that was started without one."""

    def write(self, data: bytes, start: int) -> int:
        return len(data) - start


class _Stream:
    """A stream with no descriptor, such as one that a test captures with."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, data: bytes, start: int) -> int:
        try:
            self._stream.write(data[start:].decode())
            self._stream.flush()
        except ValueError as error:
            raise OSError("the stream is closed or has another encoding") from error
        return len(data) - start


class _File:
    """A regular file, which is always ready. One write is not mixed with another's."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, data: bytes, start: int) -> int:
        return os.write(self._descriptor, memoryview(data)[start:])


class _Pipe:
    """A pipe, terminal or socket, whose reader may be slow, and which other processes may write to.

    Lines are written as many at once as fit the atom, so that no other writer's come in between.
    A longer line is written at once, too, when the pipe is nearly empty: then it has room for a
    line of half its size, and Linux does not mix one write with another's that it need not wait
    for. What was found full is written to again when it is nearly empty: so a long line gets its
    turn among the short ones of others, and one at a time where the others are known.
    """

    def __init__(self, descriptor: int, among: Among | None = None) -> None:
        self._descriptor = descriptor
        self._among = among
        # The descriptor's flags are shared with whoever handed it down, and stay as they are: a
        # pipe or socket is asked at each write not to block, a terminal is opened once more.
        self._asks = bool(_NOWAIT)
        self._own = _unblocked(descriptor)
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)
        self._nearly_empty = _pipe_size(descriptor) // 8
        self._full = False

    def __del__(self, close: Callable[[int], None] = os.close) -> None:
        if self._own is not None:
            close(self._own)  # as an argument: at the interpreter's end `os` may be gone

    def write(self, data: bytes, start: int) -> int:
        end = data.rfind(b"\n", start, start + _ATOM) + 1
        midst = bool(start) and not data.endswith(b"\n", 0, start)
        if self._among is None or (end and not midst):
            return self._write(data, start, end, midst)
        if not self._among.take_turn():
            return 0
        goes_on = False
        try:
            taken = self._write(data, start, end, midst)
            goes_on = not data.endswith(b"\n", 0, start + taken) if taken else midst
        finally:
            if not goes_on:
                self._among.end_turn()
        return taken

    def _write(self, data: bytes, start: int, end: int, midst: bool) -> int:
        """Write up to `end`, 0 for the end of a line that is longer than the atom."""
        if (not end or self._full) and not midst and not self._has_room():
            return 0
        taken = self._take(memoryview(data)[start : end or data.index(b"\n", start) + 1])
        self._full = not taken
        return taken

    def _has_room(self) -> bool:
        """Whether half the pipe is free for sure: each write can leave half a page unused."""
        if not self._nearly_empty:
            return True
        waiting = fcntl.ioctl(self._descriptor, termios.FIONREAD, bytes(4))
        return int.from_bytes(waiting, sys.byteorder) <= self._nearly_empty

    def _take(self, data: memoryview) -> int:
        try:
            if self._own is not None:
                return os.write(self._own, data)
            if self._asks:
                return os.pwritev(self._descriptor, (data,), -1, _NOWAIT)
        except BlockingIOError:
            return 0
        except OSError as error:
            if error.errno != errno.EOPNOTSUPP:
                raise
            self._asks = False
        # What polls as writable has room for the atom, if no other process is faster.
        return os.write(self._descriptor, data[:_ATOM]) if self._poll.poll(0) else 0


def _unblocked(descriptor: int) -> int | None:
    """Return a descriptor of our own for the terminal behind `descriptor`, which never blocks.

    None for all else: one more for a pipe would keep its reader from seeing the end.
    """
    with contextlib.suppress(OSError):
        return os.open(os.ttyname(descriptor), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    return None


def _pipe_size(descriptor: int) -> int:
    """Return how many bytes a pipe of Linux holds; 0 for all else."""
    try:
        return fcntl.fcntl(descriptor, fcntl.F_GETPIPE_SZ)
    except (AttributeError, OSError):
        return 0
