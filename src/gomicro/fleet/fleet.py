"""A fleet: a supervisor, and workers that serve one application on the same sockets."""

from __future__ import annotations

import gc
import random
import sys
import threading
from collections.abc import Callable

from gomicro.config import ServerConfig, given_or_default
from gomicro.errors import StartupError
from gomicro.fleet.cores import cores
from gomicro.fleet.crew import Limits
from gomicro.fleet.machine import Machine
from gomicro.fleet.seat import Seat
from gomicro.fleet.spawn import Command, again, directory
from gomicro.fleet.supervisor import Supervisor
from gomicro.fleet.told import Told
from gomicro.server.binding import bind_all

__all__ = ["Fleet", "make_supervisor", "supervise"]

_GUARD = 'if __name__ == "__main__":'


class Fleet:
    """Serves the ASGI application `module:attribute` in as many processes as `config.workers` says
    (None is auto), with a restart on SIGHUP that loses no request.

    The application is imported in the workers only, from the current directory; with `factory` it
    is a function that makes it. Each worker is a fresh interpreter, which logs as `config` says.
    Raises TypeError for an `app` that is no name, and for a `config` that is none.
    """

    def __init__(
        self,
        app: str,
        config: ServerConfig | None = None,
        *,
        factory: bool = False,
        websockets: bool = True,
    ) -> None:
        if not isinstance(app, str):
            raise TypeError(f"a fleet's workers import a name, such as 'main:app', not {app!r}")
        self.app = app
        self.config = given_or_default(config)
        self.factory = factory
        self.websockets = websockets

    def run(self) -> int:
        """Serve until a signal ends it; returns the exit status, as `Server.run` does.

        Raises StartupError if the address cannot be had, or if no worker can start, and
        RuntimeError in a worker: one that imports what runs the fleet would begin another, and so
        would its workers. For the main thread, whose signals it takes meanwhile; RuntimeError in
        another.
        """
        if Seat.mine is not None:
            raise RuntimeError(f"a worker imports what runs its fleet: keep that below {_GUARD}")
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("a fleet runs in the main thread: only there can it take signals")
        told = Told.of(self.app, self.config, factory=self.factory, websockets=self.websockets)
        arguments = (sys.executable, "-m", "gomicro.fleet", told.text())
        try:
            return supervise(self.config, Command(sys.executable, arguments, {}, directory()))
        except StartupError as error:
            error.__traceback__ = None  # its text says all to a program that it ends
            raise


def supervise(
    config: ServerConfig,
    command: Command | None = None,
    report: Callable[[], str] | None = None,
) -> int:
    """Serve with workers that run `command`, or this process's own command line. `report` says
    what is in force, for an admin listener.
    """
    workers = config.workers if isinstance(config.workers, int) else cores()
    machine = Machine(Limits.of(config, workers), lambda: random.uniform(0.9, 1.0))  # noqa: S311
    return make_supervisor(machine, config, command, report).run()


def make_supervisor(
    machine: Machine,
    config: ServerConfig,
    command: Command | None = None,
    report: Callable[[], str] | None = None,
) -> Supervisor:
    """A supervisor with its listeners, which `run` gives up."""
    supervisor = Supervisor(machine, command or again(), bind_all(config), config)
    if config.admin_port is not None:
        from gomicro.fleet.admin import tell_of

        tell_of(supervisor, report)
    gc.freeze()
    gc.enable()
    return supervisor
