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


class _Handler:
    """What Python calls for a signal.

    Libraries that end their streams when a server stops look at the handler of SIGTERM, which is a
    method of uvicorn's server there, for `should_exit`: sse-starlette, and with it MCP's SDK.
    """

    def __init__(
        self, on_signal: Callable[[signal.Signals], None], leaving: Callable[[], bool]
    ) -> None:
        self._on_signal = on_signal
        self._leaving = leaving

    @property
    def should_exit(self) -> bool:
        return self._leaving()

    def handle(self, number: int, _: object) -> None:
        self._on_signal(signal.Signals(number))


@contextlib.contextmanager
def handling(
    on_signal: Callable[[signal.Signals], None], leaving: Callable[[], bool] = lambda: False
) -> Iterator[None]:
    """Call `on_signal` for each signal while the context lasts. `leaving` tells whether streams
    shall end.

    The call comes from Python's own signal handler, so that it comes even while an application
    blocks the event loop: between any two steps of any code. Only the main thread can have it;
    elsewhere nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    handler = _Handler(on_signal, leaving).handle
    unhandled = (signal.SIG_DFL, signal.SIG_IGN)
    others = [number for number in OTHERS if signal.getsignal(number) in unhandled]
    before = {number: signal.signal(number, handler) for number in (*STOPPING, *others)}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
