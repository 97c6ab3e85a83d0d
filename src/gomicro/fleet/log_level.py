"""The level of a fleet's log: what is configured, or what has been put in its place since."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["LogLevel"]


class LogLevel:
    """From which level on a fleet logs. It is put in one thread, and asked for in any.

    Moments are of the monotonic clock, in seconds; 0 is for good.
    """

    def __init__(self, configured: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lasting = configured
        self._is_put = False
        """Whether the lasting one was put, and is not each process's own configured one."""
        self._passing = ("", 0.0)

    def now(self) -> str:
        """The level in force."""
        level, ends_at = self._passing
        return level if self._clock() < ends_at else self._lasting

    def put(self, level: str, ends_at: float) -> None:
        """Have it in force; from `ends_at` on again what was put for good, or is configured."""
        if ends_at:
            self._passing = (level, ends_at)
        else:
            self._lasting, self._is_put, self._passing = level, True, ("", 0.0)

    def puts(self) -> list[tuple[str, float]]:
        """What is to be put, one after the other, where nothing has been: levels, and until when
        they hold.
        """
        lasting = [(self._lasting, 0.0)] if self._is_put else []
        passing = self._passing
        return [*lasting, passing] if self._clock() < passing[1] else lasting
