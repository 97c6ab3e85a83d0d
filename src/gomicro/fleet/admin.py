"""The admin listener of a fleet, on a thread of its supervisor. Imported where it is asked for."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partialmethod
from typing import TYPE_CHECKING, Any

from gomicro.config import report_of
from gomicro.connection.address import addresses_of, host_and_port
from gomicro.fleet.lines import Lines
from gomicro.fleet.subject import Crew, Seen
from gomicro.server.admin import admin_config, admin_sockets
from gomicro.server.side_listener import SideListener

if TYPE_CHECKING:
    from gomicro.connection.service import ASGIApp
    from gomicro.fleet.log import Log
    from gomicro.fleet.supervisor import Supervisor

__all__ = ["tell_of"]


def tell_of(supervisor: Supervisor, report: Callable[[], str] | None) -> None:
    """Have an admin listener tell of the supervisor's fleet while that runs.

    Raises StartupError if its address cannot be had.
    """
    config = supervisor.config
    sockets = admin_sockets(config)
    lines = Lines(supervisor.log.level)
    crew = Crew(
        supervisor.records,
        lines,
        workers=lambda: _workers(supervisor),
        stands=supervisor.machine.standing,
        restarts=lambda: supervisor.restarts,
        live_after=config.live_after,
        config=report or (lambda: report_of(config)),
    )

    def make_app() -> ASGIApp:
        from gomicro.admin.app import make_app

        return make_app(crew)

    @contextmanager
    def telling() -> Iterator[None]:
        listener = SideListener(make_app, admin_config(), sockets, _Logger(supervisor.log))
        addresses = [host_and_port(one) for one in addresses_of(sockets)]
        listener.start()
        supervisor.log.write("info", "admin listening", logger="gomicro.server", address=addresses)
        try:
            yield
        finally:
            listener.stop()

    supervisor.make_line = lines.make
    supervisor.aside = telling


def _workers(supervisor: Supervisor) -> list[Seen]:
    found = []
    for key, worker in list(supervisor.machine.workers.items()):
        hands = supervisor.hands.get(key)
        if hands is not None and hands.line is not None:
            place = worker.place
            found.append(Seen(place, worker.pid, worker.state, hands.record, hands.line))
    return found


class _Logger:
    """The supervisor's log as loggers are."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def _write(self, level: str, event: str, exc_info: Any = None, **fields: Any) -> None:
        if exc_info is not None:
            fields["exception"] = "".join(traceback.format_exception(exc_info)).rstrip("\n")
        self._log.write(level, event, logger="gomicro.admin", **fields)

    debug = partialmethod(_write, "debug")
    info = partialmethod(_write, "info")
    warning = partialmethod(_write, "warning")
    error = partialmethod(_write, "error")
