"""Telling whoever manages the supervisor where the fleet stands, and that it is alive."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from gomicro.fleet.standing import Standing
from gomicro.server.manager import Manager

__all__ = ["Telling"]


class Telling:
    """What the manager is told, and when. `alive`: whether the service may be said to be so;
    `status`: what people are told while it serves.
    """

    def __init__(self, manager: Manager, alive: Callable[[], bool], status: str) -> None:
        self._manager = manager
        self._alive = alive
        self._status = status
        self._told = Standing.STARTING
        self._due = -inf if manager.watchdog else inf

    def due(self) -> float:
        """When `tick` is to be called; monotonic seconds."""
        return self._due

    def tick(self, now: float) -> None:
        """Give a sign of life, twice in the watchdog's time (sd_watchdog_enabled(3))."""
        if now >= self._due:
            self._due = now + self._manager.watchdog / 2
            if self._alive():
                self._manager.alive()

    def look(self, stands: Standing, reason: str) -> None:
        """Tell where the fleet stands, if that is new; `reason` is what it leaves service for."""
        if stands is self._told:
            return
        self._told = stands
        match stands:
            case Standing.READY:
                self._manager.ready(self._status)
            case Standing.RELOADING:
                self._manager.reloading()
            case _:
                self._manager.stopping(f"leaving service: {reason}")
