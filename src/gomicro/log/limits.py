"""How much a line may hold."""

from __future__ import annotations

from typing import Final

__all__ = ["MAX_FIELDS", "cut"]

MAX_FIELDS: Final = 64
"""Fields of a line, its time, level, logger and event among them. Those beyond it are left out."""

_MAX_TEXT: Final = 4096
_MAX_TRACE: Final = 32768
_TRACES: Final = frozenset(("exception", "stack"))


def cut(field: str, text: str) -> str:
    """Return `text` if it is as short as `field` may be, else its two ends and what is missing.

    The limit is 32,768 characters for a traceback or stack, 4,096 for all else.
    """
    limit = _MAX_TRACE if field in _TRACES else _MAX_TEXT
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}...({len(text) - 2 * half} characters)...{text[-half:]}"
