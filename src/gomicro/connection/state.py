"""Rule 1: all that decides what a connection may do, and what comes next, stands in this file.

Three machines, each a table (state, event) -> state: the connection's, and for each request its two
sides, `Theirs` (the body that the peer sends) and `Ours` (the response of the application). A state
has what it allows as attributes, and one more for each event: the state that follows. So

    self.state = self.state.answered

is a transition. An event that the state does not allow is an attribute that it does not have, and
so an AttributeError. No clock and no socket here: which deadlines stand, not when they pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

__all__ = [
    "ALLOWS",
    "OURS",
    "THEIRS",
    "TRANSITIONS",
    "Allows",
    "Deadline",
    "Input",
    "Moment",
    "Ours",
    "Rule",
    "State",
    "Theirs",
]


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
    ANSWER = (
        "the headers of the request were complete; for a stream of events, the first part was sent "
        "that the peer has not taken; for the last answer, it was written"
    )


class Rule(NamedTuple):
    """A deadline and the moment from which it is counted."""

    deadline: Deadline
    since: Moment


class Input(Enum):
    """What is done with the bytes that come."""

    HEAD = "the next request's, up to `--max-header-bytes`"
    BODY = "the body's; reading pauses while 64 KiB wait for the application"
    KEPT = "kept for later; reading pauses when 64 KiB wait"
    DROPPED = "thrown away"
    HANDED_ON = "the other protocol's"


class Allows(NamedTuple):
    """What a state of a connection allows.

    `begins`: the next request may begin. `serves`: one is being served. `idle`: the peer is owed
    nothing, so the connection may be closed when the service stops. The earliest deadline ends the
    state.
    """

    begins: bool
    serves: bool
    idle: bool
    input: Input
    deadlines: tuple[Rule, ...]


class State(Enum):
    """Where a connection stands."""

    NEW = "connected, nothing has come yet"
    IDLE = "kept alive, fewer than four bytes of the next request have come"
    HEAD = "the next request has begun, its headers are not complete"
    BODY = "the headers are read, the body is not complete"
    ANSWER = "the request is read, the answer is not written"
    FLUSH = "the answer is written, the peer has not taken all of it"
    DRAIN = "idle while the service is stopping"
    UPGRADING = "another protocol is asked for, its answer is not written"
    UPGRADED = "handed over to another protocol"
    LINGER = "half-closed after the last answer, what still comes is thrown away"
    CLOSING = "closed, the peer has not taken all of the last answer"
    LOST = "gone"

    begins: bool
    serves: bool
    idle: bool
    input: Input
    deadlines: tuple[Rule, ...]

    # Where each event leads, in the states that allow it.
    begun: State  # something of the next request has come: on a kept connection, four bytes
    head_read: State  # a head is complete, and more of its body is to come
    request_read: State  # a head is complete with all of its body
    body_over: State  # the body is complete, or the rest of it will not come
    answered: State  # the response is written, and the connection is kept
    stalled: State  # the peer does not take what is written
    taken: State  # it has taken all of it
    upgrade_asked: State  # a head asks for another protocol
    upgraded: State  # that protocol has accepted
    leaving: State  # the service stops; there is time for one more request
    half_closed: State  # the last response is written, and the peer may still be sending
    closed: State  # nothing more will be written or read
    lost: State  # the connection has ended


_HEADER = (Rule(Deadline.HEADER, Moment.REQUEST),)
_WRITE = (Rule(Deadline.WRITE, Moment.ANSWER),)
_IDLE = (Rule(Deadline.IDLE, Moment.STATE),)
_DRAIN = (Rule(Deadline.DRAIN, Moment.STATE),)
_LINGER = (Rule(Deadline.LINGER, Moment.STATE),)
# Of two that pass together the first counts: a late body is answered before the answer is late.
_BODY = (Rule(Deadline.READ, Moment.REQUEST), *_WRITE)
_FLUSH = _WRITE + _IDLE

ALLOWS: Mapping[State, Allows] = {
    #                       begins serves idle   input            deadlines
    State.NEW: Allows(      True,  False, True,  Input.HEAD,      _HEADER),
    State.IDLE: Allows(     True,  False, True,  Input.HEAD,      _IDLE),
    State.HEAD: Allows(     True,  False, False, Input.HEAD,      _HEADER),
    State.BODY: Allows(     False, True,  False, Input.BODY,      _BODY),
    State.ANSWER: Allows(   False, True,  False, Input.KEPT,      _WRITE),
    State.FLUSH: Allows(    False, False, True,  Input.KEPT,      _FLUSH),
    State.DRAIN: Allows(    True,  False, True,  Input.HEAD,      _DRAIN),
    State.UPGRADING: Allows(False, False, False, Input.KEPT,      _WRITE),
    State.UPGRADED: Allows( False, False, False, Input.HANDED_ON, ()),
    State.LINGER: Allows(   False, False, True,  Input.DROPPED,   _LINGER),
    State.CLOSING: Allows(  False, False, False, Input.DROPPED,   _WRITE),
    State.LOST: Allows(     False, False, False, Input.DROPPED,   ()),
}  # fmt: skip
"""What a connection may do in each state, and which deadlines stand."""

_END = {"half_closed": State.LINGER, "closed": State.CLOSING, "lost": State.LOST}
_REQUEST = {
    "head_read": State.BODY,
    "request_read": State.ANSWER,
    "upgrade_asked": State.UPGRADING,
    **_END,
}

TRANSITIONS: Mapping[State, Mapping[str, State]] = {
    State.NEW: {"begun": State.HEAD, "leaving": State.DRAIN, **_REQUEST},
    State.IDLE: {
        "begun": State.HEAD,
        "leaving": State.DRAIN,
        "stalled": State.FLUSH,
        **_REQUEST,
    },
    State.HEAD: _REQUEST,
    State.BODY: {"body_over": State.ANSWER, **_END},
    State.ANSWER: {"answered": State.IDLE, "stalled": State.FLUSH, **_END},
    State.FLUSH: {"taken": State.IDLE, "leaving": State.FLUSH, **_END},
    State.DRAIN: {"begun": State.HEAD, "leaving": State.DRAIN, **_REQUEST},
    State.UPGRADING: {"upgraded": State.UPGRADED, **_END},
    State.UPGRADED: {"lost": State.LOST},
    State.LINGER: {"leaving": State.LINGER, "closed": State.CLOSING, "lost": State.LOST},
    State.CLOSING: {"closed": State.CLOSING, "lost": State.LOST},
    State.LOST: {},
}
"""Where each event leads a connection."""


class Theirs(Enum):
    """How far the peer's side of a request is: its body, as the application will see it."""

    COMING = "more of the body is to come"
    READY = "all of it is here, the application has not had its end"
    DELIVERED = "the application has had all of it"
    FAILED = "the rest will never come: malformed, late, too long or cut short"
    UNREAD = "the response is complete: what still comes is thrown away"

    ended: Theirs  # the last of it has come
    delivered: Theirs  # the application has been given the last of it
    failed: Theirs  # what came is no body, or nothing more will come
    unwanted: Theirs  # the response is complete


THEIRS: Mapping[Theirs, Mapping[str, Theirs]] = {
    Theirs.COMING: {
        "ended": Theirs.READY,
        "failed": Theirs.FAILED,
        "unwanted": Theirs.UNREAD,
    },
    Theirs.READY: {
        "delivered": Theirs.DELIVERED,
        "failed": Theirs.FAILED,
        "unwanted": Theirs.UNREAD,
    },
    Theirs.DELIVERED: {"unwanted": Theirs.UNREAD},
    Theirs.FAILED: {"failed": Theirs.FAILED, "unwanted": Theirs.UNREAD},
    Theirs.UNREAD: {"ended": Theirs.UNREAD, "failed": Theirs.UNREAD, "unwanted": Theirs.UNREAD},
}
"""Where each event leads the peer's side."""


class Ours(Enum):
    """How far the application's side of a request is: its response."""

    SILENT = "the application has said nothing"
    STARTED = "it has given a start, of which nothing is on the wire"
    SENDING = "the head is on the wire, more of the body is to come"
    COMPLETE = "it has given all; the rest of the request's body is read before the next request"
    DONE = "answered: the connection has gone on to its next request, or its end"
    CUT = "given up, cut or lost: what the application still sends goes nowhere"

    over: bool  # nothing more can be sent, and nothing more will be received

    started: Ours  # the application has given its start
    flushed: Ours  # the head is written
    ended: Ours  # the application has given the last of its body
    answered: Ours  # the response is written, and the request's body is read or given up
    cut: Ours  # the response will not be completed


OURS: Mapping[Ours, Mapping[str, Ours]] = {
    Ours.SILENT: {"started": Ours.STARTED, "cut": Ours.CUT},
    Ours.STARTED: {
        "started": Ours.STARTED,  # replaced by a 500, which is still possible
        "flushed": Ours.SENDING,
        "ended": Ours.COMPLETE,
        "answered": Ours.DONE,  # the usual: a whole response to a request that is whole
        "cut": Ours.CUT,
    },
    Ours.SENDING: {"ended": Ours.COMPLETE, "cut": Ours.CUT},
    Ours.COMPLETE: {"answered": Ours.DONE, "cut": Ours.CUT},
    Ours.DONE: {},
    Ours.CUT: {"answered": Ours.CUT, "cut": Ours.CUT},
}
"""Where each event leads the application's side."""


def _install() -> None:
    for state, allows in ALLOWS.items():
        for name, value in allows._asdict().items():
            setattr(state, name, value)
    for ours in Ours:
        ours.over = ours in (Ours.COMPLETE, Ours.DONE, Ours.CUT)
    for table in (TRANSITIONS, THEIRS, OURS):
        for origin, events in table.items():
            for event, target in events.items():
                setattr(origin, event, target)


_install()
