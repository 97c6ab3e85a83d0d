"""Long responses take turns, so that short ones do not wait for several of them at once."""

from __future__ import annotations

import asyncio
from collections import deque

__all__ = ["TURN", "Turns"]

TURN = 262_144
"""Bytes that one response may write until it is the turn of others."""


class Turns:
    """A queue of responses that have had their turn. One of them goes on in each turn of the loop:
    whoever else is served waits for the bytes of one, however many there are.
    """

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def wait(self) -> None:
        """Wait for the next turn."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._next, loop)
        self._waiting.append(turn)
        await turn

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        turn = self._waiting.popleft()
        if not turn.done():  # else whoever waited was cancelled
            turn.set_result(None)
        if self._waiting:
            loop.call_soon(self._next, loop)
