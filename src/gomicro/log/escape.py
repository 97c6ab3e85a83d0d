"""Text that cannot break a line or reach a terminal as anything but text."""

from __future__ import annotations

from typing import Final

__all__ = ["escape"]

_SHORT: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def escape(text: str) -> str:
    r"""Return `text` with JSON's escapes for all that `str.isprintable` excludes.

    That is every control character with ESC, DEL and C1, separators but the space (U+2028, U+2029,
    NBSP), format characters (bidi overrides, zero width), lone surrogates, private and unassigned
    code points. Applied to JSON that has them inside strings only, it changes no value.
    """
    if text.isprintable():
        return text
    return "".join([char if char.isprintable() else _escaped(char) for char in text])


def _escaped(char: str) -> str:
    short = _SHORT.get(char)
    if short is not None:
        return short
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
