"""The end of a worker whose supervisor is gone, and whose event loop does not hear of it."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from math import inf

from gomicro.threads import OwnThread

__all__ = ["BEYOND_GRACE", "end_without"]

BEYOND_GRACE = 5.0
"""Seconds that the event loop has for the end, beyond the grace that it keeps itself."""


def end_without(descriptor: int, patience: Callable[[], float]) -> None:
    """End this process `patience` seconds (inf: never) after the other end of a socket has been
    closed, if it has not ended by itself.

    A thread waits for that, since the loop may be blocked, or not run yet. It asks for the patience
    when the end has come.
    """
    OwnThread(_watch, "supervisor gone", (descriptor, patience)).start()


def _watch(descriptor: int, patience: Callable[[], float]) -> None:
    waiter = select.poll()
    waiter.register(descriptor, select.POLLHUP | getattr(select, "POLLRDHUP", 0))
    waiter.poll()
    seconds = patience()
    if seconds < inf:
        time.sleep(seconds)
        os._exit(1)
