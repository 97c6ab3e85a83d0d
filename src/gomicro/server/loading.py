"""Before there is a service, while its application is imported: what SIGQUIT does, and what is said
if it takes long.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from gomicro.server.orders import Orders
from gomicro.server.signals import stand_in
from gomicro.watch.places import frames_of, told

__all__ = ["SLOW_START", "heed_quit", "telling_if_slow"]

SLOW_START = 5.0
"""Seconds after which the log says that the application is still starting."""


def heed_quit(leave: Callable[[int], NoReturn]) -> None:
    """From now on SIGQUIT writes the stacks and ends this process with 2, by `leave`; while a
    server runs, that hears it. For the main thread of a process that does nothing but serve.
    """
    orders = Orders()
    orders.leave = leave
    stand_in(signal.SIGQUIT, orders.on_signal)


@contextmanager
def telling_if_slow(log: Any) -> Iterator[None]:
    """Say once, if the context lasts longer than SLOW_START, at which line this thread is.

    Another thread looks: an import runs no event loop. Code that holds the interpreter's lock stops
    it as well.
    """
    timer = threading.Timer(SLOW_START, _tell, (log, threading.get_ident()))
    timer.name, timer.daemon = "gomicro loading", True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _tell(log: Any, thread: int) -> None:
    frames = frames_of(sys._current_frames()[thread])  # noqa: SLF001 -- the documented way
    log.warning("still starting", after=SLOW_START, **told(frames))
