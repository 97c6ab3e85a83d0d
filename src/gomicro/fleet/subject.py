"""The subject of a fleet's admin listener: all workers, asked one by one, and what they count."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from gomicro.admin.subject import Check, Gauges
from gomicro.fleet.pulse import BEAT
from gomicro.fleet.records import Field, Records
from gomicro.fleet.standing import Standing
from gomicro.fleet.state import State
from gomicro.metrics.families import ACTIVE_REQUESTS, CONNECTIONS, RESTARTS, WORKERS, Family
from gomicro.metrics.store import Series, read

if TYPE_CHECKING:
    from gomicro.fleet.line import Line
    from gomicro.fleet.lines import Lines

__all__ = ["Crew", "Seen"]

_NANO = 1e9

LATE = 4.0
"""Seconds that a worker has beyond a profile's own for handing it over. With them, and with what
asking takes, the longest profile ends before the admin listener's write deadline.
"""

_AGAIN = 0.1
"""Seconds after which a worker that has not handed its profile over is asked again."""

_NO_ANSWER = "no answer\n"
_UNSEEN = "no answer 1\n"
"""The same as the one stack of a profile."""


@dataclass(frozen=True)
class Seen:
    """One worker, as the supervisor knows it."""

    place: int
    pid: int
    state: State
    record: int
    line: Line


class Crew:
    """Tells of a fleet: see `gomicro.admin.subject.Subject`. On a thread of the supervisor.

    `lines` are those to its workers, also of such as only start. `workers` are those that have not
    ended, `stands` where the fleet is and what it leaves for,
    `restarts` how many workers have been started in the place of others.
    """

    def __init__(
        self,
        records: Records,
        lines: Lines,
        *,
        workers: Callable[[], list[Seen]],
        stands: Callable[[], tuple[Standing, str]],
        restarts: Callable[[], int],
        live_after: float,
        config: Callable[[], str],
    ) -> None:
        self._records = records
        self._lines = lines
        self._workers = workers
        self._stands = stands
        self._restarts = restarts
        self._live_after = live_after
        self.config = config
        self._started = False
        self._putting = asyncio.Lock()

    def checks(self, probe: str) -> list[Check]:
        """See `Subject`. Ready: one worker accepts, and its loop gives signs of life."""
        workers = [one for one in self._workers() if one.state is State.READY]
        self._started = self._started or bool(workers)
        standing, reason = self._stands()
        started = Check("started", self._started, "no worker has been ready yet")
        if probe == "startupz":
            return [started]
        ages = [self._age(worker) for worker in workers]
        alive = not self._live_after or not ages or min(ages) <= self._live_after
        loops = Check("event loops", alive, f"no sign of life for {min(ages, default=0):.1f} s")
        if probe == "livez":
            return [loops]
        leaving = standing is Standing.LEAVING
        serves = Check("workers", bool(workers) or leaving, "none is ready")
        return [started, Check("in service", not leaving, f"leaving ({reason})"), serves, loops]

    def _age(self, worker: Seen) -> float:
        """Seconds for which a sign of life of the worker's loop has been due."""
        beat = self._records.record(worker.record)[Field.HEARTBEAT]
        return max(0.0, time.monotonic() - beat / _NANO - BEAT) if beat else 0.0

    async def counted(self) -> Iterable[Series]:
        """See `Subject`. The counters of workers that have died are among them."""
        stores = (read(record.counters) for record in self._records.all())
        restarts = Series(RESTARTS, (), (float(self._restarts()),))
        return chain(chain.from_iterable(stores), [restarts])

    async def gauges(self) -> Gauges:
        """See `Subject`."""
        states = Counter(worker.state.name.lower() for worker in self._workers())
        sums: dict[Family, Counter[tuple[str, ...]]] = {
            WORKERS: Counter({(state,): count for state, count in states.items()}),
            ACTIVE_REQUESTS: Counter(),
            CONNECTIONS: Counter(),
        }
        for _, told in await self._ask("gauges"):
            for family in (ACTIVE_REQUESTS, CONNECTIONS):
                values: Mapping[str, int] = told[family.name]
                sums[family].update({(label,): count for label, count in values.items()})
        return sums

    async def requests(self) -> list[dict[str, Any]]:
        """See `Subject`. Each has its worker."""
        found = [
            {"worker": worker.place, **request}
            for worker, requests in await self._ask("requests")
            for request in requests
        ]
        return sorted(found, key=lambda one: -(one["age"] or 0))

    async def stacks(self) -> str:
        """See `Subject`."""
        asked = self._answering()
        told = {one.pid: text for one, text in await self._ask_each(asked, "stacks")}
        return "\n".join(
            f"worker {one.place} (pid {one.pid})\n\n{told.get(one.pid, _NO_ANSWER)}"
            for one in asked
        )

    async def profile(self, seconds: float) -> str:
        """See `Subject`. Each stack begins with its worker; of one that does not answer in time a
        line says so.
        """
        asked = self._answering()
        await self._ask_each(asked, "begin_profile", seconds)
        await asyncio.sleep(seconds)
        found: dict[int, str] = {}
        ends_at = time.monotonic() + LATE
        while len(found) < len(asked) and time.monotonic() < ends_at:
            missing = [one for one in asked if one.pid not in found]
            found |= {one.pid: text for one, text in await self._ask_each(missing, "profile")}
            await asyncio.sleep(_AGAIN)
        return "".join(
            f"worker {one.place};{line}\n"
            for one in asked
            for line in found.get(one.pid, _UNSEEN).splitlines()
        )

    async def set_log_level(self, level: str, seconds: float) -> None:
        """See `Subject`. The supervisor's own lines follow, and workers that start later."""
        async with self._putting:  # all workers hear of several in one order
            ends_at = time.monotonic() + seconds if seconds else 0.0
            lines, asked = self._lines.put(level, ends_at), self._answering()
            for line in lines - {worker.line for worker in asked}:
                await asyncio.to_thread(line.tell, "log_level", level, ends_at)
            await self._ask_each(asked, "log_level", level, ends_at)

    async def _ask(self, word: str, *args: Any) -> Iterator[tuple[Seen, Any]]:
        """What each worker says; one that does not answer in time is left out."""
        return await self._ask_each(self._answering(), word, *args)

    def _answering(self) -> list[Seen]:
        return [one for one in self._workers() if one.state is not State.STARTING]

    async def _ask_each(
        self, workers: list[Seen], word: str, *args: Any
    ) -> Iterator[tuple[Seen, Any]]:
        asked = (asyncio.to_thread(worker.line.ask, word, *args) for worker in workers)
        said = await asyncio.gather(*asked)
        return iter([pair for pair in zip(workers, said, strict=True) if pair[1] is not None])
