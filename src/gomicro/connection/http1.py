"""A connection of HTTP/1.1: heads in, one request after another served, and its end.

What it may do now, and what comes next, is in `state`; when deadlines pass in `deadlines`, and what
is done then in `ending`. The body and the response of a request are in `http1_stream`.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Final, cast

from gomicro.connection.address import client_name, peer_address, server_address
from gomicro.connection.arrivals import SMALL
from gomicro.connection.beginning import pump
from gomicro.connection.call import Call
from gomicro.connection.deadlines import Deadlines
from gomicro.connection.ending import (
    deadline_passed,
    leave,
    peer_ended,
    shed,
)
from gomicro.connection.exchange import Exchange
from gomicro.connection.http1_stream import HTTP1Stream
from gomicro.connection.response_controller import EXTENSION
from gomicro.connection.state import Deadline, Input, State
from gomicro.connection.unread import unread
from gomicro.http1.reader import READ_AHEAD, Reader

if TYPE_CHECKING:
    from gomicro.connection.service import Service
    from gomicro.connection.websocket import WebSocket
    from gomicro.http1.request_head import RequestHead

__all__ = ["HTTP1"]

_BODY: Final = State.BODY


class HTTP1(asyncio.Protocol):
    """One connection. Its timer, its buffers and its place among the service's connections end
    with it, in `connection_lost`.
    """

    __slots__ = (
        "_client_name", "_host", "_port", "_server", "arrived", "deadlines",
        "pumping", "reader", "scheme", "service", "state", "stream", "transport", "upgrade",
    )  # fmt: skip

    def __init__(self, service: Service, loop: asyncio.AbstractEventLoop) -> None:
        self.service = service
        self.state = State.NEW
        self.deadlines = Deadlines(self, loop)
        self.reader = Reader(service.heads, service.max_head)
        self.stream = HTTP1Stream(self)
        self.upgrade: WebSocket | None = None  # the protocol that was asked for
        self.pumping = False
        self.arrived = b""
        """What has come, and waits for the end of its turn of the loop: see `Arrivals`."""

    # The transport's calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for the first request; its deadline counts from here."""
        self.transport = cast("asyncio.Transport", transport)  # as a stream's is
        host, self._port = peer_address(transport) or (None, 0)
        self._host: str | None = self.service.one_object(host)
        self._server = self.service.one_object(server_address(transport))
        self._client_name = ""  # until it has been asked for
        self.scheme = "https" if transport.get_extra_info("sslcontext") else "http"
        self.service.connections.add(self)
        self.deadlines.begin()
        self.leave()  # if the service has said so before this was made

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave nothing behind: the timer ends, and whoever waits is told."""
        self.take_arrived()
        served = self.stream.exchange if self.state.serves else None
        self.state = self.state.lost
        self.deadlines.end()
        self.reader.clear()
        if served is not None:
            served.cut("client")
            del self.stream.exchange
        if self.upgrade is not None:
            self.upgrade.connection_lost(exc)
        self.stream.end()
        if served is not None and self.deadlines.terms.told:
            self.service.on_request(served, self, monotonic())
        self.service.connection_ended(self)

    def data_received(self, data: bytes) -> None:
        """Take bytes, or let them wait for what else comes in this turn of the loop."""
        arrivals = self.service.arrivals
        if arrivals.apart:
            arrivals.apart -= 1
        elif self.arrived:
            self.take_arrived()
        elif self.state.begins and len(data) <= SMALL and arrivals.wait(self, data):
            return
        self._take(data)

    def take_arrived(self) -> None:
        """Take what waits, if it still does."""
        if data := self.arrived:
            self.arrived = b""
            self._take(data)

    def unread(self) -> bool:
        """Whether something has come, or the peer's end, that is not taken: see `unread`."""
        return bool(self.arrived) or unread(self.transport.get_extra_info("socket"))

    def _take(self, data: bytes) -> None:
        """Take bytes, as the state says what they are."""
        state = self.state
        if state.begins:
            if (usual := self.reader.usual(data)) is None:
                self.pump()
                return
            head, body = usual
            self.deadlines.request_at = now = monotonic()
            self.state = state.request_read
            self.serve(head, now, body)
        elif state is _BODY:
            self.stream.feed(data)
        elif state.input is Input.KEPT:
            self.reader.feed(data)
            if self.reader.waiting > READ_AHEAD:
                self.pause_reading()

    def eof_received(self) -> bool:
        """The peer will send no more; what it asked for is still answered."""
        self.take_arrived()
        peer_ended(self)
        return self.scheme == "http" and not self.transport.is_closing()

    def pause_writing(self) -> None:
        """The peer takes less than is sent: make the application wait, or the next request."""
        self.stream.write_paused = True
        if self.state is State.IDLE:
            self._stall()

    def resume_writing(self) -> None:
        """Let the application, or the next request, go on."""
        self.stream.resume_writing()
        if self.state is State.FLUSH:
            self.state = self.state.taken
            self.transport.set_write_buffer_limits()
            self.deadlines.enter()
            self.leave()
            self._go_on()

    # Requests.

    def pump(self) -> None:
        """Serve the requests that wait, one after another, as far as they may begin."""
        pump(self)

    def serve(self, head: RequestHead, now: float, whole: bytes | None) -> None:
        """Start the application on a request. `whole`: all of its body; None if more is to come."""
        service, deadlines, stream = self.service, self.deadlines, self.stream
        if now > service.overload.looks_at and service.overload.closed(now, deadlines.loop, self):
            shed(self, head, now, whole=whole is not None)
            return
        client = None if self._host is None else (self._host, self._port)
        if head.scope is None:
            scope = service.new_scope(head, self._server, client, self.scheme)
        else:
            scope = head.scope.copy()
            scope["asgi"] = service.asgi.copy()
            scope["server"] = self._server
            scope["client"] = client
            scope["scheme"] = self.scheme
            scope["query_string"] = head.query
            scope["headers"] = head.headers.copy()
            scope["state"] = service.state.copy()
        scope["extensions"] = extensions = service.extensions.copy()
        extensions[EXTENSION] = (self, now)
        deadlines.answer_at = now
        deadlines.terms = terms = head.terms
        stream.exchange = exchange = Exchange(stream, head, scope, now, whole)
        if whole is None:
            stream.feed(b"")
            deadlines.hasten(now)
        elif deadlines.fires_at > now + terms.write:
            deadlines.arm(now)
        task = service.start(deadlines.loop, Call(exchange).run(service.app_for(head)), head)
        if not exchange.ours.over:
            exchange.task = task
            exchange.flush_head()

    def let_go(self) -> bytes:
        """Leave the transport to the other protocol; returns what has come for it."""
        self.state = self.state.upgraded
        self.upgrade = None
        self.deadlines.end()
        self.stream.end()
        self.resume_reading()
        return self.reader.take_rest()

    def answered(self, exchange: Exchange | None, now: float) -> None:
        """A request is answered, or shed (None), and the connection is kept: go on to the next."""
        service, deadlines = self.service, self.deadlines
        self.state = self.state.answered
        if deadlines.terms.told and exchange is not None:
            service.on_request(exchange, self, now)
        if self.stream.write_paused:
            self._stall()
            return
        deadlines.state_at = now
        if deadlines.fires_at > now + service.idle_timeout:
            deadlines.arm(now)
        if self.reader.buffer or self.stream.read_paused or self.stream.half_closed:
            self._go_on()

    def _go_on(self) -> None:
        """Read on, and serve what has come meanwhile."""
        self.resume_reading()
        if (self.reader.buffer or self.stream.half_closed) and not self.pumping:
            self.service.soon(self.deadlines.loop, self.pump)

    def _stall(self) -> None:
        """The peer has not taken its answer: nothing begins before it has."""
        self.state = self.state.stalled
        self.deadlines.state_at = monotonic()

    # Reading and writing.

    def pause_reading(self) -> None:
        """Let the peer send no more for now."""
        if not self.stream.read_paused:
            self.stream.read_paused = True
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        """Let the peer send more."""
        if self.stream.read_paused:
            self.stream.read_paused = False
            self.transport.resume_reading()

    def write(self, data: bytes) -> None:
        """Send bytes, unless the connection is closing."""
        self.service.outgoing.flush()
        if data and not self.transport.is_closing():
            self.transport.write(data)

    # Time: see `Timed`.

    def look_at_flush(self) -> None:
        """Have the transport tell when an idle connection's answer is taken, if it is not yet."""
        self.take_arrived()
        if self.state is State.IDLE and self.transport.get_write_buffer_size():
            self.transport.set_write_buffer_limits(high=0)
        elif self.stream.events is not None:
            self.stream.events.look()

    def deadline_passed(self, deadline: Deadline, late: float) -> None:
        """End the state that the deadline stood in."""
        deadline_passed(self, deadline, late)

    # The service: see `Connection`.

    @property
    def client_name(self) -> str:
        """The client as the log names it."""
        if not self._client_name:
            client = None if self._host is None else (self._host, self._port)
            self._client_name = client_name(client, self._server)
        return self._client_name

    def in_flight(self) -> RequestHead | None:
        """The request that is being served."""
        if self.state.serves:
            return self.stream.exchange.head
        return self.upgrade.head if self.upgrade is not None else None

    def owed(self) -> bool:
        """Whether the peer is owed something: an answer, or the rest of one."""
        done = self.state.idle or self.state is State.CLOSING
        return not done or self.transport.get_write_buffer_size() > 0 or self.arrived != b""

    def leave(self) -> None:
        """The service stops: an idle connection ends now or soon."""
        self.take_arrived()
        leave(self)

    def cut(self, by: str) -> None:
        """Drop the connection at once, and what it serves."""
        self.take_arrived()
        self.service.outgoing.flush()
        served = self.stream.exchange if self.state.serves else self.upgrade
        if served is not None:
            served.cut(by)
        self.deadlines.disarm()
        self.transport.abort()
