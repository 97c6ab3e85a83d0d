"""How long to wait before what keeps dying is started again."""

from __future__ import annotations

__all__ = ["FIRST", "HEALTHY", "LONGEST", "Backoff"]

FIRST = 0.1
LONGEST = 30.0
HEALTHY = 60.0
"""Seconds. Who has lived so long is started again at once when it dies."""


class Backoff:
    """The pauses before the starts of one worker: none after its first death, or after a healthy
    life; then 0.1 s, and twice as long each time, up to 30 s. One that was never ready has a pause
    in any case.
    """

    def __init__(self) -> None:
        self._next = 0.0

    def after(self, lived: float) -> float:
        """Seconds to wait, after a worker that was ready for `lived` seconds (0: never)."""
        if lived >= HEALTHY:
            self._next = 0.0
        pause = self._next if lived else max(FIRST, self._next)
        self._next = min(LONGEST, max(FIRST, 2 * pause))
        return pause
