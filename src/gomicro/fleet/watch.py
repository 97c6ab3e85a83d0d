"""What time does to workers: starts and departures that take too long, loops that give no sign of
life, and workers that have served long enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

from gomicro.fleet.actions import Beat, Locate
from gomicro.fleet.crew import Crew, Limits, Worker
from gomicro.fleet.renewal import Renewal
from gomicro.fleet.state import State

__all__ = ["BEYOND_GRACE", "INTERVAL", "STOP_START", "Watch"]

INTERVAL = 0.5
"""Seconds between two looks at the workers."""

SILENCE = 2.0
"""Seconds without a sign of life after which a worker is said to be blocked."""

ANSWER = 0.5
"""Seconds that a worker has for telling which line it is at."""

BEYOND_GRACE = 5.0
"""Seconds that a worker which leaves has beyond the shutdown grace, which it keeps itself."""

STOP_START = 1.0
"""Seconds that a worker has which is stopped before it was ready."""

HELD_UP = 1.0
"""Seconds by which a look may be late. Beyond, the supervisor was stopped, or the whole machine,
and the workers with it: their silence counts from its end."""


class Watch:
    """Looks at all workers in turn. What it sees is acted on through the crew and the renewal."""

    def __init__(self, crew: Crew, limits: Limits, renewal: Renewal) -> None:
        self._crew = crew
        self._limits = limits
        self._renewal = renewal
        self._silence = min(SILENCE, limits.silence / 2 or inf)
        self._look_at = inf
        self._trusted_since = -inf

    def due(self) -> float:
        """The moment of the next look."""
        return self._look_at

    def look(self, beats: Mapping[int, Beat], now: float) -> None:
        """See to every worker, by key; one that has not beaten yet is not in `beats`."""
        if now - self._look_at > HELD_UP:
            self._trusted_since = now
        self._look_at = now + INTERVAL
        for worker in list(self._crew.workers.values()):
            beat = beats.get(worker.key)
            if worker.ready_at is None:
                self._start(worker, now)
            elif worker.state is State.LEAVING:
                self._departure(worker, now)
            if worker.ready_at is not None and beat is not None:
                self._pulse(worker, beat, now)
                if worker.state is State.READY:
                    self._service(worker, beat, now)

    def located(self, worker: Worker, where: str, now: float) -> None:
        """A worker, asked for it, was found at this line ("": it did not say)."""
        if worker.asked_at is None or worker.reported:
            return
        worker.reported = True
        silent = round(now - worker.asked_at + self._silence, 3)
        self._crew.log("warning", "worker blocked", worker, silent=silent, at=where)

    def _start(self, worker: Worker, now: float) -> None:
        if worker.state is State.LEAVING:
            if now - worker.since >= STOP_START:
                self._crew.kill(worker, "it was starting, and did not stop", now)
        elif self._limits.start and worker.state is State.STARTING:
            spent = now - worker.since
            if spent >= self._limits.start and worker.asked_at is None:
                worker.asked_at = now
                worker.reported = True
                self._crew.out.append(Locate(worker.key))
            elif spent >= self._limits.start + ANSWER:
                self.start_too_long(worker, "", now)

    def start_too_long(self, worker: Worker, where: str, now: float) -> None:
        """Kill a worker that was not ready in time; `where` is the line that it is at."""
        at = f", at {where}" if where else ""
        reason = f"not ready within {self._limits.start:g} s (--worker-start-timeout){at}"
        self._crew.kill(worker, reason, now)

    def _departure(self, worker: Worker, now: float) -> None:
        grace, delay = self._limits.grace, self._limits.delay
        if grace and now - worker.since >= delay + grace + BEYOND_GRACE:
            self._crew.kill(worker, "it did not leave within the shutdown grace", now)

    def _pulse(self, worker: Worker, beat: Beat, now: float) -> None:
        silent = now - max(beat.at, self._trusted_since)
        if silent < self._silence:
            if worker.reported and worker.asked_at is not None:
                blocked = round(max(0.0, beat.at - worker.asked_at) + self._silence, 3)
                self._crew.log("info", "worker runs again", worker, blocked=blocked)
            worker.asked_at, worker.reported = None, False
        elif worker.asked_at is None:
            worker.asked_at = now
            self._crew.out.append(Locate(worker.key))
        elif now - worker.asked_at >= ANSWER:
            self.located(worker, "", now)
        if self._limits.silence and silent >= self._limits.silence:
            reason = f"no sign of life for {silent:.1f} s (--worker-timeout)"
            self._crew.kill(worker, reason, now)

    def _service(self, worker: Worker, beat: Beat, now: float) -> None:
        limits, share = self._limits, worker.share
        place = self._crew.places[worker.place]
        served = now - (worker.ready_at or now)
        if limits.requests and beat.requests >= limits.requests * share:
            self._renewal.ask(place, "--max-requests")
        elif limits.age and served >= limits.age * share:
            self._renewal.ask(place, "--max-worker-age")
        elif limits.memory and beat.memory >= limits.memory * share and not place.stale:
            # One that is born too large would be replaced without end: ever less often.
            place.renew_at = now + place.backoff.after(served)
            self._renewal.ask(place, "--max-worker-memory")
