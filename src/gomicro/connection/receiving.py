"""The request's side of an exchange: its body, from the connection to the application."""

from __future__ import annotations

from asyncio import Event
from typing import TYPE_CHECKING, Any, Protocol

from gomicro.http1.faults import BODY_TOO_LARGE, Refusal
from gomicro.http1.response_head import CONTINUE

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from gomicro.connection.service import Service
    from gomicro.http1.request_head import RequestHead

    Message = MutableMapping[str, Any]

__all__ = ["KEEP_DRAINING", "Connection", "Receiving"]

KEEP_DRAINING = 262_144
"""Bytes of a body that nobody read which are thrown away to keep a connection; beyond, it is
closed (Go's maxPostHandlerReadBytes)."""


class Connection(Protocol):
    """What an exchange needs of its connection."""

    service: Service
    lost: bool
    write_paused: bool

    def write(self, data: bytes) -> None:
        """Send bytes to the peer."""
        ...

    def abort(self, exchange: Any) -> None:
        """Close, unless it serves another request already: this exchange went wrong."""
        ...

    def resume_reading(self) -> None:
        """Let the peer send more of the body."""
        ...

    async def drained(self) -> None:
        """Wait until the peer has taken enough of what was written, or is lost."""
        ...

    def remaining(self) -> int:
        """Bytes of the request's body that are known to be missing."""
        ...

    def answered(self, exchange: Any, data: bytes = b"") -> None:
        """Take the exchange's end: the response ends with `data`, the body is read or given up."""
        ...


class Receiving:
    """What came of a request's body waits here until the application receives it.

    Once the response is complete, what still comes is thrown away.
    """

    __slots__ = (
        "_changed",
        "_chunks",
        "_continue_due",
        "_delivered",
        "_discarded",
        "_gone",
        "_whole",
        "complete",
        "connection",
        "ended",
        "failure",
        "head",
        "keep_alive",
        "too_long",
    )

    # An exchange sets them all as it begins.
    connection: Connection
    head: RequestHead
    keep_alive: bool
    ended: bool  # no more of the request's body will come
    too_long: bool  # the announced body is refused when the application asks for it
    complete: bool  # the application has given all of its response
    failure: Refusal | None
    _whole: bytes | None  # all of the body, where it was there before the application began
    _chunks: tuple[bytes, ...]  # parts of the body that wait
    _continue_due: bool
    _delivered: bool  # the application has seen the end of the body
    _discarded: int
    _gone: bool
    _changed: Event | None

    # The connection calls these.

    def feed(self, data: bytes, *, ended: bool) -> int:
        """Take a part of the body; returns how much waits for the application, in bytes."""
        self.ended = ended
        if self.complete:
            self._discard(len(data))
            return 0
        if data:
            self._chunks += (data,)
        self._wake()
        return self._waiting()

    def fail(self, refusal: Refusal, *, announce: bool = True) -> None:
        """The rest of the body will never come, and `refusal` says why.

        The application may still answer (in Go the body's Read returns an error); the connection
        ends with that. `announce`: whether the answer is to say so.
        """
        self.failure = refusal
        self.ended = True
        self._whole = None
        self._delivered = not announce
        if announce or self.complete:
            self.keep_alive = False
        if self.complete:
            self._release()
        else:
            self._failed(refusal)
        self._wake()

    def peer_gone(self) -> None:
        """The peer has closed its side, or the connection is lost."""
        self._gone = True
        self._wake()

    # The application calls this.

    async def receive(self) -> Message:
        """ASGI's `receive`. An `http.disconnect` before the body's end says that the rest of it
        cannot be read: it is malformed, late, too long or cut short.
        """
        if self.too_long or self._continue_due:
            self._asked_first()
        whole = self._whole
        if whole is None or self.complete or self.connection.lost:
            return await self._wait()
        self._whole = None
        self._delivered = True
        return {"type": "http.request", "body": whole, "more_body": False}

    def _asked_first(self) -> None:
        """The application asks for the body: refuse it, or tell the peer to send it."""
        if self.complete:
            return
        if self.too_long:
            self.fail(BODY_TOO_LARGE)
        else:
            self.connection.write(CONTINUE)
        self.too_long = self._continue_due = False

    async def _wait(self) -> Message:
        """Wait for a part of the body, or for the peer to be gone."""
        while not (self.complete or self.connection.lost):
            if self._chunks:
                return self._next_part()
            if self.failure is not None:
                break
            if self.ended and not self._delivered:
                return self._next_part()
            if self._gone:
                break
            if self._changed is None:
                self._changed = Event()
            await self._changed.wait()
        return {"type": "http.disconnect"}

    def _next_part(self) -> Message:
        chunks, self._chunks = self._chunks, ()
        body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        if not self.ended:
            self.connection.resume_reading()
            return {"type": "http.request", "body": body, "more_body": True}
        if self.failure is not None:
            return {"type": "http.request", "body": body, "more_body": True}
        self._delivered = True
        return {"type": "http.request", "body": body, "more_body": False}

    # What nobody reads.

    def _drain(self) -> None:
        """Throw away what waits and what still comes, up to KEEP_DRAINING; then `_release`."""
        self._discarded = self._waiting()
        self._chunks = ()
        self.connection.resume_reading()

    def _discard(self, size: int) -> None:
        self._discarded += size
        if self._discarded > KEEP_DRAINING:
            self.keep_alive = False
            self._release()
        elif self.ended:
            self._release()

    def _waiting(self) -> int:
        return sum(map(len, self._chunks))

    def _unread(self) -> int:
        """Bytes of the body, as far as they are known, that the application has not received."""
        return self.connection.remaining() + self._waiting()

    def _wake(self) -> None:
        if self._changed is not None:
            self._changed.set()
            self._changed = None

    def _release(self) -> None:
        """Nobody waits for the body any longer."""
        raise NotImplementedError

    def _failed(self, refusal: Refusal) -> None:
        """The body has failed before the response was complete."""
        raise NotImplementedError
