"""Whether this process itself was late: its clients then break deadlines that they mean to keep."""

from __future__ import annotations

import asyncio
import time

__all__ = ["Lateness"]

BEAT = 0.1
"""Seconds between two looks at the clock."""


class Lateness:
    """Notices when the event loop stands still, by a task that wants to run at each beat."""

    def __init__(self, tolerable: float) -> None:
        """`tolerable`: how late a beat may be, in seconds."""
        self.worst = 0.0
        """The most that a beat was late so far, in seconds."""
        self._tolerable = tolerable
        self._noticed_at = float("-inf")

    async def watch(self) -> None:
        """Look at the clock for ever."""
        due = time.monotonic()
        while True:
            due += BEAT
            await asyncio.sleep(due - time.monotonic())
            now = time.monotonic()
            self.worst = max(self.worst, now - due)
            if now - due > self._tolerable:
                self._noticed_at = now
                due = now

    async def since(self, moment: float) -> bool:
        """Whether a beat was too late after this monotonic moment; looks once more before."""
        await asyncio.sleep(2 * BEAT)
        return self._noticed_at > moment
