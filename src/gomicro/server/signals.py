"""The signals that stop a service."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator

__all__ = ["handling"]

_STOPPING = [signal.SIGINT, signal.SIGTERM]
if sys.platform == "win32":
    _STOPPING.append(signal.SIGBREAK)  # Ctrl-Break


@contextlib.contextmanager
def handling(on_signal: Callable[[signal.Signals], None]) -> Iterator[None]:
    """Call `on_signal` for SIGINT and SIGTERM while the context lasts.

    The call comes from Python's own signal handler, so that it comes even while an application
    blocks the event loop. Only the main thread can have it; elsewhere nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handler(number: int, _: object) -> None:
        on_signal(signal.Signals(number))

    before = {number: signal.signal(number, handler) for number in _STOPPING}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
