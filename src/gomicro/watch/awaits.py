"""The chain of awaits of a coroutine: from where it began to where it waits."""

from __future__ import annotations

import asyncio
import gc
from types import FrameType

__all__ = ["chain"]

_KINDS = (("cr_frame", "cr_await"), ("gi_frame", "gi_yieldfrom"), ("ag_frame", "ag_await"))
"""How a coroutine, a generator and an asynchronous generator name their frame and their wait."""

_STEPS = frozenset(
    {
        "FutureIter",
        "anext_awaitable",
        "async_generator_asend",
        "async_generator_athrow",
        "coroutine_wrapper",
    }
)
"""The interpreter's own awaitables between two others. They show what they await to no one but the
garbage collector."""

_DEEPEST = 1000
"""Awaits that are followed; a chain that is longer has no end."""


def chain(awaited: object) -> tuple[list[FrameType], object]:
    """The frames from a coroutine to where it waits, and what it waits for there."""
    frames: list[FrameType] = []
    steps = 0
    while (found := _step(awaited)) is not None and steps < _DEEPEST:
        steps += 1
        frame, awaited = found
        if frame is not None:
            frames.append(frame)
    return frames, awaited


def _step(awaited: object) -> tuple[FrameType | None, object] | None:
    """The frame of one that awaits, and what it awaits; None where the chain ends."""
    for frame, wait in _KINDS:
        if hasattr(type(awaited), frame):
            return getattr(awaited, frame), getattr(awaited, wait)
    if type(awaited).__name__ not in _STEPS:
        return None
    return next(((None, one) for one in gc.get_referents(awaited) if _is_awaited(one)), None)


def _is_awaited(thing: object) -> bool:
    kind = type(thing)
    known = isinstance(thing, asyncio.Future) or kind.__name__ in _STEPS
    return known or any(hasattr(kind, frame) for frame, _ in _KINDS)
