"""A loop that is blocked, told while it is: where, by which request, and who waits for it."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections import Counter
from types import FrameType
from typing import TYPE_CHECKING, Any

from gomicro.watch.places import frames_of, place, told, users
from gomicro.watch.requests import in_flight, running_exchange

if TYPE_CHECKING:
    from gomicro.connection.service import Service
    from gomicro.http1.request_head import RequestHead

__all__ = ["Blocked"]


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
        first = not self._places
        self._places[place(users(frames))] += 1
        if first:
            self._say(seconds, frames)

    def free(self, seconds: float) -> None:
        """See `Watcher`."""
        places, self._places = self._places, Counter()
        most = {"at": places.most_common(1)[0][0]} if places else {}
        self._service.log.warning("loop no longer blocked", seconds=round(seconds, 3), **most)

    def _say(self, seconds: float, frames: list[FrameType]) -> None:
        more: dict[str, Any] = told(frames)
        head = self._request(frames)
        if head is not None:
            more |= {"method": head.method, "path": head.path}
        elif (task := asyncio.current_task(self._loop)) is not None:
            more["task"] = task.get_name()
        waiting = sum(1 for _ in in_flight(self._service)) - (head is not None)
        self._service.log.warning(
            "loop blocked", seconds=round(seconds, 3), **more, waiting=max(0, waiting)
        )

    def _request(self, frames: list[FrameType]) -> RequestHead | None:
        exchange = running_exchange(frames)
        if exchange is not None:
            return exchange.head
        task: Any = asyncio.current_task(self._loop)
        return self._service.tasks.get(task)
