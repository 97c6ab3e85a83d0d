"""Between the order to stop and the end of accepting: who is told, and how long it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from gomicro.connection.phase import Phase
from gomicro.server.cancelled import ends_this_task

if TYPE_CHECKING:
    from gomicro.connection.service import Service

__all__ = ["Delay", "ShutdownCallbacks"]


class Delay:
    """The time for which connections are still accepted: until every balancer has heard that the
    service leaves. In its second half each answer closes its connection, so that clients which
    keep theirs look for another server while this one still takes whoever comes.
    """

    def __init__(self, seconds: float) -> None:
        self._half = seconds / 2
        self._hurried = asyncio.Event()

    async def wait(self, service: Service) -> None:
        """Wait until it is over, or `hurry` says so."""
        if not self._half:
            return
        for phase in (Phase.LEAVING, Phase.PARTING):
            if not self._hurried.is_set():
                service.phase = phase
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._hurried.wait(), self._half)

    def hurry(self) -> None:
        """Be over at once; also if it has not begun."""
        self._hurried.set()


class ShutdownCallbacks:
    """What is called when no more connections are accepted: see `Server.register_on_shutdown`."""

    def __init__(self) -> None:
        self._callbacks: list[Callable[[], Any]] = []

    def add(self, callback: Callable[[], Any]) -> None:
        self._callbacks.append(callback)

    def call(self, service: Service) -> None:
        """Call them in their order. What one of them raises is logged, and keeps nobody."""
        for callback in self._callbacks:
            task = asyncio.create_task(_called(callback, service), name="shutdown callback")
            service.tasks[task] = None
            task.add_done_callback(service.task_ended)


async def _called(callback: Callable[[], Any], service: Service) -> None:
    try:
        result = callback()
        if isawaitable(result):
            await result
    except BaseException as error:  # nothing may escape into the event loop
        if ends_this_task(error):  # its grace is over
            raise
        service.log.exception("shutdown callback failed")
