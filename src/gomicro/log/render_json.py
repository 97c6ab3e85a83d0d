"""An entry as one line of JSON."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

import orjson

from gomicro.log.limits import MAX_FIELDS, cut
from gomicro.text import describe, encodable, escape_json

__all__ = ["render_json"]

_SHORT_ENOUGH: Final = 4096
"""Bytes of a line in which nothing can be too long."""

_DEL: Final = 0x7F


def render_json(entry: Mapping[str, Any]) -> bytes:
    """Return `entry` as one line of JSON in its own order, all printable, with its newline.

    A value that is no JSON becomes text, as `describe` has it; what is too long is cut as `cut`
    says. Never raises an Exception.
    """
    try:
        line = orjson.dumps(entry, describe)
    except Exception:
        line = orjson.dumps(_tamed(entry), describe, orjson.OPT_NON_STR_KEYS)
    if len(line) > _SHORT_ENOUGH:
        line = orjson.dumps(_shortened(entry), describe, orjson.OPT_NON_STR_KEYS)
    if not line.isascii() or _DEL in line:
        line = escape_json(line.decode()).encode()
    # A copy, which takes the memory that it needs: orjson's line holds on to a kilobyte.
    return line + b"\n"


def _tamed(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return `entry` with text in place of the values that cannot be serialised."""
    return {encodable(name): _tame(value) for name, value in entry.items()}


def _tame(value: Any) -> Any:
    if isinstance(value, str):
        return encodable(value)
    try:
        orjson.dumps(value, describe, orjson.OPT_NON_STR_KEYS)
    except Exception:
        return encodable(describe(value))
    return value


def _shortened(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return `entry` within the limits; a long value that is no text is cut as its JSON text."""
    short = {}
    for name, value in islice(_tamed(entry).items(), MAX_FIELDS):
        if not isinstance(value, str):
            text = orjson.dumps(value, describe, orjson.OPT_NON_STR_KEYS).decode()
            cut_text = cut(name, text)
            short[cut("", name)] = value if cut_text is text else cut_text
        else:
            short[cut("", name)] = cut(name, value)
    return short
