"""What the machine asks the supervisor to do, and what it is told of a worker."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "Action",
    "Beat",
    "CloseListeners",
    "Exit",
    "Failure",
    "Listening",
    "Locate",
    "Log",
    "Send",
    "Spawn",
    "Tell",
]


@dataclass(frozen=True)
class Spawn:
    """Start a process for the worker `key`, which is number `place`."""

    key: int
    place: int
    generation: int


@dataclass(frozen=True)
class Tell:
    """Say a word to a worker, over its channel."""

    key: int
    word: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Send:
    """Send a worker's process a signal."""

    key: int
    signal: signal.Signals


@dataclass(frozen=True)
class Locate:
    """Find out which line of code a worker is at."""

    key: int


@dataclass(frozen=True)
class CloseListeners:
    """Give up the supervisor's own copies of the listeners: the workers have the last ones."""


@dataclass(frozen=True)
class Listening:
    """The first worker is ready: the service answers from now on."""


@dataclass(frozen=True)
class Log:
    """Log an event."""

    level: str
    event: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Failure:
    """Why a worker could not start, in one line, with the exit status that it means and, where
    the fault is in the application's code, the traceback: for the log, and from the application's
    own code on for standard error, if people do not have that in the log.
    """

    reason: str
    exit_code: int
    trace: str = ""
    own_trace: str = ""


@dataclass(frozen=True)
class Exit:
    """Every worker is gone: end with this status, or with this failure's."""

    status: int
    failure: Failure | None = None


Action = Spawn | Tell | Send | Locate | CloseListeners | Listening | Log | Exit


@dataclass(frozen=True)
class Beat:
    """What a worker last said of itself in shared memory: when (monotonic seconds), and what it
    had then. Memory is bytes.
    """

    at: float
    connections: int = 0
    in_flight: int = 0
    requests: int = 0
    memory: int = 0
