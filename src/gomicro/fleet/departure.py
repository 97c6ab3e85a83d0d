"""The end of a fleet: nothing is lost that the kernel has accepted, and nobody is left."""

from __future__ import annotations

import signal
from math import inf

from gomicro.fleet.actions import CloseListeners, Exit, Send
from gomicro.fleet.crew import Crew, Worker
from gomicro.fleet.state import State

__all__ = ["Departure"]

WAIT = 2.0
"""Seconds that those who hold the listeners and will not serve have for ending, at most."""

STACKS = 5.0
"""Seconds that workers have for writing their stacks."""

STATUS_OF_STACKS = 2
"""The exit status on SIGQUIT, which is that of Go's runtime."""


class Departure:
    """Has every worker leave, in an order in which no queued connection is lost.

    A client that the kernel has accepted waits in the listeners' queue, which is gone, and the
    client reset, when the last copy of the listener is closed. So first those end that are not
    ready: they would hold a copy and accept nothing. Then the supervisor closes its own. Then the
    others are told: each of them takes all that is queued before it closes.
    """

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._begun_at = inf
        self.reason = ""
        """What ordered it; "" for nothing yet."""
        self._patient = True
        self._told = self._told_again = False
        self._status = 0
        self._quit_at = inf

    @property
    def begun(self) -> bool:
        return self._begun_at < inf

    def order(self, reason: str, status: int, now: float, *, patient: bool) -> None:
        """Begin; or, if it has begun, end the workers' delay, and hurry where it is not `patient`.
        `status` is the exit status if all goes well.
        """
        if not self.begun:
            self._begun_at = now
            self.reason, self._patient, self._status = reason, patient, status
            count = len(self._crew.workers)
            self._crew.log("info", "leaving service", reason=reason, workers=count)
            for worker in list(self._crew.workers.values()):
                if worker.ready_at is None:
                    self._crew.leave(worker, reason, now, patient=False, last=False)
        elif patient or self._patient:
            self._patient = self._patient and patient
            self._told_again = patient  # who is not has them hurry from the first
            if self._told:
                self._tell(now)
        else:
            self._status = 130
            for worker in list(self._crew.workers.values()):
                self._crew.kill(worker, "interrupted twice", now)

    def quit(self, now: float) -> None:
        """Have all write their stacks and end."""
        if not self.begun:
            self._begun_at = now
        self._told = True
        self._status = STATUS_OF_STACKS
        self._quit_at = now
        self._crew.out += [Send(key, signal.SIGQUIT) for key in self._crew.workers]

    def left(self, status: int) -> None:
        """A worker that was ready has ended."""
        if self.begun and status and not self._status:
            self._status = 1

    def go_on(self, now: float) -> None:
        """Do what may be done by now."""
        workers = list(self._crew.workers.values())
        if now - self._quit_at >= STACKS:
            for worker in workers:
                self._crew.kill(worker, "it did not end on SIGQUIT", now)
        if not self._told and (not any(map(_in_the_way, workers)) or now - self._begun_at >= WAIT):
            self._told = True
            self._crew.out.append(CloseListeners())
            self._tell(now)
            if self._told_again:
                self._tell(now)
        if not workers:
            self._crew.out.append(Exit(self._status))

    def _tell(self, now: float) -> None:
        for worker in list(self._crew.workers.values()):
            self._crew.leave(worker, self.reason, now, patient=self._patient, last=True)


def _in_the_way(worker: Worker) -> bool:
    """Whether a worker holds the listeners and will take nothing from their queue."""
    return worker.ready_at is None or worker.state is State.KILLED
