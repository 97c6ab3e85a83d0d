"""How long to wait before what keeps dying is started again."""

from __future__ import annotations

__all__ = ["FIRST", "HEALTHY", "LONGEST", "Backoff"]

FIRST = 0.1
LONGEST = 30.0
HEALTHY = 60.0
"""Seconds. Who has lived so long is started again at once when it dies."""


class Backoff:
    """The pauses before the starts of one worker: none after a healthy life, else 0.1 s, and twice
    as long each time, up to 30 s.
    """

    def __init__(self) -> None:
        self._next = FIRST

    def after(self, lived: float) -> float:
        """Seconds to wait, after a worker that was ready for `lived` seconds (0: never)."""
        if lived >= HEALTHY:
            self._next = FIRST
            return 0.0
        pause, self._next = self._next, min(LONGEST, 2 * self._next)
        return pause
