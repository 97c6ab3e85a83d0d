"""The signals of a service, and who hears of them."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator

__all__ = ["handling"]

STOPPING = (signal.SIGINT, signal.SIGTERM)

OTHERS = (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGQUIT)
"""They would end the process at once. A program that has handlers of its own keeps them."""


@contextlib.contextmanager
def handling(on_signal: Callable[[signal.Signals], None]) -> Iterator[None]:
    """Call `on_signal` for each signal while the context lasts.

    The call comes from Python's own signal handler, so that it comes even while an application
    blocks the event loop: between any two steps of any code. Only the main thread can have it;
    elsewhere nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handler(number: int, _: object) -> None:
        on_signal(signal.Signals(number))

    unhandled = (signal.SIG_DFL, signal.SIG_IGN)
    others = [number for number in OTHERS if signal.getsignal(number) in unhandled]
    before = {number: signal.signal(number, handler) for number in (*STOPPING, *others)}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
