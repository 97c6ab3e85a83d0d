"""The signals of a process's servers, and who hears of them."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final

from gomicro.server.signal_handlers import take

__all__ = ["End", "Hear", "handling", "stand_in"]

End = Callable[[FrameType | None], None]
"""Ends what the signal has interrupted, or the process."""

Hear = Callable[[signal.Signals], End | None]
"""Called with each signal. What it returns is called once all who hear signals have heard."""

STOPPING = (signal.SIGINT, signal.SIGTERM)

OTHERS = (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGQUIT)
"""They would end the process at once. A program that has handlers of its own keeps them."""


@dataclass(frozen=True, eq=False)
class _Hearer:
    """One server."""

    hear: Hear
    leaving: Callable[[], bool]


class _Register:
    """Who hears signals, in the order in which they came; they go in any. One handler is theirs
    together: the first to come installs it, the last to go puts back what was there before.

    Libraries that end their streams when a server stops look at the handler of SIGTERM, which is a
    method of uvicorn's server there, for `should_exit`: sse-starlette, and with it MCP's SDK.
    """

    def __init__(self) -> None:
        self._hearers: list[_Hearer] = []
        self._before: dict[int, Any] = {}
        os.register_at_fork(after_in_child=self._forget)

    @property
    def should_exit(self) -> bool:
        """Whether all of them leave: what a library learns here holds for the whole process."""
        return all(hearer.leaving() for hearer in self._hearers)

    def add(self, hearer: _Hearer) -> None:
        self._hearers.append(hearer)  # first: from the first handler on there is one who hears
        if len(self._hearers) > 1:
            return
        others = [number for number in OTHERS if _is_free(signal.getsignal(number))]
        for number in (*STOPPING, *others):
            previous = take(number, self.handle)
            if previous != self.handle:
                self._before[number] = previous

    def remove(self, hearer: _Hearer) -> None:
        self._hearers = [one for one in self._hearers if one is not hearer]
        if self._hearers:
            return
        for number, previous in list(self._before.items()):
            if signal.getsignal(number) == self.handle:  # else somebody else has it now
                take(number, previous)

    def handle(self, number: int, interrupted: FrameType | None) -> None:
        """What Python calls for a signal."""
        which = signal.Signals(number)
        if not self._hearers:
            self._pass_on(which)
        for end in [hearer.hear(which) for hearer in list(self._hearers)]:
            if end is not None:
                end(interrupted)

    def _pass_on(self, which: signal.Signals) -> None:
        """Have it handled as before there was a server: the last one has just gone, or somebody
        who took the handler over from it has given it back since.
        """
        signal.signal(which, self._before.pop(which, signal.SIG_DFL))
        signal.raise_signal(which)

    def _forget(self) -> None:
        """In a forked child, where nobody serves."""
        self._hearers = []


_register: Final = _Register()


class _StandIn:
    """Who hears one signal where no server does."""

    def __init__(self, hear: Hear) -> None:
        self._hear = hear

    def handle(self, number: int, interrupted: FrameType | None) -> None:
        end = self._hear(signal.Signals(number))
        if end is not None:
            end(interrupted)


def stand_in(number: signal.Signals, hear: Hear) -> None:
    """Call `hear` for a signal from now on, but for the time of `handling`. For the main thread."""
    take(number, _StandIn(hear).handle)


def _is_free(handler: object) -> bool:
    stands_in = isinstance(getattr(handler, "__self__", None), _StandIn)
    return stands_in or handler in (signal.SIG_DFL, signal.SIG_IGN)


@contextlib.contextmanager
def handling(hear: Hear, leaving: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Call `hear` for each signal while the context lasts, as all others who do so then; contexts
    may overlap in any way. `leaving` tells whether streams shall end.

    The call comes from Python's own signal handler, so that it comes even while an application
    blocks the event loop: between any two steps of any code. Only the main thread can have it;
    elsewhere nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    hearer = _Hearer(hear, leaving)
    try:
        _register.add(hearer)
        yield
    finally:
        _register.remove(hearer)
