"""What every thread, request and task is doing, as Go's runtime tells it on SIGQUIT."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from gomicro.watch.awaits import chain
from gomicro.watch.requests import in_flight

if TYPE_CHECKING:
    from gomicro.connection.service import Service

__all__ = ["stacks", "write_stacks"]

_STDERR = 2


def write_stacks(loop: asyncio.AbstractEventLoop | None, service: Service | None = None) -> None:
    """Write all stacks to standard error; safe in a signal's handler, also with no loop."""
    data = stacks(loop, service).encode(errors="backslashreplace")
    with suppress(OSError):
        while data:
            data = data[os.write(_STDERR, data) :]


def stacks(loop: asyncio.AbstractEventLoop | None, service: Service | None = None) -> str:
    """The stack of each thread, the requests in flight with their age and their task, and of each
    unfinished task of `loop` its chain of awaits.

    The newest call stands last, as in a traceback. From any thread.
    """
    parts = list(_threads())
    if service is not None:
        parts += _requests(service)
    tasks = asyncio.all_tasks(loop) if loop is not None else ()
    for task in sorted(tasks, key=lambda task: task.get_name()):
        frames, end = chain(task.get_coro())
        parts.append(f"\ntask {task.get_name()}{_waits_for(end)}:\n")
        for frame in frames:
            parts += traceback.format_stack(frame, limit=1)
    return "".join(parts)


def _threads() -> Iterator[str]:
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    for number, frame in sys._current_frames().items():  # noqa: SLF001 -- the documented way
        yield f"thread {names.get(number, number)}:\n"
        yield from traceback.format_stack(frame)


def _requests(service: Service) -> Iterator[str]:
    now = monotonic()
    for connection, exchange in in_flight(service):
        head, task = exchange.head, exchange.task
        yield (
            f"\nrequest {head.method} {head.path!a} from {connection.client_name}, "
            f"{now - exchange.started_at:.3f} s old: "
            f"{'in its first step' if task is None else f'task {task.get_name()}'}\n"
        )


def _waits_for(end: object) -> str:
    if isinstance(end, asyncio.Task):
        return f", waiting for task {end.get_name()}"
    return "" if end is None else f", waiting for a {type(end).__name__}"
