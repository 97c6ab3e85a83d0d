"""The time of a line, as text. The part down to the second is rendered once a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

__all__ = ["local_clock", "utc_clock"]

_THOUSAND: Final = tuple(f"{number:03d}" for number in range(1000))


def utc_clock(time_ns: Callable[[], int] = time.time_ns) -> Callable[[], str]:
    """Return a function that tells the time in RFC 3339: `2026-11-23T20:02:56.123456Z`."""
    cached = (-1, "")

    def now() -> str:
        nonlocal cached
        micros = time_ns() // 1000
        millis = micros // 1000
        # Read and replaced as one tuple: threads never see one second with another's text.
        second, text = cached
        if millis // 1000 != second:
            second = millis // 1000
            text = time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(second))
            cached = (second, text)
        return f"{text}{_THOUSAND[millis % 1000]}{_THOUSAND[micros % 1000]}Z"

    return now


def local_clock(time_ns: Callable[[], int] = time.time_ns) -> Callable[[], str]:
    """Return a function that tells the time of day where the machine is: `20:02:56.123`."""

    def now() -> str:
        second, millis = divmod(time_ns() // 1_000_000, 1000)
        return f"{time.strftime('%H:%M:%S', time.localtime(second))}.{_THOUSAND[millis]}"

    return now
