"""Lines on their way out: collected, and written whole with one call a turn of the event loop."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from time import monotonic, sleep
from typing import TYPE_CHECKING, Final

from gomicro.log.learned_line import DatedLine, LearnedLine, LineJoiner
from gomicro.log.output import Output

if TYPE_CHECKING:
    import asyncio

    RunningLoop = Callable[[], asyncio.AbstractEventLoop | None]

__all__ = ["EXIT_PATIENCE", "MAX_LINES", "Line", "Sink"]

Line = bytes | LearnedLine | DatedLine
"""A line, with its newline, or what it is made from."""

MAX_LINES: Final = 1024
"""Lines that wait at most; one more is dropped while the output takes nothing."""

RETRY: Final = 0.01
"""Seconds after which a running event loop tries an output again that took nothing."""

PATIENCE: Final = 0.25
"""Seconds that a program without an event loop waits for the output before it drops a line."""

EXIT_PATIENCE: Final = 1.0
"""Seconds that `flush` waits at most for an output that takes nothing."""

_PAUSE: Final = 0.001

_HANDOVER: Final = 0.01
"""Seconds that another thread, which is writing, has to let this one write a line too many."""


class Sink:
    """Collects lines from any thread and writes them, those of one thread in their order.

    In a thread with a running event loop a line is written at the end of the loop's turn, with
    all others of that turn; in any other thread at once. What the output does not take is tried
    again, and lost when MAX_LINES wait already. Only `flush` waits for the output; and so does,
    rather than lose a line, a program in which no event loop has ever logged: there it holds up
    nobody else.

    No method raises an OSError. Lines that a full disk, a closed pipe or a slow reader refuses are
    counted in `lost`; once the output works again, a line that `notice` renders tells how many.
    `refused` is called with the error of the first that are refused.
    """

    def __init__(
        self,
        output: Output,
        notice: Callable[[int], bytes],
        running_loop: RunningLoop | None = None,
        refused: Callable[[OSError], None] | None = None,
    ) -> None:
        """`running_loop`: what tells the event loop that runs; asyncio if None, which a process
        that never has a loop need not import.
        """
        if running_loop is None:
            from asyncio.events import _get_running_loop

            running_loop = _get_running_loop
        self._running_loop = running_loop
        self._refused = refused
        self.lost = 0
        self.ever_lost = 0
        """Lines lost so far, told or not."""
        self._output = output
        self._notice = notice
        # Appended to by any thread, shortened only in place: an append never goes astray.
        self._lines: list[Line] = []
        self._joiner = LineJoiner()
        self._armed: asyncio.AbstractEventLoop | None = None
        self._patience = PATIENCE
        self._stalled = False
        # The lines being written, of which `_at` bytes are out. They begin with a notice of
        # `_telling` lost lines that is `_head` bytes long.
        self._batch = b""
        self._at = self._head = self._telling = 0
        self._torn = False
        self._lock = Lock()

    def write(self, line: Line) -> None:
        """Take one line."""
        lines = self._lines
        lines.append(line)
        loop = self._running_loop()
        if loop is None:
            self.flush(0)
        elif loop is not self._armed:
            self._armed = loop
            self._patience = 0
            loop.call_soon(self._turn, loop)
        if len(lines) > MAX_LINES:
            self._make_room(self._patience if loop is None else 0)

    def write_now(self, line: Line) -> None:
        """Take one line and write it with all that wait, without waiting for the turn's end."""
        self.write(line)
        self._write_waiting()

    def flush(self, patience: float = EXIT_PATIENCE) -> None:
        """Write all that waits; give up when the output did not take it in `patience` seconds."""
        deadline = monotonic() + patience
        # A line that another thread adds just before this one releases the lock, or a signal
        # handler in the midst of a write, is seen by the next round.
        while self._lines or self._batch:
            left = max(0.0, deadline - monotonic())
            if not self._write_waiting(left):
                if not left:
                    return
                sleep(_PAUSE)

    def forget(self) -> None:
        """Drop what waits and who holds the lock: in a forked child both are the parent's."""
        self._lines.clear()
        self._batch = b""
        self._armed = None
        self._lock = Lock()

    def _turn(self, loop: asyncio.AbstractEventLoop) -> None:
        self._armed = None
        went = self._write_waiting()
        if (self._lines or self._batch) and self._armed is None:
            self._armed = loop
            if went:
                loop.call_soon(self._turn, loop)
            else:
                loop.call_later(RETRY, self._turn, loop)

    def _make_room(self, patience: float) -> None:
        if patience and not self._stalled:
            self.flush(patience)
        else:
            self._write_waiting(0 if self._stalled else _HANDOVER)
        while len(self._lines) > MAX_LINES:
            self._lines.pop()
            self.lost += 1
            self.ever_lost += 1
            self._stalled = True

    def _write_waiting(self, lock_patience: float = 0) -> bool:
        """Write the lines that wait now. Those that come meanwhile are for the next call, so that
        threads that log without end cannot keep the loop here.

        False if the output takes no more, which is not waited for, or if another thread is writing
        and goes on for more than `lock_patience` seconds.
        """
        if not self._lock.acquire(timeout=lock_patience):
            return False
        try:
            return self._write_batch() and (not self._next_batch() or self._write_batch())
        finally:
            self._lock.release()

    def _write_batch(self) -> bool:
        """Write until nothing of the batch is left, which is True, or the output takes no more."""
        while self._batch:
            try:
                taken = self._output.write(self._batch, self._at)
            except OSError as error:
                self._drop_batch()
                if self._refused is not None:
                    self._refused(error)
                    self._refused = None
                return True
            if not taken:
                return False
            self._at += taken
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
        self._telling, self.lost = self.lost, 0
        if self._telling:
            head += self._notice(self._telling)
        self._batch = head + self._joiner.join(self._lines[:count])
        self._at = 0
        self._head = len(head)
        del self._lines[:count]
        return True

    def _drop_batch(self) -> None:
        """Give up the lines of the batch that are not out."""
        if self._at:
            self._torn = not self._batch.endswith(b"\n", 0, self._at)
        if self._at < self._head:
            self.lost += self._telling
        lines = self._batch.count(b"\n", max(self._at, self._head))
        self.lost += lines
        self.ever_lost += lines
        self._batch = b""
