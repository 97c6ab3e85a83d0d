"""How a request of HTTP/1.1 begins that is more than one packet, or comes behind another one."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from gomicro.connection.ending import end_of_input, turn_away
from gomicro.connection.state import State
from gomicro.http1.faults import Fault
from gomicro.http1.reader import READ_AHEAD

if TYPE_CHECKING:
    from gomicro.connection.http1 import HTTP1

__all__ = ["pump"]


def pump(connection: HTTP1) -> None:
    """Serve the requests that wait, one after another, as far as they may begin."""
    connection.pumping = True
    while connection.state.begins and _next_request(connection):
        pass
    connection.pumping = False
    if connection.state.begins:
        if connection.stream.half_closed:
            end_of_input(connection)
    elif connection.reader.waiting > READ_AHEAD:
        connection.pause_reading()


def _next_request(connection: HTTP1) -> bool:
    """Begin the next request if its head is complete."""
    deadlines, reader = connection.deadlines, connection.reader
    now = monotonic()
    if connection.state is not State.HEAD:
        kept = connection.state is not State.NEW
        if not reader.begun(kept=kept):
            return False
        connection.state = connection.state.begun
        deadlines.terms = connection.service.terms
        if kept:
            deadlines.request_at = now
    try:
        head = reader.next_head()
    except Fault as fault:
        turn_away(connection, fault.refusal)
        return False
    if head is None:
        deadlines.hasten(now)
        return False
    if head.upgrade == b"websocket" and connection.service.websockets is not None:
        connection.service.outgoing.flush()
        connection.upgrade = connection.service.websockets.offer(connection, head)
        if connection.upgrade is not None:
            return True
    if 0 <= head.length <= min(reader.waiting, READ_AHEAD):
        connection.state = connection.state.request_read
        connection.serve(head, now, reader.next_part() if head.length else b"")
    else:
        connection.state = connection.state.head_read
        connection.serve(head, now, None)
    return True
