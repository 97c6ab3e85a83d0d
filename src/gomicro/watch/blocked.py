"""A loop that is blocked, told while it is: where, by which request, and who waits for it."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections import Counter
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING, Any

from gomicro.connection.exchange import Exchange
from gomicro.watch.places import frames_of, place, users

if TYPE_CHECKING:
    from gomicro.connection.service import Service
    from gomicro.http1.request_head import RequestHead

__all__ = ["Blocked"]

_RUN = Exchange.run.__code__


class Blocked:
    """Says that the loop of this thread is blocked: at once, and when it is over.

    The thread is looked at from another one, as often as `blocked` is called.
    """

    def __init__(self, service: Service, loop: asyncio.AbstractEventLoop) -> None:
        self._service = service
        self._loop = loop
        self._thread = threading.get_ident()
        self._places: Counter[str] = Counter()

    def blocked(self, seconds: float) -> None:
        """See `Watcher`."""
        frame = sys._current_frames().get(self._thread)  # noqa: SLF001 -- the documented way
        if frame is None:
            return  # the interpreter ends
        frames = frames_of(frame)
        at = users(frames)
        first = not self._places
        self._places[place(at)] += 1
        if first:
            self._say(seconds, frames, at)

    def free(self, seconds: float) -> None:
        """See `Watcher`."""
        places, self._places = self._places, Counter()
        most = {"at": places.most_common(1)[0][0]} if places else {}
        self._service.log.warning("loop no longer blocked", seconds=round(seconds, 3), **most)

    def _say(self, seconds: float, frames: list[FrameType], at: FrameType) -> None:
        more: dict[str, Any] = {}
        if at is not frames[0]:
            more["innermost"] = place(frames[0])
        head = self._request(frames)
        if head is not None:
            more |= {"method": head.method, "path": head.path}
        elif (task := asyncio.current_task(self._loop)) is not None:
            more["task"] = task.get_name()
        waiting = self._in_flight() - (head is not None)
        self._service.log.warning(
            "loop blocked", seconds=round(seconds, 3), at=place(at), **more, waiting=max(0, waiting)
        )

    def _request(self, frames: list[FrameType]) -> RequestHead | None:
        """The request whose application runs. Its task does not tell while it is in its first step,
        which the connection runs itself.
        """
        for frame in frames:
            if frame.f_code is _RUN:
                exchange: Exchange = frame.f_locals["self"]
                return exchange.head
        task: Any = asyncio.current_task(self._loop)
        return self._service.tasks.get(task)

    def _in_flight(self) -> int:
        found = 0
        for connection in list(self._service.connections):
            with suppress(AttributeError):  # it has gone on meanwhile
                found += connection.in_flight() is not None
        return found
