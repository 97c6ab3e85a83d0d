"""A connection: bytes in, requests to the application, answers out, and the deadlines over it all.

This is the protocol class that uvicorn is given. What stands when is `deadlines.RULES`, applied by
the timer in `deadline_timer`; what is done when it passes is at the end of this file.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

from gomicro.connection.address import peer_address, server_address
from gomicro.connection.deadline_timer import DeadlineTimer
from gomicro.connection.deadlines import Deadline, State
from gomicro.connection.exchange import Exchange
from gomicro.connection.service import Service
from gomicro.connection.websocket import hand_over
from gomicro.http1.body import Body, BodyError, ChunkedBody, LengthBody
from gomicro.http1.faults import (
    BAD_REQUEST,
    BODY_TIMEOUT,
    BODY_TOO_LARGE,
    HEADERS_TOO_LARGE,
    Fault,
    Refusal,
)
from gomicro.http1.head_faults import check_lines
from gomicro.http1.request_head import CHUNKED, RequestHead

if TYPE_CHECKING:
    import uvicorn
    from uvicorn.server import ServerState

__all__ = ["HTTPProtocol"]

READ_AHEAD = 65536
"""Bytes that may wait for the application, or for the request before, until reading pauses."""

_NEW = State.NEW
_IDLE = State.IDLE
_ANSWER = State.ANSWER
_WAITING = (_IDLE, _NEW, State.HEAD, State.FLUSH, State.DRAIN)


class HTTPProtocol(DeadlineTimer, asyncio.Protocol):
    """One connection. Its timer, its buffers and its place among the service's connections end
    with it, in `connection_lost`.
    """

    __slots__ = (
        "__weakref__",
        "_body",
        "_buffer",
        "_checked",
        "_client",
        "_client_name",
        "_drained",
        "_eof",
        "_exchange",
        "_pumping",
        "_read_paused",
        "_received",
        "_scheme",
        "_server",
        "_skip_newlines",
        "lost",
        "write_paused",
    )

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        if not config.loaded:
            config.load()
        if isinstance(server_state, Service):
            service = server_state
        else:  # uvicorn's own server runs this class
            from gomicro.connection.adopted import AdoptedService

            service = AdoptedService(config, server_state, app_state)
        super().__init__(service, _loop or asyncio.get_running_loop())
        self.lost = self.write_paused = False
        self._exchange: Exchange | None = None
        self._body: Body | None = None
        self._received = 0
        self._buffer: bytes | bytearray = b""
        self._checked = 0
        self._pumping = self._read_paused = self._eof = self._skip_newlines = False
        self._drained: asyncio.Event | None = None

    # The transport's calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for the first request; its deadline counts from here."""
        self.transport = transport  # type: ignore[assignment] # a stream's is an asyncio.Transport
        self._client = client = peer_address(transport)
        self._client_name = f"{client[0]}:{client[1]}" if client is not None else ""
        self._server = server_address(transport)
        self._scheme = "https" if transport.get_extra_info("sslcontext") else "http"
        self.service.connections.add(self)
        self._arm(self._request_at)
        if self.service.draining:  # accepted before, told only now
            self.drain(patient=self.service.patient)

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave nothing behind: the timer ends, and whoever waits is told."""
        self.lost = True
        self._disarm()
        self.service.connections.discard(self)
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.peer_gone()
            if self.service.logs_requests:
                self.service.log_request(exchange, self._client_name, monotonic())
        self.resume_writing()
        self._body = None
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        """Take bytes: a head, a body, or a request to keep for later."""
        exchange = self._exchange
        if exchange is None:
            head = None
            state = self._state
            if (state is _IDLE or state is _NEW) and not self._buffer:
                # The usual: a whole request at once.
                end = data.find(b"\r\n\r\n") + 4
                if end == len(data):
                    lines, body = data, b""
                else:
                    lines, body = data[:end], data[end:]
                head = self.service.heads.known.get(lines) or self._parse(lines)
                if head is not None and head.plain and head.length == len(body) <= READ_AHEAD:
                    self._request_at = now = monotonic()
                    self._serve(head, now, body)
                    return
            if state in _WAITING:
                if self._buffer:
                    self._buffer += data
                else:
                    self._buffer = data
                self._pump(head)
        elif self._body is not None:
            self._read_body(self._body, exchange, data)
        else:
            self._keep(data)

    def eof_received(self) -> bool:
        """The peer will send no more; what it asked for is still answered."""
        self._eof = True
        exchange = self._exchange
        body, self._body = self._body, None
        if exchange is None:
            self._pump()
        elif body is not None:
            exchange.fail(BAD_REQUEST, announce=isinstance(body, ChunkedBody))  # as Go announces it
        else:
            exchange.peer_gone()
        return self._scheme == "http" and not self.transport.is_closing()

    def pause_writing(self) -> None:
        """The peer takes less than the application sends: make the application wait."""
        self.write_paused = True

    def resume_writing(self) -> None:
        """Let the application, or the next request, go on."""
        self.write_paused = False
        if self._drained is not None:
            self._drained.set()
            self._drained = None
        if self._exchange is None and self._buffer and not self.lost:
            self._pump()

    # Reading.

    def _parse(self, lines: bytes) -> RequestHead | None:
        """A whole head, or None: `_next_request` sees to what is wrong with it or missing."""
        if len(lines) < 4 or len(lines) > self.service.max_head:
            return None
        try:
            return self.service.heads.parse(lines)
        except Fault:
            return None

    def _pump(self, head: RequestHead | None = None) -> None:
        """Serve the requests that are in the buffer, one after another. `head` is the first one's
        where it is parsed already.
        """
        if self._pumping:
            return
        self._pumping = True
        while self._buffer and self._state in _WAITING and not self.write_paused:
            if not self._next_request(head):
                break
            head = None
        self._pumping = False
        if self._eof and self._exchange is None and not self.write_paused:
            self._end_of_input()

    def _next_request(self, head: RequestHead | None) -> bool:
        """Begin the next request if its head is complete."""
        buffer = self._buffer
        now = monotonic()
        if self._state is not State.NEW and self._state is not State.HEAD:
            if len(buffer) < 4:
                return False
            self._state = State.HEAD
            self._request_at = now
            if self._skip_newlines:
                buffer = self._buffer = _after_newlines(buffer)
        end = buffer.find(b"\r\n\r\n", max(0, self._checked - 3)) + 4
        try:
            if end < 4:
                self._wait_for_head(buffer, now)
                return False
            if end > self.service.max_head:
                raise Fault(HEADERS_TOO_LARGE)
            if end == len(buffer):
                data, rest = bytes(buffer), b""
            else:
                data, rest = bytes(buffer[:end]), bytes(buffer[end:])
            head = head or self.service.heads.parse(data)
        except Fault as fault:
            self._refuse(fault.refusal)
            return False
        self._buffer = b""
        self._checked = 0
        self._begin(head, rest, now)
        return True

    def _wait_for_head(self, buffer: bytes | bytearray, now: float) -> None:
        """Keep an incomplete head, unless a line of it is bad already or it is too long."""
        if len(buffer) >= self.service.max_head:
            raise Fault(HEADERS_TOO_LARGE)
        if not isinstance(buffer, bytearray):
            self._buffer = bytearray(buffer)
        if buffer.find(b"\n", max(0, self._checked - 1)) >= 0:
            check_lines(bytes(buffer))
        self._checked = len(buffer)
        if self._timer_at > now + self.service.shortest:
            self._arm(now)

    def _begin(self, head: RequestHead, rest: bytes, now: float) -> None:
        """Give a request to the application, or to another protocol. `rest` came behind it."""
        if head.upgrade == b"websocket" and self._hand_over(head, rest):
            return
        if head.length == len(rest):
            if len(rest) > READ_AHEAD:
                self._pause_reading()
            self._serve(head, now, rest)
        elif not head.length:
            self._keep(rest)
            self._serve(head, now, b"")
        else:
            self._state = State.BODY
            self._received = 0
            self._body = ChunkedBody() if head.length == CHUNKED else LengthBody(head.length)
            self._serve(head, now, None, rest)

    def _serve(self, head: RequestHead, now: float, body: bytes | None, begun: bytes = b"") -> None:
        """Start the application on a request. `body` is all of its body; None where more of it is
        to come behind what has `begun`.
        """
        service = self.service
        self._headers_at = now
        self._skip_newlines = head.post
        known = head.scope
        scope = service.new_scope(head) if known is None else known.copy()
        scope["server"] = self._server
        scope["client"] = self._client
        scope["scheme"] = self._scheme
        scope["headers"] = head.headers.copy()
        scope["state"] = service.state.copy()
        self._exchange = exchange = Exchange(self, head, scope, now, body)
        if head.length > service.max_body:
            exchange.too_long = True
        if body is not None:
            self._state = _ANSWER
        elif begun and self._body is not None:
            self._read_body(self._body, exchange, begun)
        if self._timer_at > now + service.shortest:
            self._arm(now)
        task = service.start(self.loop, exchange.run(service.app_for(head)))
        if not exchange.complete:
            exchange.task = task
            exchange.flush_head()

    def _read_body(self, body: Body, exchange: Exchange, data: bytes) -> None:
        try:
            part, rest = body.feed(data)
        except BodyError:
            self._body = None
            exchange.fail(BAD_REQUEST)
            return
        self._received += len(part)
        if self._received > self.service.max_body:
            self._body = None
            exchange.fail(BODY_TOO_LARGE)
            return
        if body.done:
            self._body = None
            self._state = State.ANSWER
            if rest:
                self._keep(rest)
        if exchange.feed(part, ended=body.done) > READ_AHEAD:
            self._pause_reading()

    def _keep(self, data: bytes) -> None:
        """Keep bytes of the next request while this one is answered."""
        self._buffer = self._buffer + data if self._buffer else data
        if len(self._buffer) > READ_AHEAD:
            self._pause_reading()

    def _pause_reading(self) -> None:
        if not self._read_paused:
            self._read_paused = True
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        """Let the peer send more."""
        if self._read_paused and not self.lost:
            self._read_paused = False
            self.transport.resume_reading()

    def remaining(self) -> int:
        """Bytes of the request's body that are known to be missing."""
        return self._body.remaining() if self._body is not None else 0

    def _end_of_input(self) -> None:
        """The peer has closed its side between requests, or within a head."""
        if self._buffer and self._state in (State.NEW, State.HEAD):
            try:
                check_lines(bytes(self._buffer), ended=True)
            except Fault as fault:
                self._refuse(fault.refusal)
            else:
                self._refuse(BAD_REQUEST)
        else:
            self._close()

    # Writing.

    def write(self, data: bytes) -> None:
        """Send bytes, unless the connection is closing."""
        if data and not self.transport.is_closing():
            self.transport.write(data)

    async def drained(self) -> None:
        """Wait until the peer has taken enough of what was written, or is lost."""
        if self._drained is None:
            self._drained = asyncio.Event()
        await self._drained.wait()

    def answered(self, exchange: Exchange, data: bytes = b"") -> None:
        """The response ends with `data`: log it, and go on to the next request or close."""
        if data and not self.transport.is_closing():
            self.transport.write(data)
        if self._exchange is not exchange:
            return
        self._exchange = None
        service = self.service
        now = monotonic()
        if service.logs_requests:
            service.log_request(exchange, self._client_name, now)
        if exchange.failure is not None or not exchange.keep_alive or self.lost:
            self._last_answered(exchange)
            return
        if self._read_paused:
            self.resume_reading()
        self._state = _IDLE
        self._state_at = now
        if self._timer_at > now + service.idle_timeout:
            self._arm(now)
        if (self._buffer or self._eof) and not self._pumping:
            service.soon(self.loop, self._pump)

    def _last_answered(self, exchange: Exchange) -> None:
        failed = exchange.failure is not None  # what follows such a body is no request
        more_may_come = self._body is not None or bool(self._buffer) or self.write_paused
        self._body = None
        linger = failed or more_may_come or self.service.draining
        self._close(linger=linger and not self._eof)

    def _refuse(self, refusal: Refusal) -> None:
        """Answer a request that no application will see, and close."""
        self.service.log.info(
            "request refused",
            status=refusal.status,
            reason=refusal.phrase,
            client=self._client_name,
        )
        self.write(refusal.answer(self.service.stamp(monotonic())))
        self._close(linger=not self._eof)

    def _close(self, *, linger: bool = False) -> None:
        """Close when what was written is sent. To linger is to read on for a moment, since a
        reset for bytes nobody read could overtake the answer (RFC 9112 section 9.6).
        """
        transport = self.transport
        self._buffer = b""
        if transport.is_closing():
            return
        now = monotonic()
        if linger and self._scheme == "http":
            self.resume_reading()
            self._state = State.LINGER
            self._state_at = now
            with suppress(OSError):  # the peer has reset the connection meanwhile
                transport.write_eof()
        else:
            self._state = State.CLOSING
            self._headers_at = now
            transport.close()
        self._arm(now)

    def abort(self, exchange: Exchange) -> None:
        """Close, unless another request is served already: the application did not do its part."""
        if self._exchange is None or self._exchange is exchange:
            self._close()

    # Handing over.

    def _hand_over(self, head: RequestHead, rest: bytes) -> bool:
        """Give the connection to the WebSocket protocol. False where none is served; then the
        upgrade is ignored, as RFC 9110 section 7.8 allows, and the request is plain HTTP.
        """
        protocol_class = self.service.websocket_protocol()
        if protocol_class is None or head.method != "GET" or head.length or head.http_10:
            return False
        self._state = State.UPGRADED
        self._disarm()
        self.service.connections.discard(self)
        hand_over(self.service, self.transport, protocol_class, head, rest)
        return True

    # Time.

    def _passed(self, deadline: Deadline, now: float) -> None:
        """Do what a deadline that has passed asks for."""
        exchange = self._exchange
        match deadline:
            case Deadline.HEADER:
                self._head_is_late()
            case Deadline.READ:
                self._body = None
                self._state = State.ANSWER
                if exchange is not None:  # pragma: no branch -- a body is an exchange's
                    exchange.fail(BODY_TIMEOUT)
                self._arm(now)
            case Deadline.WRITE:
                self._answer_is_late(exchange)
            case Deadline.LINGER if self.transport.get_write_buffer_size():
                self._state = State.CLOSING  # the last answer is not even sent
                self._arm(now)
            case Deadline.LINGER:
                self.transport.abort()
            case _:
                self._close()

    def _head_is_late(self) -> None:
        """Close without a word, unless what came of the head is wrong in itself (as in Go)."""
        try:
            check_lines(bytes(self._buffer), ended=True)
        except Fault as fault:
            self._refuse(fault.refusal)
        else:
            self._close()

    def _answer_is_late(self, exchange: Exchange | None) -> None:
        """Cut the connection, and the handler if it still runs."""
        if exchange is not None and not exchange.complete:
            self.service.log.warning(
                "write deadline passed",
                method=exchange.head.method,
                path=exchange.head.path,
                write_timeout=self.service.timeouts.write,
                waiting_for="client" if self.write_paused else "handler",
                hint="raise --write-timeout (0 for none) if an answer may take longer",
            )
            if exchange.task is not None:
                exchange.task.cancel("the write deadline has passed")
        self.lost = True
        self.transport.abort()

    # The service stops.

    def in_flight(self) -> Exchange | None:
        """The request that is being served."""
        return self._exchange

    def drain(self, *, patient: bool) -> None:
        """The service stops. An idle connection is closed, or if `patient` it has a second for one
        more request; what is in flight is finished and closes the connection.
        """
        idle = self._state in (State.IDLE, State.FLUSH, State.DRAIN)
        idle = idle or (self._state is State.LINGER and not patient)
        if not (idle or (self._state is State.NEW and not self._buffer)):
            return
        if not patient:
            self._close()
        elif self._state is not State.DRAIN:
            self._state = State.DRAIN
            self._state_at = monotonic()
            self._arm(self._state_at)

    def shutdown(self) -> None:
        """As uvicorn's server asks for it when it stops: close if idle, else after the response."""
        self.service.draining = True
        self.drain(patient=False)


def _after_newlines(buffer: bytes | bytearray) -> bytes | bytearray:
    """After a POST up to four bytes of CR and LF are skipped (RFC 9112 section 2.2; Go)."""
    start = 0
    while start < min(4, len(buffer)) and buffer[start] in b"\r\n":
        start += 1
    return buffer[start:] if start else buffer
