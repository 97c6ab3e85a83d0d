"""The time of a line, as text. The part down to the millisecond is rendered once in it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

__all__ = ["THOUSAND", "local_clock", "utc_clock", "utc_second"]

THOUSAND: Final = tuple(f"{number:03d}" for number in range(1000))
"""The milliseconds of a second, and the microseconds of a millisecond, as text."""


def utc_second(second: int) -> str:
    """A second since the epoch in RFC 3339, down to the point before its parts."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(second))


def utc_clock(time_ns: Callable[[], int] = time.time_ns) -> Callable[[], str]:
    """Return a function that tells the time in RFC 3339: `2026-11-23T20:02:56.123456Z`."""
    # Read and replaced as whole tuples: threads never see one moment with another's text.
    in_second = (-1, "")
    in_milli = (0, "")

    def begin_milli(nanos: int) -> tuple[int, str]:
        nonlocal in_second, in_milli
        millis = nanos // 1_000_000
        second, text = in_second
        if millis // 1000 != second:
            second = millis // 1000
            text = utc_second(second)
            in_second = (second, text)
        in_milli = (millis * 1_000_000, text + THOUSAND[millis % 1000])
        return in_milli

    def now() -> str:
        nanos = time_ns()
        began, text = in_milli
        if not 0 <= nanos - began < 1_000_000:
            began, text = begin_milli(nanos)
        return f"{text}{THOUSAND[(nanos - began) // 1000]}Z"

    return now


def local_clock(time_ns: Callable[[], int] = time.time_ns) -> Callable[[], str]:
    """Return a function that tells the time of day where the machine is: `20:02:56.123`."""

    def now() -> str:
        second, millis = divmod(time_ns() // 1_000_000, 1000)
        return f"{time.strftime('%H:%M:%S', time.localtime(second))}.{THOUSAND[millis]}"

    return now
