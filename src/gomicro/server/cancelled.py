"""Whose end a CancelledError is."""

from __future__ import annotations

import asyncio

__all__ = ["ends_this_task"]


def ends_this_task(error: BaseException) -> bool:
    """Whether `error` is there since the task that runs has been cancelled; else it is a failure of
    the task's own, such as the CancelledError of another one that it awaited.
    """
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0
