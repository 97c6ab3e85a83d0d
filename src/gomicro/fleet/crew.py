"""Who is there: the places of a fleet, and the workers in them."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gomicro.config import ServerConfig
from gomicro.fleet.actions import Action, Failure, Log, Send, Spawn, Tell
from gomicro.fleet.backoff import Backoff
from gomicro.fleet.state import TRANSITIONS, Event, State

__all__ = ["Crew", "Limits", "Place", "Worker"]


@dataclass(frozen=True)
class Limits:
    """What holds for each worker; times are seconds, memory is bytes, 0 is no limit."""

    workers: int
    start: float = 0.0
    silence: float = 0.0
    grace: float = 0.0
    delay: float = 0.0
    """That the last ones have before the grace."""
    requests: int = 0
    age: float = 0.0
    memory: int = 0

    @classmethod
    def of(cls, config: ServerConfig, workers: int) -> Limits:
        """What a configuration says."""
        return cls(
            workers=workers,
            start=config.worker_start_timeout,
            silence=config.worker_timeout,
            grace=config.shutdown_grace,
            delay=config.shutdown_delay,
            requests=config.max_requests,
            age=config.max_worker_age,
            memory=config.max_worker_memory,
        )


@dataclass(eq=False)
class Worker:
    """One process. `key` is its own for ever, `place` the number it has among the workers."""

    key: int
    place: int
    generation: int
    since: float
    """When it came into its state; monotonic seconds, as all moments here."""
    share: float
    """Of each limit on its age, requests and memory, what it gets: about 1, another for each."""
    state: State = State.STARTING
    pid: int = 0
    ready_at: float | None = None
    accepts: bool = False
    """Whether it may accept a connection still, also after it has been told to leave."""
    failure: Failure | None = None
    killed_for: str = ""
    outdated: bool = False
    """Whether it is not wanted any more, since its code has changed while it started."""
    asked_at: float | None = None
    """When it was asked which line of code it is at, in a silence that goes on."""
    reported: bool = False
    """Whether that silence stands in the log."""

    @property
    def name(self) -> dict[str, int]:
        """How the log names it."""
        return {"worker": self.place, "pid": self.pid}


@dataclass(eq=False)
class Place:
    """One of the N. `current` serves, `next` starts, and `leaving` finish what they began."""

    number: int
    current: Worker | None = None
    next: Worker | None = None
    leaving: list[Worker] = field(default_factory=list)
    start_at: float | None = None
    """When a worker is to be started, where there is none."""
    stale: str = ""
    """Why the current worker is to be replaced; "" if it is not."""
    renew_at: float = 0.0
    """The earliest moment for that."""
    retired: bool = False
    failed: bool = False
    """Whether a start failed and none has succeeded since."""
    backoff: Backoff = field(default_factory=Backoff)

    @property
    def empty(self) -> bool:
        return self.current is None and self.next is None and not self.leaving


class Crew:
    """All places and workers, and the actions that are to be done."""

    def __init__(self, share: Callable[[], float], *, reloads: bool = False) -> None:
        """`reloads`: clients wait for a replacement that starts, and are not served by the old one;
        and nobody waits for those who leave.
        """
        self.places: dict[int, Place] = {}
        self.workers: dict[int, Worker] = {}
        self.generation = 1
        self.out: list[Action] = []
        self.reloads = reloads
        self._share = share
        self._last_key = 0

    def begin(self, place: Place, now: float) -> None:
        """Start a worker in a place."""
        self._last_key += 1
        worker = Worker(self._last_key, place.number, self.generation, now, self._share())
        self.workers[worker.key] = worker
        place.next = worker
        place.start_at = None
        self._tell_current(place, "hold")
        self.out.append(Spawn(worker.key, place.number, worker.generation))

    def change(self, worker: Worker, event: Event, now: float) -> bool:
        """Apply the table; False if the event means nothing to the worker as it is."""
        state = TRANSITIONS.get((worker.state, event))
        if state is None:
            return False
        if state is not worker.state:
            worker.state, worker.since = state, now
        return True

    def leave(self, worker: Worker, reason: str, now: float, *, patient: bool, last: bool) -> None:
        """Have a worker leave. `last`: nobody accepts after it, so it takes what is queued.

        One that is not ready yet has no connection to finish; its start is stopped by a signal,
        which it hears also while it imports.
        """
        first = worker.state is not State.LEAVING
        if not self.change(worker, Event.LEAVE, now):
            return
        if worker.ready_at is None:
            self.out.append(Send(worker.key, signal.SIGTERM))
            return
        if first:
            self.log("info", "worker leaving", worker, reason=reason)
        fields = {"reason": reason, "patient": patient, "last": last}
        self.out.append(Tell(worker.key, "leave", fields))

    def start_failed(self, place: Place) -> None:
        """There will be no replacement: the current worker goes on."""
        self._tell_current(place, "go on")

    def _tell_current(self, place: Place, word: str) -> None:
        if self.reloads and place.current is not None:
            self.out.append(Tell(place.current.key, word))

    def kill(self, worker: Worker, reason: str, now: float) -> None:
        """End a worker at once."""
        if self.change(worker, Event.KILL, now):
            worker.killed_for = reason
            self.log("error", "worker killed", worker, reason=reason)
            self.out.append(Send(worker.key, signal.SIGKILL))

    def remove(self, worker: Worker) -> Place:
        """Forget a worker that is gone; the place that it had."""
        del self.workers[worker.key]
        place = self.places[worker.place]
        if place.current is worker:
            place.current = None
        elif place.next is worker:
            place.next = None
        else:
            place.leaving.remove(worker)
        return place

    def log(self, level: str, event: str, worker: Worker | None = None, **fields: Any) -> None:
        name = worker.name if worker is not None else {}
        self.out.append(Log(level, event, {**name, **fields}))
