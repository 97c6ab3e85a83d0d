"""Values as text on a person's terminal."""

from __future__ import annotations

from typing import Any, Final

from gomicro.log.limits import cut
from gomicro.text import describe, escape_json

__all__ = ["COLOURS", "as_text", "paint", "quoted", "raw_text"]

COLOURS: Final = {
    "dim": "\x1b[2m",
    "red": "\x1b[31m",
    "bold red": "\x1b[1;31m",
    "green": "\x1b[32m",
    "yellow": "\x1b[33m",
    "cyan": "\x1b[36m",
}
_RESET: Final = "\x1b[0m"


def raw_text(name: str, value: Any) -> str:
    """The value of a field, cut if it is too long; a list is its items, with commas between."""
    if isinstance(value, list | tuple):
        value = ",".join(item if isinstance(item, str) else describe(item) for item in value)
    return cut(name, value if isinstance(value, str) else describe(value))


def as_text(name: str, value: Any) -> str:
    """The same with escapes for all that is not printable."""
    return escape_json(raw_text(name, value))


def quoted(text: str) -> str:
    """Return `text`, in quotes if its end or its parts could be taken for something else."""
    if text and not any(char in text for char in ' "='):
        return text
    return '"' + text.replace('"', '\\"') + '"'


def paint(text: str, colour: str) -> str:
    """Return `text` in a colour of COLOURS; in none if it has no such name."""
    return f"{COLOURS[colour]}{text}{_RESET}" if text and colour in COLOURS else text
