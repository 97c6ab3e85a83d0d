"""The standard streams: bytes as they are, and lines that cannot act on a terminal."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from typing import TextIO

from gomicro.text import printable

__all__ = ["tell", "tell_refused", "write_all"]


def write_all(stream: TextIO | None, data: bytes) -> None:
    """Write `data` to the descriptor under a standard stream. Raises OSError, also for None,
    which Python puts for a stream that was closed.

    Nothing is left in a buffer: one that cannot be flushed would fail once more at exit.
    """
    if stream is None:
        raise OSError(errno.EBADF, "it is closed")
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(stream.fileno(), rest) :]


def tell(line: str) -> None:
    """Write one line to standard error; whoever closed it does not want to know."""
    with contextlib.suppress(OSError):
        write_all(sys.stderr, printable(line).encode() + b"\n")


def tell_refused(error: Exception) -> None:
    """Say why lines of the log are lost, where they cannot say it themselves."""
    why = error.strerror if isinstance(error, OSError) else None
    why = why or f"{type(error).__name__}: {error}".removesuffix(": ")
    tell(f"gomicro: lines of the log are lost: {why}")
