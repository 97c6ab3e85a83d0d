"""Replacing workers that serve, one after another: a restart, and what has served long enough."""

from __future__ import annotations

from gomicro.fleet.crew import Crew, Place, Worker

__all__ = ["RESTART", "Renewal"]

RESTART = "restart"
"""The reason of a worker that leaves in a restart."""


class Renewal:
    """At most one worker starts as another's replacement at a time.

    The new one is waited for, and the old one leaves after that. A place whose last worker has
    not ended yet waits, so that there are never more than three processes for each.
    """

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._place: Place | None = None
        self._begun_at: float | None = None

    @property
    def restarting(self) -> bool:
        return self._begun_at is not None

    def restart(self, reason: str, now: float) -> None:
        """Replace all workers by new ones. A restart under way goes on, for these as well."""
        crew = self._crew
        crew.generation += 1
        if self._begun_at is None:
            self._begun_at = now
        for place in crew.places.values():
            place.stale = RESTART
            place.renew_at = now
        crew.log("info", "restart begun", reason=reason, generation=crew.generation)
        self.go_on(now)

    def ask(self, place: Place, reason: str) -> None:
        """Have one worker replaced when its turn comes."""
        place.stale = place.stale or reason

    def go_on(self, now: float) -> None:
        """Begin with the next one, if none is under way."""
        if self._place is not None and self._place.next is None:
            self._place = None
        if self._place is None:
            self._place = next((p for p in self._all() if self._may_begin(p, now)), None)
            if self._place is not None:
                self._crew.begin(self._place, now)
        if self._begun_at is not None and all(map(_is_new, self._all())):
            seconds = round(now - self._begun_at, 3)
            self._begun_at = None
            generation = self._crew.generation
            self._crew.log("info", "restart done", generation=generation, duration=seconds)

    def ready(self, place: Place, worker: Worker, now: float) -> None:
        """A new worker serves in a place, whatever it was started for."""
        if worker.generation == self._crew.generation:
            place.stale = ""
        self.go_on(now)

    def failed(self, place: Place, reason: str, now: float) -> None:
        """The replacement has not become ready: the one it was to replace stays.

        A restart ends with that. What is replaced for another reason is tried again later.
        """
        if place.stale == RESTART and self._begun_at is not None:
            self._begun_at = None
            for other in self._all():
                other.stale = ""
            generation = self._crew.generation
            self._crew.log("error", "restart given up", generation=generation, reason=reason)
        elif place.stale:
            place.renew_at = now + place.backoff.after(0)

    def due(self) -> list[float]:
        """The moments at which something may begin."""
        if self._place is not None:
            return []
        return [place.renew_at for place in self._all() if place.stale and self._whole(place)]

    def _all(self) -> list[Place]:
        return list(self._crew.places.values())

    def _whole(self, place: Place) -> bool:
        settled = self._crew.reloads or not place.leaving
        return place.current is not None and place.next is None and settled

    def _may_begin(self, place: Place, now: float) -> bool:
        due = bool(place.stale) and now >= place.renew_at
        return due and self._whole(place) and not place.retired


def _is_new(place: Place) -> bool:
    """Whether nobody from before the restart may accept a connection in this place."""
    return place.stale != RESTART and not any(worker.accepts for worker in place.leaving)
