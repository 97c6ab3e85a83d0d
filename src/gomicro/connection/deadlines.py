"""Which deadline stands in which state of a connection. Everything that decides it is in this file.

No clock and no socket here: time is a parameter, so that a test can play years in microseconds.
The contract is Go's `http.Server`: ReadTimeout, ReadHeaderTimeout, WriteTimeout and IdleTimeout.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from math import inf
from typing import NamedTuple

__all__ = [
    "DRAIN",
    "LINGER",
    "RULES",
    "Deadline",
    "Moment",
    "Rule",
    "State",
    "Timeouts",
    "standing",
]

LINGER = 0.5
"""Seconds a closed connection is still read, so that no reset overtakes its last answer
(RFC 9112 section 9.6; Go's rstAvoidanceDelay)."""

DRAIN = 1.0
"""Seconds an idle connection is kept for its next request once the service is stopping."""


class State(Enum):
    """Where a connection stands."""

    NEW = "connected, nothing of its first request is complete"
    IDLE = "kept alive, fewer than four bytes of the next request have come"
    HEAD = "the next request has begun, its headers are not complete"
    BODY = "the headers are read, the body is not complete"
    ANSWER = "the request is read, the answer is not written"
    FLUSH = "the answer is written, the peer has not taken all of it"
    DRAIN = "idle while the service is stopping"
    LINGER = "half-closed after the last answer, what still comes is thrown away"
    CLOSING = "closed, the peer has not taken all of the last answer"
    UPGRADED = "handed over to another protocol"


class Deadline(Enum):
    """What has passed when a deadline passes; the value is the option that sets it."""

    HEADER = "read_header_timeout"
    READ = "read_timeout"
    WRITE = "write_timeout"
    IDLE = "idle_timeout"
    DRAIN = "drain"
    LINGER = "linger"


class Moment(Enum):
    """From when a deadline is counted."""

    STATE = "the state began"
    REQUEST = "the connection was made, or on a kept one the fourth byte of the request came"
    HEADERS = "the headers of the request were complete; for the last answer, it was written"


class Rule(NamedTuple):
    """A deadline and the moment from which it is counted."""

    deadline: Deadline
    since: Moment


_HEADER = Rule(Deadline.HEADER, Moment.REQUEST)
_READ = Rule(Deadline.READ, Moment.REQUEST)
_WRITE = Rule(Deadline.WRITE, Moment.HEADERS)
_IDLE = Rule(Deadline.IDLE, Moment.STATE)

RULES: dict[State, tuple[Rule, ...]] = {
    State.NEW: (_HEADER,),
    State.IDLE: (_IDLE,),
    State.HEAD: (_HEADER,),
    State.BODY: (_READ, _WRITE),
    State.ANSWER: (_WRITE,),
    State.FLUSH: (_WRITE, _IDLE),
    State.DRAIN: (Rule(Deadline.DRAIN, Moment.STATE),),
    State.LINGER: (Rule(Deadline.LINGER, Moment.STATE),),
    State.CLOSING: (_WRITE,),
    State.UPGRADED: (),
}
"""The table: the deadlines that stand in each state. The earliest one ends the state."""


class Timeouts(NamedTuple):
    """Seconds for each deadline; 0 means that it never passes."""

    header: float = 1.0
    read: float = 1.0
    write: float = 1.0
    idle: float = 120.0

    def seconds(self, deadline: Deadline) -> float:
        """Seconds from a deadline's start until it passes; infinite where there is none."""
        seconds = {
            Deadline.HEADER: self.header,
            Deadline.READ: self.read,
            Deadline.WRITE: self.write,
            Deadline.IDLE: self.idle,
            Deadline.DRAIN: DRAIN,
            Deadline.LINGER: LINGER,
        }
        return seconds[deadline] or inf


def standing(
    timeouts: Timeouts, state: State, since: Mapping[Moment, float]
) -> tuple[float, Deadline | None]:
    """When the earliest deadline of `state` passes, and which one it is.

    `since` tells each moment in seconds of one monotonic clock. Returns (inf, None) where no
    deadline stands. Of two that pass together the first in the table counts: a body that is late
    is answered before the answer itself is late.
    """
    earliest: float = inf
    which = None
    for rule in RULES[state]:
        at = since[rule.since] + timeouts.seconds(rule.deadline)
        if at < earliest:
            earliest, which = at, rule.deadline
    return earliest, which
