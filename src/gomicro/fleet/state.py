"""The life of a worker, as data: what it may be, what may happen to it, and what it is then.

Everything about a worker's states stands here. The tables are what the supervisor runs on, and
what the picture in the documentation is drawn from.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

__all__ = ["TRANSITIONS", "Event", "State"]


class State(Enum):
    """What a worker is, to its supervisor."""

    STARTING = "its application starts; it holds the listeners and accepts nothing"
    READY = "it accepts connections"
    LEAVING = "it has been told to leave, and finishes what it has begun"
    KILLED = "it has been sent SIGKILL"
    GONE = "its process has ended"


class Event(Enum):
    """What may happen to a worker."""

    READY = "it says that it is ready"
    LEAVE = "it is told to leave"
    KILL = "it is killed: it took too long, or gave no sign of life"
    END = "its process ends"


TRANSITIONS: Final = {
    (State.STARTING, Event.READY): State.READY,
    (State.STARTING, Event.LEAVE): State.LEAVING,
    (State.STARTING, Event.KILL): State.KILLED,
    (State.STARTING, Event.END): State.GONE,
    (State.READY, Event.LEAVE): State.LEAVING,
    (State.READY, Event.KILL): State.KILLED,
    (State.READY, Event.END): State.GONE,
    (State.LEAVING, Event.LEAVE): State.LEAVING,
    (State.LEAVING, Event.KILL): State.KILLED,
    (State.LEAVING, Event.END): State.GONE,
    (State.KILLED, Event.END): State.GONE,
}
"""What a worker becomes. What is not listed changes nothing: a word that came too late."""
