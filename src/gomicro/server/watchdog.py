"""Signs of life for a manager's watchdog."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from gomicro.server.manager import Manager

__all__ = ["guarding"]


@contextmanager
def guarding(manager: Manager) -> Iterator[None]:
    """Tell the manager, if it asks for it, that the event loop that runs here is alive: twice in
    the time after which it would take the service for dead, as sd_watchdog_enabled(3) advises.

    It comes from the loop, so that one which is blocked gives none.
    """
    if not manager.watchdog:
        yield
        return
    loop = asyncio.get_running_loop()
    timer: asyncio.Handle

    def tell() -> None:
        nonlocal timer
        timer = loop.call_later(manager.watchdog / 2, tell)
        manager.alive()

    tell()
    try:
        yield
    finally:
        timer.cancel()
