"""A profile of a thread: where it is, looked at up to a hundred times a second."""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from types import FrameType

from gomicro.watch.places import frames_of

__all__ = ["collapsed", "sample"]

INTERVAL = 0.01
"""Seconds between two looks."""

PROMPT = 1e-5
"""Seconds after which the thread that looks is given the interpreter's lock. With the usual 5 ms it
would see the other thread only where that gives the lock away: in its calls of the system.
"""


def sample(thread: int, seconds: float, end: threading.Event) -> Counter[tuple[str, ...]]:
    """How often each stack of calls was seen, outermost first. Takes so many seconds, of the thread
    that calls this, or until `end` is set; at least one look. Who holds the interpreter's lock for
    long makes the looks fewer, and the last one late.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(PROMPT)
    try:
        return _sample(thread, time.monotonic() + seconds, end)
    finally:
        sys.setswitchinterval(before)


def _sample(thread: int, ends_at: float, end: threading.Event) -> Counter[tuple[str, ...]]:
    found: Counter[tuple[str, ...]] = Counter()
    while True:
        frames = frames_of(sys._current_frames().get(thread))  # noqa: SLF001 -- the documented way
        if frames:
            found[tuple(_name(frame) for frame in reversed(frames))] += 1
        del frames
        if end.wait(INTERVAL) or time.monotonic() >= ends_at:
            return found


def collapsed(found: Counter[tuple[str, ...]]) -> str:
    """As text that speedscope and flamegraph.pl read: `outermost;...;innermost count` a line."""
    return "".join(f"{';'.join(stack)} {count}\n" for stack, count in sorted(found.items()))


def _name(frame: FrameType) -> str:
    code = frame.f_code
    return f"{code.co_qualname} ({code.co_filename}:{code.co_firstlineno})".replace(";", ",")
