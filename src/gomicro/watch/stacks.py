"""What every thread and every task is doing, as Go's runtime tells it on SIGQUIT."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import threading
import traceback
from contextlib import suppress
from types import FrameType
from typing import Any

__all__ = ["innermost", "stacks", "write_stacks"]

_STDERR = 2

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


def write_stacks(loop: asyncio.AbstractEventLoop | None) -> None:
    """Write all stacks to standard error; safe in a signal's handler, also with no loop."""
    data = stacks(loop).encode(errors="backslashreplace")
    with suppress(OSError):
        while data:
            data = data[os.write(_STDERR, data) :]


def stacks(loop: asyncio.AbstractEventLoop | None) -> str:
    """The stack of each thread, and of each unfinished task of `loop` its chain of awaits.

    The newest call stands last, as in a traceback.
    """
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    parts = []
    for number, frame in sys._current_frames().items():  # noqa: SLF001 -- the documented way
        parts.append(f"thread {names.get(number, number)}:\n")
        parts += traceback.format_stack(frame)
    tasks = asyncio.all_tasks(loop) if loop is not None else ()
    for task in sorted(tasks, key=lambda task: task.get_name()):
        frames, end = _chain(task.get_coro())
        parts.append(f"\ntask {task.get_name()}{_waits_for(end)}:\n")
        for frame in frames:
            parts += traceback.format_stack(frame, limit=1)
    return "".join(parts)


def innermost(task: asyncio.Task[Any]) -> str:
    """Where a task waits, as file:line; "" if that cannot be told."""
    frames, _ = _chain(task.get_coro())
    return f"{frames[-1].f_code.co_filename}:{frames[-1].f_lineno}" if frames else ""


def _chain(awaited: object) -> tuple[list[FrameType], object]:
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


def _waits_for(end: object) -> str:
    if isinstance(end, asyncio.Task):
        return f", waiting for task {end.get_name()}"
    return "" if end is None else f", waiting for a {type(end).__name__}"
