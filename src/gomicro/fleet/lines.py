"""The lines to all workers of a fleet, each of which hears of the level that is in force."""

from __future__ import annotations

import socket
import threading
from weakref import WeakSet

from gomicro.fleet.line import Line
from gomicro.fleet.log_level import LogLevel

__all__ = ["Lines"]


class Lines:
    """Makes them, in the supervisor's thread; the level is put in its admin listener's."""

    def __init__(self, level: LogLevel) -> None:
        self._level = level
        self._lock = threading.Lock()
        self._made: WeakSet[Line] = WeakSet()

    def make(self, sock: socket.socket) -> Line:
        """A line for a worker that will start, which finds there what has been put before."""
        line = Line(sock)
        with self._lock:
            self._made.add(line)
            for level, ends_at in self._level.puts():
                line.tell("log_level", level, ends_at)
        return line

    def put(self, level: str, ends_at: float) -> set[Line]:
        """Have a level in force, until a moment of the monotonic clock, 0 for good; the lines that
        were made before, whose workers have to be told by the caller.
        """
        with self._lock:
            self._level.put(level, ends_at)
            return set(self._made)
