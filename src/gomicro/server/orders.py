"""What a service is told from outside its event loop, by signals and by other threads."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

from gomicro.frames import package
from gomicro.watch.stacks import write_stacks

if TYPE_CHECKING:
    from types import FrameType

    from gomicro.connection.service import Service
    from gomicro.server.signals import End

__all__ = ["STATUS_OF_SIGNAL", "STATUS_OF_STACKS", "Orders"]

STATUS_OF_SIGNAL = {"SIGINT": 130, "SIGTERM": 143}
"""The exit status when a signal comes before the service listens: that of a shell for it."""

STATUS_OF_STACKS = 2
"""The exit status on SIGQUIT, which is that of Go's runtime."""


def _nobody(*_: object) -> None:
    """Whoever hears an order before there is a loop."""


_OWN = frozenset({"gomicro", "asyncio"})
"""Whose code comes back to the event loop, and is not left half done: a coroutine would never be
awaited, what has been started never be stopped.
"""

_PASSED_THROUGH = sys.stdlib_module_names - _OWN
"""What runs for whoever has called it."""


def _raise(interrupted: FrameType | None) -> None:
    raise KeyboardInterrupt


def _raise_elsewhere(interrupted: FrameType | None) -> None:
    """Raise in what may never come back to the event loop, where the order waits."""
    while interrupted is not None and _package(interrupted) in _PASSED_THROUGH:
        interrupted = interrupted.f_back  # whoever has called it
    if interrupted is None or _package(interrupted) not in _OWN:
        _raise(interrupted)


def _package(frame: FrameType) -> str:
    return package(frame.f_code.co_filename)


class Orders:
    """What has been ordered so far. An order may come at any moment, before there is a loop and
    after it has closed; until `attach` orders are kept.

    `leave` ends the process at once with the status it is given; without it a second SIGINT
    raises KeyboardInterrupt, at once in the application's code, and a third in any.
    """

    def __init__(self) -> None:
        self.reason = ""
        """What first ordered the service to stop: SIGTERM, SIGINT, shutdown; "" for nothing yet."""
        self.patient = True
        """Whether idle connections may have their time; SIGINT ends that."""
        self.last = True
        """Whether nobody else accepts on the same sockets, where this process stops to."""
        self.interrupted = False
        self.service: Service | None = None
        """Whose requests SIGQUIT tells of, and which leaves."""
        self.leave: Callable[[int], NoReturn] | None = None
        self._interrupts = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self.at_once: Callable[[], Any] = _nobody
        """Called wherever the service is ordered to stop, also while its event loop is blocked."""
        self._on_stop: Callable[[], Any] = _nobody
        self._on_interrupt: Callable[[], Any] = _nobody
        self._on_other: Callable[[signal.Signals], Any] = _nobody

    def attach(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        on_stop: Callable[[], Any],
        on_interrupt: Callable[[], Any],
        on_other: Callable[[signal.Signals], Any],
    ) -> None:
        """Have these called in the loop, `on_stop` each time that stopping is ordered."""
        self._on_stop, self._on_interrupt, self._on_other = on_stop, on_interrupt, on_other
        self._loop = loop
        if self.reason:
            on_stop()

    def stop(self, why: str, *, patient: bool) -> None:
        """Order the service to stop; from any thread, and from a signal's handler."""
        self.reason = self.reason or why
        self.patient = self.patient and patient
        self.at_once()
        self._call(self._on_stop)

    def leaving(self) -> bool:
        """Whether no more connections are accepted, and streams without an end had better end."""
        return self.service is not None and self.service.leaving.is_set()

    def on_signal(self, which: signal.Signals) -> End | None:
        """Hear a signal, in the main thread between any two steps of any code.

        Returns how to end, if that is what it means: for when other servers have heard it, too.
        """
        if which is signal.SIGQUIT:
            write_stacks(self._loop, self.service)
            return self._leaving(STATUS_OF_STACKS)
        if which is signal.SIGTERM:
            self.stop(which.name, patient=True)
        elif which is signal.SIGINT:
            self._interrupts += 1
            if self._interrupts > 1:
                return self._interrupt()
            self.stop(which.name, patient=False)
        else:
            self._call(self._on_other, which)
        return None

    def _interrupt(self) -> End:
        """End at once. Whoever runs just now may swallow what is raised, so the loop hears too."""
        if self.leave is not None:
            return self._leaving(STATUS_OF_SIGNAL["SIGINT"])
        self.interrupted = True
        self._call(self._on_interrupt)
        return _raise if self._loop is None or self._interrupts > 2 else _raise_elsewhere

    def _leaving(self, status: int) -> End:
        leave = self.leave or os._exit
        return lambda _: leave(status)

    def _call(self, callback: Callable[..., Any], *args: Any) -> None:
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # it has closed
                loop.call_soon_threadsafe(callback, *args)
