"""What a handler asks of the logger it is made with."""

from __future__ import annotations

from typing import Protocol

__all__ = ["InfoLogger"]


class InfoLogger(Protocol):
    """Any logger of structlog or of the standard library."""

    def info(self, event: str, /) -> object:
        """Log one event."""
        ...
