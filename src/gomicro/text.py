"""Text made safe: it breaks no line, acts on no terminal, and can be encoded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

__all__ = ["describe", "encodable", "escape_json", "escape_toml", "printable"]

_SHORT: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: str) -> str:
    r"""Return `text` with Python's escapes, as `\x1b`, for all that `str.isprintable` excludes.

    That is every control character with ESC, DEL and C1, separators but the space (U+2028, U+2029,
    NBSP), format characters (bidi overrides, zero width), lone surrogates, private and unassigned
    code points.
    """
    return _escape(text, lambda char: char.encode("unicode_escape").decode())


def escape_json(text: str) -> str:
    r"""Return `text` with JSON's escapes, as `\u001b`, for the same.

    Applied to JSON that has them inside strings only, it changes no value.
    """
    return _escape(text, _as_json)


def escape_toml(text: str) -> str:
    r"""Return `text` with TOML's escapes: JSON's, but for code points above U+FFFF.

    Applied to TOML that has them inside basic strings only, it changes no value.
    """
    return _escape(
        text, lambda char: f"\\U{ord(char):08x}" if ord(char) > 0xFFFF else _as_json(char)
    )


def encodable(text: str) -> str:
    """Return `text` with lone surrogates, which UTF-8 does not have, as visible escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def describe(value: object) -> str:
    """Return `value` as text: bytes as UTF-8 with escapes for what is none, the rest by its repr.

    Never raises an Exception, whatever the value's own repr does. The text may hold anything.
    """
    if isinstance(value, (bytes, bytearray)):
        return value.decode("utf-8", "backslashreplace")
    try:
        return repr(value)
    except Exception as error:
        return f"<{type(value).__name__} whose repr raises {type(error).__name__}>"


def _escape(text: str, escaped: Callable[[str], str]) -> str:
    if text.isprintable():
        return text
    return "".join([char if char.isprintable() else escaped(char) for char in text])


def _as_json(char: str) -> str:
    short = _SHORT.get(char)
    if short is not None:
        return short
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
