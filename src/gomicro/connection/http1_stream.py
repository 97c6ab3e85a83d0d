"""The bytes of one request of HTTP/1.1, both ways: its body in, its response out."""

from __future__ import annotations

from asyncio import Event
from time import monotonic
from typing import TYPE_CHECKING, Final

from gomicro.connection.ending import last_answered
from gomicro.connection.event_stream import EventStream, begin_events
from gomicro.connection.parts import Parts
from gomicro.connection.request_names import name_line
from gomicro.connection.state import Ours, State
from gomicro.http1.faults import BAD_REQUEST, BODY_TOO_LARGE, Fault, Refusal
from gomicro.http1.framing import JOIN_LIMIT, Framing, frame, whole_response
from gomicro.http1.reader import READ_AHEAD
from gomicro.http1.request_head import CHUNKED
from gomicro.http1.response_head import CONTINUE, ResponseStart

if TYPE_CHECKING:
    from gomicro.connection.exchange import Exchange
    from gomicro.connection.http1 import HTTP1

__all__ = ["HTTP1Stream"]

KEEP_DRAINING: Final = 262_144
"""Bytes of a body that nobody read which are thrown away to keep a connection; beyond, it is
closed (Go's maxPostHandlerReadBytes)."""

_ANSWER: Final = State.ANSWER
_BODY: Final = State.BODY


class HTTP1Stream:
    """The stream of a connection: see `Stream`. It serves one request at a time.

    A response that is given at once waits until the request's body is read or given up, because
    until then nobody knows what its head will say of the connection (Go). One that is given in
    parts does not, and the rest of the body is read after it.
    """

    __deletable__ = ("_connection", "exchange")
    __slots__ = (
        "_connection", "_discarded", "_held", "_parts", "_taken", "events", "exchange",
        "half_closed", "half_closed_at", "read_paused", "service", "write_paused",
    )  # fmt: skip

    exchange: Exchange  # there is none but in the states that serve a request
    half_closed_at: float  # there is none before

    def __init__(self, connection: HTTP1) -> None:
        self._connection = connection
        self.service = connection.service
        self.read_paused = self.write_paused = self.half_closed = False
        self._taken: Event | None = None  # for who waits until the peer reads on
        self._parts: Parts | None = None  # of the response, once its head is written
        self._held: tuple[ResponseStart, bytes] | None = None  # until the body is over
        self._discarded = 0  # bytes of the body, after the response was complete
        self.events: EventStream | None = None  # if the response is one, and has begun

    def end(self) -> None:
        """The connection is lost. No cycle is left for the collector."""
        self.resume_writing()
        self._parts = None
        del self._connection

    def feed(self, data: bytes) -> None:
        """Take bytes that belong to the body, or begin with the rest of it."""
        connection, exchange, reader = self._connection, self.exchange, self._connection.reader
        try:
            part = reader.next_part(data)
        except Fault as fault:
            self.fail_body(fault.refusal)
            return
        if reader.received > exchange.head.terms.max_body:
            if exchange.asked and not exchange.ours.over:
                self.fail_body(BODY_TOO_LARGE)
                return
            exchange.asks_first = True  # whoever never asks for it is not refused
        if not reader.in_body:
            connection.state = connection.state.body_over
        waiting = exchange.feed(part, ended=not reader.in_body)
        if exchange.ours is Ours.COMPLETE:
            self._discard(len(part))
        elif waiting + reader.waiting > READ_AHEAD:
            connection.pause_reading()

    def fail_body(self, refusal: Refusal) -> None:
        """No more of the body will come; the connection ends with the answer, which says so."""
        connection, exchange = self._connection, self.exchange
        if connection.state is _BODY:
            connection.state = connection.state.body_over
        exchange.keep_alive = False
        exchange.body_failed(refusal)
        if exchange.ours is Ours.COMPLETE:
            self._body_over()

    def failure_read(self) -> None:
        """The application has read the body as far as it came: in Go an answer to one that was cut
        short does not say that the connection ends, if more would have been read to keep it.
        """
        exchange = self.exchange
        cut_short = exchange.failure is BAD_REQUEST and exchange.head.length != CHUNKED
        if cut_short and self._connection.reader.remaining() < KEEP_DRAINING:
            exchange.keep_alive = exchange.head.keep_alive

    def read_on(self) -> None:
        """The application asks for the body: refuse it, tell the peer to send it, or read on."""
        exchange, reader = self.exchange, self._connection.reader
        if exchange.asks_first:
            exchange.asks_first = False
            if max(exchange.head.length, reader.received) > exchange.head.terms.max_body:
                self.fail_body(BODY_TOO_LARGE)
                return
            if self._parts is None:
                self._connection.write(CONTINUE)
        if self._connection.state is _BODY:
            self._connection.resume_reading()

    # The response.

    def taken(self) -> Event:
        """What is set when the peer has taken enough of what was written, or is lost."""
        if self._taken is None:
            self._taken = Event()
        return self._taken

    def resume_writing(self) -> None:
        """The peer has taken enough, or is lost."""
        self.write_paused = False
        if self._taken is not None:
            self._taken.set()
            self._taken = None

    def send_whole(self, start: ResponseStart, body: bytes) -> None:
        """Send a response at once."""
        connection, exchange = self._connection, self.exchange
        if (  # the short way: `_frame` would make the same
            connection.state is _ANSWER
            and exchange.keep_alive
            and exchange.head.short
            and self.service.phase.keeps
        ):
            now = monotonic()
            data = whole_response(start, self.service.stamp(now), body)
            if data is not None:
                exchange.sent = len(body)
                if self.service.outgoing.together:
                    self.service.outgoing.add(connection.transport, data, now)
                else:
                    connection.write(data)
                del self.exchange
                exchange.ours = exchange.ours.answered
                if exchange.changed is not None:
                    exchange.wake()
                connection.answered(exchange, now)
                return
        framing = self._frame(start, len(body), final=True)
        data = framing.part(body) + framing.end()
        exchange.ours = exchange.ours.ended
        if connection.state is _BODY and framing.keep_alive:
            if self._unread() < KEEP_DRAINING:
                self._held = (start, body)
                self._drop_body()
                return
            exchange.keep_alive = False
            self._send_all(start, body)
            return
        self._write(framing.head, data)
        self._written(framing)

    def _send_all(self, start: ResponseStart, body: bytes) -> None:
        """Send a response whose head was not known before: the connection may end now."""
        framing = self._frame(start, len(body), final=True)
        self._write(framing.head, framing.part(body) + framing.end())
        self._written(framing)

    def send_part(self, start: ResponseStart, body: bytes) -> bool:
        """Send a part, after the head if that is not written yet: see `Stream.send_part`."""
        connection, exchange = self._connection, self.exchange
        parts = self._parts
        if parts is None:
            framing = self._frame(start, len(body), final=False)
            data = framing.part(body)
            self._parts = parts = Parts(connection, framing)
            exchange.ours = exchange.ours.flushed
            self._write(framing.head, data)
            if start.event_stream and not framing.no_body:
                self.events = begin_events(connection, len(framing.head) + len(data))
            if self.half_closed:  # only now it is known whether that means that nobody is there
                exchange.wake()
        elif data := parts.framing.part(body):
            parts.add(data)
        exchange.sent = parts.framing.sent
        return parts.full(len(body))

    def send_last(self, body: bytes) -> None:
        """Send the last part of a body."""
        parts = self._parts
        if parts is not None:  # pragma: no branch -- a last part comes after a first
            framing = parts.framing
            data = framing.part(body) + framing.end()
            self.exchange.ours = self.exchange.ours.ended
            parts.end(data)
            if self.events is not None:
                self.events.end()
            self._written(framing)

    def refuse(self, refusal: Refusal) -> None:
        """Answer in the place of an application that has sent nothing, and end the connection."""
        exchange = self.exchange
        stamp = self.service.stamp(monotonic()) + name_line(exchange)
        self._connection.write(refusal.answer(stamp))
        self._answered(keep=False)

    def give_up(self) -> None:
        """End the connection, so that the peer sees that the response is not complete."""
        if self._parts is not None:
            self._parts.flush()
        self._answered(keep=False)

    def _frame(self, start: ResponseStart, size: int, *, final: bool) -> Framing:
        exchange = self.exchange
        head = exchange.head
        # A client that waits for 100 Continue may send its body or not: nobody can tell (Go).
        unsure = head.expect_continue and not exchange.delivered and exchange.failure is None
        return frame(
            head,
            start,
            stamp=self.service.stamp(monotonic()),
            name=name_line(exchange, start),
            size=size,
            final=final,
            keep_alive=exchange.keep_alive and self.service.phase.keeps and not unsure,
        )

    def _write(self, head: bytes, data: bytes) -> None:
        write = self._connection.write
        if len(data) <= JOIN_LIMIT:
            write(head + data)
        else:
            write(head)
            write(data)

    def _written(self, framing: Framing) -> None:
        """The response is out. What is left of the request's body is read before the connection
        ends or goes on, but not beyond reason, and not if the client closes anyway (Go).
        """
        exchange = self.exchange
        exchange.keep_alive = framing.keep_alive
        exchange.sent = framing.sent
        if self._connection.state is _BODY and self._discarded <= KEEP_DRAINING:
            closing = not exchange.head.keep_alive and exchange.head.length > 0
            if not closing and self._unread() <= KEEP_DRAINING:
                self._drop_body()
                return
            exchange.keep_alive = False  # the rest of the body is no request
        self._answered(keep=exchange.keep_alive)

    def _answered(self, *, keep: bool) -> None:
        connection, exchange = self._connection, self.exchange
        del self.exchange
        self._parts = self._held = self.events = None
        self._discarded = 0
        exchange.ours = exchange.ours.answered
        exchange.wake()
        if keep and exchange.failure is None:
            connection.answered(exchange, monotonic())
            connection.leave()  # where the head was written before the service was told to stop
        else:
            last_answered(connection, exchange)

    def _unread(self) -> int:
        """Bytes of the body, as far as they are known, that the application has not received."""
        body = self.exchange.body
        return self._connection.reader.remaining() + (body.waiting if body is not None else 0)

    def _drop_body(self) -> None:
        body = self.exchange.body
        if body is not None:  # pragma: no branch -- while it comes, it is there
            self._discarded = body.waiting
            body.drop()
        self._connection.resume_reading()

    def _discard(self, size: int) -> None:
        """That much of the body has come after the response was complete."""
        self._discarded += size
        if self._discarded > KEEP_DRAINING:
            self.exchange.keep_alive = False
            self._body_over()
        elif self._connection.state is not _BODY:
            self._body_over()

    def _body_over(self) -> None:
        """The request's body needs no more waiting: send what was held, and end."""
        if self._held is None:
            self._answered(keep=self.exchange.keep_alive)
        else:
            self._send_all(*self._held)
