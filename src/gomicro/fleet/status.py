"""Exit statuses, of a worker and of the fleet."""

from __future__ import annotations

import signal
from contextlib import suppress
from typing import Any

__all__ = ["STATUS_OF_START", "how"]

STATUS_OF_START = {"SIGINT": 130, "SIGTERM": 143}
"""The exit status when a signal comes before the service listens: that of a shell for it."""


def how(status: int) -> dict[str, Any]:
    """How a process has ended, as fields of the log: its status, or the name of the signal."""
    if status >= 0:
        return {"status": status}
    name = f"signal {-status}"  # a real-time signal has no name
    with suppress(ValueError):
        name = signal.Signals(-status).name
    return {"signal": name}
