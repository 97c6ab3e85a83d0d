"""Where a fleet stands in its life, as its manager is told."""

from __future__ import annotations

from enum import Enum
from typing import Final

__all__ = ["Standing", "standing"]


class Standing(Enum):
    """Where a fleet stands as a whole."""

    STARTING = "not all workers have been ready yet"
    READY = "every place has had a worker that is ready, and none is replaced for a restart"
    RELOADING = "all workers are replaced, one after another"
    LEAVING = "it leaves service"


NEXT: Final = {
    Standing.STARTING: (Standing.READY, Standing.LEAVING),
    Standing.READY: (Standing.RELOADING, Standing.LEAVING),
    Standing.RELOADING: (Standing.READY, Standing.LEAVING),
    Standing.LEAVING: (),
}
"""What follows what. A restart before all were ready belongs to the start."""


def standing(now: Standing, *, whole: bool, restarting: bool, leaving: bool) -> Standing:
    """What follows on `now`, or `now` itself. `whole`: each place has a worker that is ready."""
    if leaving:
        found = Standing.LEAVING
    elif restarting:
        found = Standing.RELOADING
    elif whole or now is Standing.RELOADING:
        found = Standing.READY
    else:
        found = now
    return found if found in NEXT[now] else now
