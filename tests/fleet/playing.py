"""A fleet without processes and without time: events in, actions out."""

from __future__ import annotations

import signal
from typing import Any

from gomicro.fleet.actions import (
    Action,
    Beat,
    Exit,
    Failure,
    Locate,
    Log,
    Send,
    Spawn,
    Tell,
)
from gomicro.fleet.crew import Limits
from gomicro.fleet.machine import Machine

__all__ = ["Play"]


class Play:
    """A machine, its clock, and all that it has done. Workers are named by their key: 1, 2, ..."""

    def __init__(self, workers: int = 2, **limits: Any) -> None:
        self.now = 1000.0
        self.machine = Machine(Limits(workers, **limits))
        self.done: list[Action] = []
        self.beats: dict[int, Beat] = {}
        self.machine.start(self.now)
        self._collect()

    # What happens.

    def ready(self, *keys: int) -> Play:
        for key in keys:
            self.machine.ready(key, self.now)
            self.beat(key)
        return self._collect()

    def rests(self, *keys: int) -> Play:
        for key in keys:
            self.machine.rests(key, self.now)
        return self._collect()

    def beat(self, key: int, **fields: int) -> Play:
        self.beats[key] = Beat(at=self.now, **fields)
        return self

    def failed(self, key: int, reason: str = "no", exit_code: int = 3, trace: str = "") -> Play:
        self.machine.failed(key, Failure(reason, exit_code, trace))
        return self.died(key, exit_code)

    def died(self, key: int, status: int = 0) -> Play:
        self.beats.pop(key, None)
        self.machine.died(key, status, self.now)
        return self._collect()

    def located(self, key: int, where: str) -> Play:
        self.machine.located(key, where, self.now)
        return self._collect()

    def wait(self, seconds: float, silent: tuple[int, ...] = ()) -> Play:
        """Let time pass as the supervisor does, with all workers beating but the silent ones."""
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, max(self.now, self.machine.due()))
            for key, beat in self.beats.items():
                if key not in silent:
                    self.beats[key] = Beat(self.now, *list(vars(beat).values())[1:])
            self.machine.tick(self.beats, self.now)
            self._collect()
        return self

    def sleep(self, seconds: float) -> Play:
        """Let time pass with the supervisor stopped, and everybody with it."""
        self.now += seconds
        self.machine.tick(self.beats, self.now)
        return self._collect()

    def restart(self) -> Play:
        self.machine.restart("SIGHUP", self.now)
        return self._collect()

    def stop(self, reason: str = "SIGTERM") -> Play:
        self.machine.stop(reason, self.now, patient=reason == "SIGTERM")
        return self._collect()

    def more(self) -> bool:
        took = self.machine.more(self.now)
        self._collect()
        return took

    def fewer(self) -> bool:
        took = self.machine.fewer(self.now)
        self._collect()
        return took

    def ask(self, key: int) -> Play:
        self.machine.wants_to_leave(key, self.now)
        return self._collect()

    def quit(self) -> Play:
        self.machine.quit(self.now)
        return self._collect()

    # What was done.

    def news(self) -> list[Action]:
        """What was done since the last call, but for the log."""
        done: list[Action] = [action for action in self.done if not isinstance(action, Log)]
        self.done = [action for action in self.done if isinstance(action, Log)]
        return done

    def told(self) -> list[object]:
        """The same in short: spawned (key, place), left (key, last), killed (key, signal)."""
        return [_short(action) for action in self.news()]

    def log(self, event: str) -> list[dict[str, Any]]:
        """The fields of all lines of an event."""
        lines = [action for action in self.done if isinstance(action, Log)]
        return [dict(line.fields) for line in lines if line.event == event]

    @property
    def exit(self) -> Exit | None:
        ends = [action for action in self.done if isinstance(action, Exit)]
        return ends[0] if ends else None

    @property
    def alive(self) -> set[int]:
        return set(self.machine.workers)

    def _collect(self) -> Play:
        actions = self.machine.actions()
        for action in actions:
            if isinstance(action, Spawn):
                self.machine.spawned(action.key, 100 + action.key)
        self.done += actions + self.machine.actions()
        return self


def _short(action: Action) -> object:
    if isinstance(action, Spawn):
        return ("start", action.key, action.place)
    if isinstance(action, Tell):
        return ("leave", action.key, "last" if action.fields["last"] else "")
    if isinstance(action, Send):
        return ("signal", action.key, signal.Signals(action.signal).name)
    if isinstance(action, Locate):
        return ("locate", action.key)
    return type(action).__name__
