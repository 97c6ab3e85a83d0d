"""The subject of an admin listener in the service's own process, on a thread beside its loop."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

from gomicro import log
from gomicro.admin.subject import Check
from gomicro.connection.phase import Phase
from gomicro.metrics.families import ACTIVE_REQUESTS, CONNECTIONS
from gomicro.metrics.gauges import active_requests, connections
from gomicro.metrics.store import read
from gomicro.watch.profile import collapsed, sample
from gomicro.watch.requests import described
from gomicro.watch.stacks import stacks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gomicro.admin.subject import Gauges
    from gomicro.connection.service import Service
    from gomicro.metrics.counting import Counting
    from gomicro.metrics.store import Series
    from gomicro.watch.heartbeat import Heartbeat

__all__ = ["Here"]


class Here:
    """Looks at a service from another thread: see `Subject`. Made in the thread of its loop.

    `leaving` says why the service leaves, "" while it does not; `config` what is in force.
    """

    def __init__(
        self,
        service: Service,
        loop: asyncio.AbstractEventLoop,
        heartbeat: Heartbeat,
        counting: Counting,
        *,
        live_after: float,
        leaving: Callable[[], str],
        config: Callable[[], str],
    ) -> None:
        self.service = service
        self.loop = loop
        self.thread = threading.get_ident()
        self._heartbeat = heartbeat
        self._counting = counting
        self._live_after = live_after
        self._leaving = leaving
        self.config = config
        self.ended = threading.Event()
        self._changing = threading.Lock()
        self._reset: threading.Timer | None = None
        self._usual_level = ""

    def end(self) -> None:
        """Look no more."""
        self.ended.set()
        with self._changing:
            if self._reset is not None:
                self._reset.cancel()
                self._reset = None

    def checks(self, probe: str) -> list[Check]:
        """See `Subject`."""
        if probe == "livez":
            return [self._loop_runs()]
        started = Check("started", self.service.phase is not Phase.STARTING, "not started yet")
        if probe == "startupz":
            return [started]
        leaving = self._leaving()
        return [
            started,
            Check("in service", not leaving, f"leaving ({leaving})"),
            self._loop_runs(),
            Check("not shedding", not self.service.overload.shedding, "refusing requests"),
        ]

    def _loop_runs(self) -> Check:
        age = self._heartbeat.age()
        ok = not self._live_after or age <= self._live_after
        return Check("event loop", ok, f"no sign of life for {age:.1f} s")

    async def counted(self) -> Iterable[Series]:
        """See `Subject`."""
        return read(self._counting.copy())

    async def gauges(self) -> Gauges:
        """See `Subject`."""
        active, open_ = active_requests(self.service), connections(self.service)
        return {
            ACTIVE_REQUESTS: {(method,): count for method, count in active.items()},
            CONNECTIONS: {(state,): count for state, count in open_.items()},
        }

    async def requests(self) -> list[dict[str, Any]]:
        """See `Subject`."""
        return described(self.service, self.thread)

    async def stacks(self) -> str:
        """See `Subject`."""
        return stacks(self.loop, self.service)

    async def profile(self, seconds: float) -> str:
        """See `Subject`. The thread that looks ends with this one."""
        found = await asyncio.to_thread(sample, self.thread, seconds, self.ended)
        return collapsed(found)

    async def set_log_level(self, level: str, seconds: float) -> None:
        """See `Subject`."""
        self.change_log_level(level, seconds)

    def change_log_level(self, level: str, seconds: float) -> None:
        """The same, from any thread."""
        with self._changing:
            self._change(level, seconds)

    def _change(self, level: str, seconds: float) -> None:
        def tell(before: str) -> None:
            self.service.log.warning(
                "log level changed",
                before=before,
                after=level,
                seconds=round(seconds, 3) if seconds else None,
            )

        before = log.set_level(level, tell)
        if self._reset is None:
            self._usual_level = before
        else:
            self._reset.cancel()
            self._reset = None
        self.service.level_changed()
        if seconds:
            self._reset = timer = threading.Timer(seconds, lambda: self._time_is_over(timer))
            timer.daemon = True
            timer.start()

    def _time_is_over(self, timer: threading.Timer) -> None:
        with self._changing:
            if timer is self._reset:  # else it was cancelled too late
                self._reset = None
                self._change(self._usual_level, 0)
