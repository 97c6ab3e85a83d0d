"""What a fleet does: events in, actions out. No process, no socket and no clock is touched here.

Every method takes the moment at which it is called, in monotonic seconds, and leaves what is to be
done to `actions`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gomicro.config.kinds import Workers
from gomicro.fleet.actions import Action, Beat, Exit, Failure, Listening
from gomicro.fleet.crew import Crew, Limits, Place, Worker
from gomicro.fleet.departure import Departure
from gomicro.fleet.renewal import RESTART, Renewal
from gomicro.fleet.standing import Standing, standing
from gomicro.fleet.state import Event, State
from gomicro.fleet.status import STATUS_OF_START, how
from gomicro.fleet.watch import Watch

__all__ = ["MOST_WORKERS", "Machine"]

MOST_WORKERS = Workers.most


class Machine:
    """The decisions of one supervisor.

    `share` draws what a worker gets of the limits on its age, requests and memory, so that those
    of one start do not reach them at one moment. `reloads`: there will be `reload`.
    """

    def __init__(
        self, limits: Limits, share: Callable[[], float] = lambda: 1.0, *, reloads: bool = False
    ) -> None:
        self._limits = limits
        self._crew = Crew(share, reloads=reloads)
        self._renewal = Renewal(self._crew)
        self._watch = Watch(self._crew, limits, self._renewal)
        self._departure = Departure(self._crew)
        self._ever_ready = False
        self._standing = Standing.STARTING
        self._failure: Failure | None = None

    # What is to be done, and when something is due.

    def actions(self) -> list[Action]:
        """What is to be done, in this order; the caller's to do, once."""
        out, self._crew.out = self._crew.out, []
        return out

    def due(self) -> float:
        """When `tick` is to be called, if nothing happens before."""
        starts = [place.start_at for place in self._places() if place.start_at is not None]
        return min([self._watch.due(), *starts, *self._renewal.due()])

    @property
    def workers(self) -> Mapping[int, Worker]:
        """Those whose process has not ended, by key."""
        return self._crew.workers

    def stands(self) -> tuple[Standing, str]:
        """Where the fleet stands, and what it leaves service for."""
        self._standing = standing(
            self._standing,
            whole=all(place.current is not None for place in self._places()),
            restarting=self._renewal.restarting,
            leaving=self._departure.begun,
        )
        return self._standing, self._departure.reason

    def standing(self) -> tuple[Standing, str]:
        """The same as of the last time that it was looked at. From any thread."""
        return self._standing, self._departure.reason

    def alive(self) -> bool:
        """Whether a worker that serves gives signs of life, or none is to serve just now."""
        serving = [worker for worker in self._crew.workers.values() if worker.ready_at is not None]
        return not serving or any(worker.asked_at is None for worker in serving)

    # Events.

    def start(self, now: float) -> None:
        """Start all workers, at once."""
        for number in range(1, self._limits.workers + 1):
            self._add(number, now)
        self._watch.look({}, now)

    def spawned(self, key: int, pid: int) -> None:
        """The process of a worker has been started."""
        worker = self._crew.workers[key]
        worker.pid = pid
        self._crew.log("info", "worker started", worker, generation=worker.generation)

    def ready(self, key: int, now: float) -> None:
        """A worker says that it is ready."""
        worker = self._crew.workers[key]
        began = worker.since
        if not self._crew.change(worker, Event.READY, now):
            return
        worker.ready_at, worker.accepts = now, True
        worker.asked_at, worker.reported = None, False
        place = self._crew.places[worker.place]
        old, place.current, place.next = place.current, worker, None
        place.failed = False
        if not self._ever_ready:
            self._ever_ready = True
            self._crew.out.append(Listening())
            self._start_where_it_failed(now)
        replaces = {"replaces": old.pid} if old is not None else {}
        self._crew.log("info", "worker ready", worker, after=round(now - began, 3), **replaces)
        if old is not None:
            place.leaving.append(old)
            self._crew.leave(old, place.stale or RESTART, now, patient=True, last=False)
        self._renewal.ready(place, worker, now)

    def rests(self, key: int, now: float) -> None:
        """A worker that was told to leave accepts nothing more."""
        self._crew.workers[key].accepts = False
        self._go_on(now)

    def failed(self, key: int, failure: Failure) -> None:
        """A worker says why it cannot start; its end will follow."""
        self._crew.workers[key].failure = failure

    def died(self, key: int, status: int, now: float) -> None:
        """A worker's process has ended: with an exit status, or -N for the signal N."""
        worker = self._crew.workers[key]
        state, spent = worker.state, now - worker.since
        self._crew.change(worker, Event.END, now)
        place = self._crew.remove(worker)
        if state is State.LEAVING and worker.ready_at is not None:
            self._crew.log("info", "worker left", worker, **how(status), after=round(spent, 3))
            self._departure.left(status)
        elif worker.ready_at is not None:
            self._departure.left(status)
            self._lost(place, worker, status, now)
        elif worker.outdated:
            self._start_again(place, now)
        elif state is not State.LEAVING:
            self._not_started(place, worker, status, now)
        if place.retired and place.empty:
            del self._crew.places[place.number]
        self._go_on(now)

    def wants_to_leave(self, key: int, now: float) -> None:
        """A worker has been told by somebody else to end: it goes when another is there."""
        worker = self._crew.workers[key]
        place = self._crew.places[worker.place]
        if place.current is worker:
            self._renewal.ask(place, "SIGTERM to the worker")
            self._go_on(now)

    def located(self, key: int, where: str, now: float) -> None:
        """A worker that was to be located is at this line of code, as file:line function."""
        worker = self._crew.workers[key]
        if worker.ready_at is None and worker.asked_at is not None:
            self._watch.start_too_long(worker, where, now)
        else:
            self._watch.located(worker, where, now)

    def tick(self, beats: Mapping[int, Beat], now: float) -> None:
        """Time has passed; `beats` has by key what each worker last said of itself."""
        if now >= self._watch.due():
            self._watch.look(beats, now)
        for place in list(self._places()):
            if place.start_at is not None and now >= place.start_at:
                self._crew.begin(place, now)
        self._go_on(now)

    # Orders.

    def restart(self, reason: str, now: float) -> None:
        """Replace all workers, one after another, without losing a request."""
        if not self._departure.begun:
            self._renewal.restart(reason, now)

    def reload(self, reason: str, now: float) -> None:
        """Replace all workers since their code has changed; also those that only start."""
        if self._departure.begun:
            return
        for place in self._places():
            if place.next is not None:
                place.next.outdated = True
                self._crew.leave(place.next, reason, now, patient=False, last=False)
            elif place.start_at is not None:
                place.start_at = now
        self._renewal.restart(reason, now)

    def more(self, now: float) -> bool:
        """One worker more; False if there may not be another."""
        numbers = self._crew.places.keys()
        number = next(n for n in range(1, MOST_WORKERS + 2) if n not in numbers)
        if number > MOST_WORKERS or self._departure.begun:
            return False
        self._add(number, now)
        return True

    def fewer(self, now: float) -> bool:
        """One worker fewer; False if it is the last."""
        staying = [place for place in self._places() if not place.retired]
        if len(staying) < 2 or self._departure.begun:
            return False
        place = max(staying, key=lambda place: place.number)
        place.retired, place.start_at, place.stale = True, None, ""
        for worker in (place.next, place.current):
            if worker is not None:
                place.leaving.append(worker)
                self._crew.leave(worker, "SIGTTOU", now, patient=True, last=False)
        place.current = place.next = None
        if place.empty:
            del self._crew.places[place.number]
        return True

    def stop(self, reason: str, now: float, *, patient: bool) -> None:
        """Leave service. Impatient: idle connections are closed at once; twice: all ends."""
        for place in self._places():
            place.start_at, place.stale = None, ""
        status = 0 if self._ever_ready else STATUS_OF_START.get(reason, 0)
        self._departure.order(reason, status, now, patient=patient)
        self._go_on(now)

    def quit(self, now: float) -> None:
        """End at once, every worker after it has written its stacks."""
        for place in self._places():
            place.start_at, place.stale = None, ""
        self._departure.quit(now)
        self._go_on(now)

    # Inside.

    def _places(self) -> list[Place]:
        return list(self._crew.places.values())

    def _add(self, number: int, now: float) -> None:
        place = self._crew.places[number] = Place(number)
        self._crew.begin(place, now)

    def _go_on(self, now: float) -> None:
        if self._departure.begun:
            self._departure.go_on(now)
        else:
            self._renewal.go_on(now)

    def _lost(self, place: Place, worker: Worker, status: int, now: float) -> None:
        """One that was ready has died."""
        lived = now - (worker.ready_at or now)
        again = None
        if place.current is None and place.next is None and self._may_start(place):
            again = place.backoff.after(lived)
            place.start_at = now + again
        fields = how(status) | {"lived": round(lived, 3), "again_in": again}
        self._crew.log("error", "worker died", worker, **fields)

    def _not_started(self, place: Place, worker: Worker, status: int, now: float) -> None:
        """One has died, or was killed, before it was ready."""
        failure = worker.failure or _unsaid(worker, status)
        trace = {"exception": failure.trace} if failure.trace else {}
        seen = self._failure == failure
        self._failure = self._failure or failure
        fields = how(status) | {"reason": failure.reason} | ({} if seen else trace)
        self._crew.log("error", "worker failed to start", worker, **fields)
        if not self._may_start(place):
            return
        place.failed = True
        if not self._ever_ready:
            if all(place.failed for place in self._places()):
                self._crew.out.append(Exit(self._failure.exit_code, self._failure))
            return
        self._crew.start_failed(place)
        self._renewal.failed(place, failure.reason, now)
        if place.current is None and place.next is None:
            place.start_at = now + place.backoff.after(0)

    def _start_again(self, place: Place, now: float) -> None:
        """A start was stopped. Where a worker serves, it is a replacement that begins again."""
        if place.current is None and place.next is None and self._may_start(place):
            place.start_at = now

    def _may_start(self, place: Place) -> bool:
        return not self._departure.begun and not place.retired

    def _start_where_it_failed(self, now: float) -> None:
        """The first worker is ready, so that the others may be tried again."""
        for place in self._places():
            if place.current is None and place.next is None:
                place.start_at = now + place.backoff.after(0)


def _unsaid(worker: Worker, status: int) -> Failure:
    """The failure of a worker that could not tell it."""
    reason = worker.killed_for
    if not reason:
        told = how(status)
        ended = f"was ended by {told['signal']}" if "signal" in told else f"exited with {status}"
        reason = f"worker {worker.place} {ended} before it was ready"
    return Failure(reason, 3)
