"""Go's durations ("1m30s") as seconds and byte sizes ("64KiB") as whole numbers, and back."""

from __future__ import annotations

import re

__all__ = [
    "MAX_DURATION",
    "MAX_SIZE",
    "format_duration",
    "format_size",
    "parse_duration",
    "parse_size",
]

MAX_SIZE = 2**63 - 1
"""Bytes; the largest length HTTP implementations agree on (a signed 64-bit number)."""

_MAX_NANOSECONDS = 2**63 - 1
MAX_DURATION = _MAX_NANOSECONDS / 1e9
"""Seconds; Go's largest time.Duration, about 292 years."""

_NANOSECONDS = {
    "ns": 1,
    "us": 1_000,
    "\u00b5s": 1_000,  # micro sign
    "\u03bcs": 1_000,  # Greek letter mu
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
}
_DURATION_HELP = "write 500ms, 1s, 1m30s, 1d or a number of seconds; 0 means none"

_BYTES = {
    "": 1,
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
    "tib": 2**40,
}
# A letter alone counts in 1024s, as it does for dd, nginx and systemd; Kubernetes writes Ki.
_BYTES |= {unit[:-2]: size for unit, size in _BYTES.items() if unit.endswith("ib")}
_BYTES |= {f"{unit}i": size for unit, size in _BYTES.items() if unit in {"k", "m", "g", "t"}}
_SIZE_HELP = "write 1MiB, 64KiB, 10M, 32MB or a number of bytes"

# At most 40 digits: more would overflow anyway, and int() refuses very long ones with its own text.
_NUMBER = r"([0-9]{0,40})(?:\.([0-9]{0,40}))?"
_TERM = _NUMBER + r"(ns|us|\u00b5s|\u03bcs|ms|s|m|h|d|\Z)"
_SIZE = _NUMBER + r" ?([A-Za-z]*)"


def parse_duration(text: str) -> float:
    """Seconds of a Go duration; a bare number is seconds already, and `d` is a day (24 h).

    Fractions below a nanosecond are dropped, as Go drops them. Raises ValueError, which says
    what would be right, for a negative, too large or otherwise unusable duration.
    """
    if text.startswith("-"):
        raise ValueError(f"{text!r} is negative: {_DURATION_HELP}")
    rest = text.removeprefix("+")
    nanoseconds = 0
    # A number on its own is seconds; after a unit there must be another one.
    unit_needed = False
    while rest or not unit_needed:
        term = re.match(_TERM, rest)
        if term is None or (unit_needed and not term[3]):
            raise _not_a_duration(text)
        nanoseconds += _scaled(term[1], term[2], _NANOSECONDS[term[3] or "s"], text)
        rest = rest[term.end() :]
        unit_needed = True
    if nanoseconds > _MAX_NANOSECONDS:
        raise ValueError(f"{text!r} is too long: the longest duration is about 292 years")
    return nanoseconds / 1e9


def _scaled(whole: str, fraction: str | None, unit: int, text: str) -> int:
    digits = whole + (fraction or "")
    if not digits:
        raise _not_a_duration(text)
    divisor: int = 10 ** len(fraction or "")
    return int(digits) * unit // divisor


def _not_a_duration(text: str) -> ValueError:
    return ValueError(f"{text!r} is not a duration: {_DURATION_HELP}")


def format_duration(seconds: float) -> str:
    """Go's form of a duration of `seconds` (0 or more): "0s", "1.5ms", "1m30s", "2m0s".

    Exact to the nanosecond up to 13 days; beyond, as exact as the number of seconds is.
    """
    nanoseconds = round(seconds * 1e9)
    for unit in ("s", "ms", "\u00b5s"):
        if nanoseconds >= _NANOSECONDS[unit]:
            break
    else:
        return f"{nanoseconds}ns" if nanoseconds else "0s"
    if unit != "s":
        return _decimal(nanoseconds, _NANOSECONDS[unit]) + unit
    minutes, rest = divmod(nanoseconds, _NANOSECONDS["m"])
    hours, minutes = divmod(minutes, 60)
    text = _decimal(rest, _NANOSECONDS["s"]) + "s"
    if hours:
        return f"{hours}h{minutes}m{text}"
    return f"{minutes}m{text}" if minutes else text


def _decimal(value: int, unit: int) -> str:
    """`value` counted in `unit` (a power of ten), with no digit lost and no zero too many."""
    whole, fraction = divmod(value, unit)
    digits = str(fraction).zfill(len(str(unit)) - 1)
    return f"{whole}.{digits}".rstrip("0").rstrip(".")


def parse_size(text: str) -> int:
    """Bytes of a size: KB, MB, GB, TB count in thousands; KiB or Ki or K, and so on, in 1024s.

    Letters may be of either case. Raises ValueError, which says what would be right, for a
    negative or too large size, for a part of a byte, and for anything that is not a size.
    """
    if text.startswith("-"):
        raise ValueError(f"{text!r} is negative: {_SIZE_HELP}")
    match = re.fullmatch(_SIZE, text)
    unit = _BYTES.get(match[3].lower()) if match else None
    if match is None or unit is None or not (match[1] or match[2]):
        raise ValueError(f"{text!r} is not a size: {_SIZE_HELP}")
    fraction = match[2] or ""
    divisor: int = 10 ** len(fraction)
    size, rest = divmod(int(match[1] + fraction) * unit, divisor)
    if rest:
        raise ValueError(f"{text!r} is not a whole number of bytes: {_SIZE_HELP}")
    if size > MAX_SIZE:
        raise ValueError(f"{text!r} is too large: the largest size is {MAX_SIZE} bytes")
    return size


def format_size(size: int) -> str:
    """The shortest exact form of `size` bytes (0 or more): "1MiB", "64KiB", "1500"."""
    for unit in ("TiB", "GiB", "MiB", "KiB"):
        count, rest = divmod(size, _BYTES[unit.lower()])
        if count and not rest:
            return f"{count}{unit}"
    return str(size)
