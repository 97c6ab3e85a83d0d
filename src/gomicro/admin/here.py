"""The subject of an admin listener in the service's own process, on a thread beside its loop."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gomicro import log
from gomicro.admin.subject import Check
from gomicro.connection.phase import Phase
from gomicro.metrics.families import ACTIVE_REQUESTS, CONNECTIONS
from gomicro.metrics.gauges import active_requests, connections
from gomicro.metrics.store import read
from gomicro.watch.profile import collapsed, sample
from gomicro.watch.requests import seen
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
        self._service = service
        self._loop = loop
        self._thread = threading.get_ident()
        self._heartbeat = heartbeat
        self._counting = counting
        self._live_after = live_after
        self._leaving = leaving
        self.config = config
        self._ended = threading.Event()
        self._reset: asyncio.TimerHandle | None = None
        self._usual_level = ""

    def end(self) -> None:
        """Look no more."""
        self._ended.set()

    def checks(self, probe: str) -> list[Check]:
        """See `Subject`."""
        if probe == "livez":
            return [self._loop_runs()]
        started = Check("started", self._service.phase is not Phase.STARTING, "not started yet")
        if probe == "startupz":
            return [started]
        leaving = self._leaving()
        return [
            started,
            Check("in service", not leaving, f"leaving ({leaving})"),
            self._loop_runs(),
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
        active, open_ = active_requests(self._service), connections(self._service)
        return {
            ACTIVE_REQUESTS: {(method,): count for method, count in active.items()},
            CONNECTIONS: {(state,): count for state, count in open_.items()},
        }

    async def requests(self) -> list[dict[str, Any]]:
        """See `Subject`."""
        return [asdict(one) for one in seen(self._service, self._thread)]

    async def stacks(self) -> str:
        """See `Subject`."""
        return stacks(self._loop, self._service)

    async def profile(self, seconds: float) -> str:
        """See `Subject`. The thread that looks ends with this one."""
        found = await asyncio.to_thread(sample, self._thread, seconds, self._ended)
        return collapsed(found)

    def set_log_level(self, level: str, seconds: float) -> None:
        """See `Subject`."""
        before = log.set_level(level)
        if self._reset is None:
            self._usual_level = before
        else:
            self._reset.cancel()
            self._reset = None
        self._service.level_changed()
        self._service.log.warning(
            "log level changed", before=before, after=level, seconds=seconds or None
        )
        if seconds:
            loop = asyncio.get_running_loop()
            self._reset = loop.call_later(seconds, self._set_usual_level)

    def _set_usual_level(self) -> None:
        self._reset = None
        self.set_log_level(self._usual_level, 0)
