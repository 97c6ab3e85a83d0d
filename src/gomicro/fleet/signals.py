"""The supervisor's signals: each is an event of its loop, one after another."""

from __future__ import annotations

import contextlib
import signal
import socket
from collections.abc import Callable
from types import TracebackType

from gomicro.server.signal_handlers import take

__all__ = ["HANDLED", "Signals"]

HANDLED = (
    signal.SIGCHLD,
    signal.SIGHUP,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGTERM,
    signal.SIGTTIN,
    signal.SIGTTOU,
    signal.SIGUSR1,
    signal.SIGUSR2,
)


class Signals:
    """While the context lasts, signals wake whoever waits for this file, and `deliver` them.

    Only the main thread can have it.
    """

    def __init__(self, on_signal: Callable[[signal.Signals], None]) -> None:
        self._on_signal = on_signal
        self._read, self._written = socket.socketpair()
        self._read.setblocking(False)
        self._written.setblocking(False)
        self._before: dict[int, object] = {}

    def fileno(self) -> int:
        return self._read.fileno()

    def __enter__(self) -> Signals:
        self._wakeup = signal.set_wakeup_fd(self._written.fileno(), warn_on_full_buffer=False)
        self._before = {which: take(which, _noted) for which in HANDLED}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        for which, before in self._before.items():
            take(which, before)
        signal.set_wakeup_fd(self._wakeup)
        self._read.close()
        self._written.close()

    def deliver(self) -> None:
        """Call for each signal that has come; those of the program's own wake this file as well."""
        with contextlib.suppress(BlockingIOError):
            for number in self._read.recv(4096):
                if number in HANDLED:
                    self._on_signal(signal.Signals(number))


def _noted(number: int, _: object) -> None:
    """The byte that the interpreter writes says it all."""
