"""How a connection of HTTP/1.1 ends: refused, at the end of its input, too late, or closed."""

from __future__ import annotations

from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

from gomicro.connection.state import Deadline, State
from gomicro.http1.faults import BAD_REQUEST, BODY_TIMEOUT, Fault, Refusal
from gomicro.http1.response_head import REQUEST_ID

if TYPE_CHECKING:
    from gomicro.connection.exchange import Exchange
    from gomicro.connection.http1 import HTTP1
    from gomicro.http1.request_head import RequestHead

__all__ = [
    "close",
    "deadline_passed",
    "end_of_input",
    "last_answered",
    "leave",
    "peer_ended",
    "shed",
    "turn_away",
]


def close(connection: HTTP1, *, linger: bool = False) -> None:
    """Close when what was written is sent. To linger is to half-close, and to read on for a moment:
    a reset for bytes that nobody read could overtake the last answer (RFC 9112 section 9.6).
    """
    connection.service.outgoing.flush()
    connection.reader.clear()
    transport = connection.transport
    if transport.is_closing():
        connection.state = connection.state.closed
        return
    if linger and connection.scheme == "http":
        connection.resume_reading()
        connection.state = connection.state.half_closed
        with suppress(OSError):  # the peer has reset the connection meanwhile
            transport.write_eof()
    else:
        connection.state = connection.state.closed
        connection.deadlines.answer_at = monotonic()
        transport.close()
    connection.deadlines.enter()


def leave(connection: HTTP1) -> None:
    """The service stops. An idle connection is closed, or has a second for one more request; what
    is in flight is finished and closes the connection.
    """
    state, phase = connection.state, connection.service.phase
    if phase.keeps or not state.idle:
        return
    if not phase.patient:
        close(connection)
    elif state.leaving is not state:
        connection.state = state.leaving
        connection.deadlines.enter()


def last_answered(connection: HTTP1, exchange: Exchange) -> None:
    """A request is answered, or given up, and the connection ends with it."""
    service, stream = connection.service, connection.stream
    more = connection.state is State.BODY or connection.reader.waiting > 0 or stream.write_paused
    linger = more or exchange.failure is not None or not service.phase.keeps
    close(connection, linger=linger and not stream.half_closed)
    if connection.deadlines.terms.told:
        service.on_request(exchange, connection, monotonic())


def turn_away(connection: HTTP1, refusal: Refusal) -> None:
    """Answer a request that no application will see, and close."""
    service = connection.service
    service.log.info(
        "request refused",
        status=refusal.status,
        reason=refusal.phrase,
        client=connection.client_name,
    )
    connection.write(refusal.answer(service.stamp(monotonic())))
    close(connection, linger=not connection.stream.half_closed)


def shed(connection: HTTP1, head: RequestHead, now: float, *, whole: bool) -> None:
    """Answer a request that nobody has the time for. Whatever can be, is kept: a connection whose
    client would have to come again costs more than the answer.

    `whole`: all of the request's body is here. The rest of one is not waited for.
    """
    service, deadlines = connection.service, connection.deadlines
    service.overload.count(now, deadlines.loop)
    deadlines.terms = terms = service.terms
    deadlines.answer_at = now
    if deadlines.fires_at > now + terms.write:
        deadlines.arm(now)
    plain = not head.http_10 and head.method != "CONNECT"
    keep = whole and plain and head.keep_alive and service.phase.keeps
    stamp = service.stamp(now)
    if head.named and head.request_id:
        stamp += REQUEST_ID + head.request_id + b"\r\n"
    connection.write(service.overload.answer(stamp, keep=keep, body=head.method != "HEAD"))
    if keep:
        connection.answered(None, now)
    else:
        close(connection, linger=not connection.stream.half_closed)


def peer_ended(connection: HTTP1) -> None:
    """The peer has closed its side. What it asked for is still answered."""
    connection.stream.half_closed = True
    connection.stream.half_closed_at = monotonic()
    state = connection.state
    if state is State.BODY:
        connection.stream.exchange.cut_by = "client"
        connection.stream.fail_body(BAD_REQUEST)
    elif state.serves:
        connection.stream.exchange.wake()
    elif state.begins:
        connection.pump()
    elif state is State.LINGER or state is State.UPGRADING:
        close(connection)


def end_of_input(connection: HTTP1) -> None:
    """The peer has closed its side between requests, or within a head."""
    if connection.state is State.HEAD:
        _cut_head(connection, refuse=True)
    else:
        close(connection)


def _cut_head(connection: HTTP1, *, refuse: bool) -> None:
    """Close without a word, unless what came of the head is wrong in itself."""
    try:
        connection.reader.cut_head(refuse=refuse)
    except Fault as fault:
        turn_away(connection, fault.refusal)
    else:
        close(connection)


def deadline_passed(connection: HTTP1, deadline: Deadline, late: float) -> None:
    """End the state that the deadline stood in, as Go does.

    `late`: seconds for which the loop could not see to it. They go into the log, so that nobody
    looks for a slow client where there was a blocked loop.
    """
    connection.service.deadlines_passed[deadline] += 1
    match deadline:
        case Deadline.HEADER:
            _cut_head(connection, refuse=False)
        case Deadline.READ:
            _body_is_late(connection, late)
        case Deadline.WRITE:
            _answer_is_late(connection, late)
        case Deadline.LINGER if connection.transport.get_write_buffer_size():
            close(connection)  # the last answer is not even sent
        case Deadline.LINGER:
            connection.transport.abort()
        case _:
            close(connection)


def _body_is_late(connection: HTTP1, late: float) -> None:
    """Let the application answer without the rest of the body. If it has answered, nobody misses
    that, and it goes without a line.
    """
    exchange = connection.stream.exchange
    if not exchange.ours.over:
        exchange.cut_by = "read"
        connection.service.log.warning(
            "read deadline passed",
            method=exchange.head.method,
            path=exchange.head.path,
            read_timeout=connection.deadlines.terms.timeouts.read,
            received=connection.reader.received,
            announced=exchange.head.length if exchange.head.length > 0 else None,
            client=connection.client_name,
            hint=_hint(connection, Deadline.READ, "a body"),
            **_lateness(late),
            **exchange.log_fields(),
        )
    connection.stream.fail_body(BODY_TIMEOUT)
    if connection.state is State.ANSWER:
        connection.deadlines.enter()


def _answer_is_late(connection: HTTP1, late: float) -> None:
    """Drop the connection, and with it the handler if it still runs."""
    head = connection.in_flight()
    stream = connection.stream
    handler_runs = head is not None and not stream.write_paused and stream.events is None
    request = {} if head is None else {"method": head.method, "path": head.path}
    names = connection.stream.exchange.log_fields() if connection.state.serves else {}
    connection.service.log.warning(
        "write deadline passed",
        **request,
        write_timeout=connection.deadlines.terms.timeouts.write,
        waiting_for="handler" if handler_runs else "client",
        client=connection.client_name,
        hint=_hint(connection, Deadline.WRITE, "an answer"),
        **_lateness(late),
        **names,
    )
    connection.cut("write")


def _hint(connection: HTTP1, passed: Deadline, what: str) -> str:
    """Where to set a deadline that has passed."""
    if passed in connection.deadlines.terms.moved:
        return "the application has set it, with a ResponseController"
    key, route = passed.value.replace("_", "-"), connection.deadlines.terms.route
    where = f"{key} of the route {route!r}" if route else f"--{key}"
    return f"raise {where} (0 for none) if {what} may take longer"


def _lateness(late: float) -> dict[str, Any]:
    return {"loop_late": round(late, 3)} if late else {}
