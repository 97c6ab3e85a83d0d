"""The supervisor of a service whose code is watched."""

from __future__ import annotations

import os
import selectors
import time
from collections.abc import Sequence

from gomicro.config import AppConfig, ServerConfig
from gomicro.fleet.crew import Limits
from gomicro.fleet.fleet import make_supervisor
from gomicro.fleet.machine import Machine
from gomicro.frames import short
from gomicro.reload.changes import Changes
from gomicro.reload.files import watched

__all__ = ["supervise_and_watch"]


def supervise_and_watch(app: AppConfig, config: ServerConfig) -> int:
    """Serve with one worker that runs this process's own command line; returns the exit status.

    Raises ConfigError if watchfiles or a directory is missing, and StartupError if the service
    cannot start or the system cannot watch.
    """
    machine = Machine(Limits.of(config, workers=1), reloads=True)

    def reload(paths: Sequence[str]) -> None:
        machine.reload(changed(paths), time.monotonic())

    def unseen(reason: str) -> None:
        supervisor.log.warning("changes go unseen", reason=reason)

    with Changes(watched(app), reload, unseen) as changes:
        supervisor = make_supervisor(machine, config)
        supervisor.selector.register(changes, selectors.EVENT_READ, changes.deliver)
        return supervisor.run()


def changed(paths: Sequence[str]) -> str:
    """What has changed, for a person, who knows where they are."""
    name = os.fsencode(short(paths[0])).decode(errors="backslashreplace")
    return f"{name} changed" if len(paths) == 1 else f"{name} and {len(paths) - 1} more changed"
