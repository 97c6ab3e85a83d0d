"""The news that a service leaves, for whoever it serves."""

from __future__ import annotations

from asyncio import Event
from collections.abc import Generator
from typing import Any

__all__ = ["Leaving"]


class Leaving:
    """An awaitable that returns once no more connections are accepted, any number of times.

    For a response that goes on as long as its client listens: its end is waited for, up to the
    shutdown grace.
    """

    def __init__(self) -> None:
        self._told = Event()

    def __await__(self) -> Generator[Any, Any, None]:
        yield from self._told.wait().__await__()

    def is_set(self) -> bool:
        """Whether it has been told."""
        return self._told.is_set()

    def tell(self) -> None:
        """Let whoever waits know."""
        self._told.set()
