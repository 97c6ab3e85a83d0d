"""The end of a worker whose supervisor is gone, and whose event loop does not hear of it."""

from __future__ import annotations

import os
import select
import threading
import time

__all__ = ["end_without"]

_BEYOND_GRACE = 5.0
"""Seconds that the event loop has for the end, beyond the grace that it keeps itself."""


def end_without(descriptor: int, grace: float) -> None:
    """End this process `grace` seconds (0: never) and a little after the other end of a socket has
    been closed, if it has not ended by itself.

    A thread waits for that, since the loop may be blocked.
    """
    if grace:
        watch = threading.Thread(target=_watch, args=(descriptor, grace), daemon=True)
        watch.name = "supervisor gone"
        watch.start()


def _watch(descriptor: int, grace: float) -> None:
    waiter = select.poll()
    waiter.register(descriptor, select.POLLHUP | getattr(select, "POLLRDHUP", 0))
    waiter.poll()
    time.sleep(grace + _BEYOND_GRACE)
    os._exit(1)
