"""Lines on their way out: collected, and written whole with one call a turn of the event loop."""

from __future__ import annotations

import asyncio
from asyncio.events import _get_running_loop
from collections.abc import Callable
from threading import Lock, get_ident
from time import monotonic
from typing import Final

from gomicro.log.output import Output

__all__ = ["EXIT_PATIENCE", "MAX_LINES", "Sink"]

MAX_LINES: Final = 1024
"""Lines that wait at most; one more is dropped while the output takes nothing."""

PATIENCE: Final = 0.25
"""Seconds that the writer of the first line too many waits for the output before it is dropped."""

RETRY: Final = 0.05
"""Seconds after which a running event loop tries an output again that took nothing."""

EXIT_PATIENCE: Final = 1.0
"""Seconds that `flush` waits at most for an output that takes nothing."""

_NEWLINE: Final = 0x0A


class Sink:
    """Collects lines from any thread and writes them, those of one thread in their order.

    In a thread with a running event loop a line is written at the end of the loop's turn, with
    all others of that turn; in any other thread at once. No method raises an OSError: lines that
    a full disk, a closed pipe or a reader that stands still refuses are counted in `lost`, and
    `notice` renders the line that tells how many once the output works again.
    """

    def __init__(self, output: Output, notice: Callable[[int], bytes]) -> None:
        self.lost = 0
        # Of the lost lines: how many the last notice covers that went out, or is going out.
        self._told = 0
        self._telling = 0
        self._output = output
        self._notice = notice
        # Appended to by any thread, shortened only in place: an append never goes astray.
        self._lines: list[bytes] = []
        self._armed: asyncio.AbstractEventLoop | None = None
        self._stalled = False
        # The lines being written, of which `_at` bytes are out; the first `_head` bytes are ours.
        self._batch = b""
        self._at = 0
        self._head = 0
        self._torn = False
        self._lock = Lock()
        self._owner = 0

    def write(self, line: bytes) -> None:
        """Take one line, with its newline."""
        lines = self._lines
        lines.append(line)
        loop = _get_running_loop()
        if loop is None:
            self.flush(0)
        elif loop is not self._armed:
            self._armed = loop
            loop.call_soon(self._turn, loop)
        if len(lines) > MAX_LINES:
            self._make_room()

    def write_now(self, line: bytes) -> None:
        """Take one line and write it with all that wait, without waiting for the turn's end."""
        self.write(line)
        self.flush(0)

    def flush(self, patience: float = EXIT_PATIENCE) -> None:
        """Write all that waits; give up when the output did not take it in `patience` seconds."""
        deadline = monotonic() + patience
        me = get_ident()
        # A signal handler that logs in the midst of a write leaves its line to that write. A line
        # that comes from another thread just before the release is seen by the next round.
        while (self._lines or self._batch) and self._owner != me:
            if not self._lock.acquire(timeout=max(0.0, deadline - monotonic())):
                return
            self._owner = me
            try:
                if not self._write_out(deadline):
                    return
            finally:
                self._owner = 0
                self._lock.release()

    def forget(self) -> None:
        """Drop what waits and who holds the lock: in a forked child both are the parent's."""
        self._lines.clear()
        self._batch = b""
        self._armed = None
        self._lock = Lock()
        self._owner = 0

    def _turn(self, loop: asyncio.AbstractEventLoop) -> None:
        self._armed = None
        self.flush(0)
        if self._lines or self._batch:
            self._armed = loop
            loop.call_later(RETRY, self._turn, loop)

    def _make_room(self) -> None:
        self.flush(0 if self._stalled else PATIENCE)
        while len(self._lines) > MAX_LINES:
            self._lines.pop()
            self.lost += 1
            self._stalled = True

    def _write_out(self, deadline: float) -> bool:
        """Write until nothing is left, which is True, or the output takes no more."""
        while self._batch or self._next_batch():
            left = max(0.0, deadline - monotonic())
            try:
                taken = self._output.write(memoryview(self._batch)[self._at :], left)
            except OSError:
                self._drop_batch()
                continue
            if not taken:
                return False
            self._at += taken
            if self._at >= self._head:
                self._told = self._telling
            if self._at == len(self._batch):
                self._batch = b""
                self._stalled = self._torn = False
        return True

    def _next_batch(self) -> bool:
        """Make one batch of the lines that wait, if there are any."""
        count = len(self._lines)
        if not count:
            return False
        head = b"\n" if self._torn else b""
        if self.lost > self._told:
            head += self._notice(self.lost - self._told)
            self._telling = self.lost
        self._batch = head + b"".join(self._lines[:count])
        self._at = 0
        self._head = len(head)
        del self._lines[:count]
        return True

    def _drop_batch(self) -> None:
        """Give up the lines of the batch that are not out."""
        if self._at:
            self._torn = self._batch[self._at - 1] != _NEWLINE
        self.lost += self._batch.count(b"\n", max(self._at, self._head))
        self._batch = b""
