"""One request and its response: what each side may do now. Whoever waits does so in `call`."""

from __future__ import annotations

from asyncio import Event, Task, current_task, get_running_loop
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from gomicro.connection.request_body import RequestBody
from gomicro.connection.request_names import log_fields, only_name
from gomicro.connection.state import Ours, Theirs
from gomicro.connection.stream import Stream
from gomicro.http1.faults import BODY_TOO_LARGE, Refusal
from gomicro.http1.framing import octets
from gomicro.http1.response_head import ResponseStart, response_start

if TYPE_CHECKING:
    from gomicro.connection.request_body import Message
    from gomicro.http1.request_head import RequestHead

__all__ = ["WHY_CUT", "Exchange"]

PRESENCE: Final = 1.0
"""Seconds in which a client that has closed its side is taken to wait for its answer to begin.

TCP does not tell a client that has left from one that has no more to say. As on uvicorn and in Go
an application that asks learns of it, but not so soon that a framework cuts the answer it makes.
"""

_SILENT: Final = Ours.SILENT
_STARTED: Final = Ours.STARTED
_CUT: Final = Ours.CUT
WHY_CUT: Final = {
    "write": "the write deadline has passed",
    "grace": "the shutdown grace is used up",
}
_SERVER_ERROR: Final = (b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")


class Exchange:
    """The cycle of one request and one response.

    The connection feeds the body of the request; the application drives the rest. It may go on
    after its response, and the connection with the next request meanwhile.
    """

    __slots__ = (
        "_request_id", "_start", "_whole", "asked", "asks_first", "body", "changed",
        "cut_by", "failure", "head", "keep_alive", "ours", "scope", "sent", "started_at", "status",
        "stream", "task",
    )  # fmt: skip

    def __init__(
        self,
        stream: Stream,
        head: RequestHead,
        scope: dict[str, Any],
        now: float,
        whole: bytes | None,
    ) -> None:
        """`whole` is all of the request's body; None where it is fed by and by."""
        self.stream = stream
        self.head = head
        self.scope = scope
        self.started_at = now  # in monotonic seconds
        self.ours = _SILENT
        self.body = None if whole is not None else RequestBody()
        self._whole = whole
        self.asks_first = head.length != 0 and (
            head.expect_continue or head.length > head.terms.max_body
        )
        """Whether to ask for the body is more than to wait for it: the stream must know."""
        self.asked = False
        """Whether the application has begun to read a body that was not all there."""
        self.keep_alive = head.keep_alive
        self.failure: Refusal | None = None
        """Why the rest of the body will not come, if it will not. Ends the connection."""
        self._request_id = ""  # until it has been asked for
        self.cut_by = ""
        """What ended the exchange before its time, for the log."""
        self.status = self.sent = 0
        self.task: Task[None] | None = None
        self._start: ResponseStart | None = None
        self.changed: Event | None = None
        """Set for who waits in `receive`: see `wake`."""

    # The application calls these, by way of its `Call`.

    def take(self) -> Message | None:
        """The next of ASGI's messages to the application; None where it has to wait, see `change`.

        An `http.disconnect` before the body's end says that the rest of it cannot be read: it is
        malformed, late, too long or cut short.
        """
        whole = self._whole
        if whole is None or self.asks_first or self.ours.over:
            return self._take()
        self._whole = None
        return {"type": "http.request", "body": whole, "more_body": False}

    def _take(self) -> Message | None:
        """A part of the body, or the end of the response or of the peer."""
        self.asked = True
        while self.asks_first and not self.ours.over:
            self.stream.read_on()
        if not self.ours.over:
            if self._whole is not None:
                return self.take()
            message = self.body.next_message() if self.body is not None else None
            if message is not None:
                self.stream.read_on()
                return message
            if self.failure is not None:
                self.stream.failure_read()
            elif not self.peer_left:
                return None
        if self.peer_left and self._start is not None and not self.ours.over:
            self.end("client")  # whatever the application still sends is for nobody
        return {"type": "http.disconnect"}

    def change(self) -> Event:
        """What is set when there may be something to take."""
        if self.changed is None:
            self.changed = Event()
            if self.stream.half_closed and self._start is None:
                get_running_loop().call_later(self._presence(), self.wake)
        return self.changed

    def give(self, message: Message) -> bool:
        """Take one of ASGI's messages from the application; returns whether it is the turn of
        others then. Raises RuntimeError for what cannot be sent, or not now, as on uvicorn.

        The start waits for the first body, so that a response leaves in one write.
        """
        ours = self.ours
        if ours is _CUT:
            return True  # whoever sends for ever and waits for nothing else stops nobody
        kind = message["type"]
        if ours is _SILENT:
            if kind != "http.response.start":
                raise RuntimeError(_unexpected("http.response.start", kind))
            self._start = start = response_start(message["status"], message.get("headers", ()))
            self.status = start.status
            self.ours = ours.started
            if self.task is not None:  # else the connection flushes when this first step is over
                get_running_loop().call_soon(self.flush_head)
            return False
        if kind != "http.response.body":
            raise RuntimeError(_unexpected("http.response.body", kind))
        if ours.over or self._start is None:
            raise RuntimeError(f"Unexpected ASGI message '{kind}' sent, after the response's end.")
        body = message.get("body", b"")
        if type(body) is not bytes:
            body = octets(body)
        if message.get("more_body"):
            return self._give_part(self._start, body)
        if ours is _STARTED:
            self.stream.send_whole(self._start, body)
        else:
            self.stream.send_last(body)
        return False

    def _give_part(self, start: ResponseStart, body: bytes) -> bool:
        if self.stream.half_closed and start.event_stream:
            self.end("client")
            return False
        return self.stream.send_part(start, body)

    # The connection calls these.

    def flush_head(self) -> None:
        """Send a head whose body the application has not begun, since it waits for something."""
        if self.ours is _STARTED and self._start is not None:
            self.stream.send_part(self._start, b"")

    def feed(self, part: bytes, *, ended: bool) -> int:
        """Take a part of the body; returns the bytes of it that wait for the application."""
        if self.body is None:  # pragma: no cover -- what is whole is not fed
            return 0
        self.body.feed(part, ended=ended)
        self.wake()
        return self.body.waiting

    def body_failed(self, refusal: Refusal) -> None:
        """The rest of the body will never come, and `refusal` says why.

        The application may still answer (in Go the body's Read returns an error).
        """
        self.failure = refusal
        self._whole = None
        if self.body is not None:
            self.body.fail()
        if refusal is BODY_TOO_LARGE and self.ours in (_SILENT, _STARTED):
            self._refuse(refusal)
        self.wake()

    def cut(self, by: str) -> None:
        """The response will not be completed: its connection is lost, or ended `by` somebody."""
        self.cut_by = self.cut_by or by
        if by in WHY_CUT and not self.ours.over:
            # In its first step, which starts at once, nobody has been given the task yet.
            task = self.task or current_task()
            if task is not None:  # pragma: no branch -- before its first step nobody cuts it
                task.cancel(WHY_CUT[by])
        self.ours = self.ours.cut
        self.wake()

    def wake(self) -> None:
        """Let whoever waits in `receive` look again."""
        if self.changed is not None:
            self.changed.set()
            self.changed = None

    @property
    def peer_left(self) -> bool:
        """Whether the peer, which has closed its side, is taken to have left: the response is an
        endless stream of events, or has not begun for too long. Any other it may await to its end.
        """
        if not self.stream.half_closed:
            return False
        return self.endless if self._start is not None else self._presence() <= 0

    @property
    def endless(self) -> bool:
        """Whether the response is a stream of events, and has no end that its peer could await."""
        return self._start is not None and self._start.event_stream

    def _presence(self) -> float:
        """Seconds in which it is taken to wait for the response to begin."""
        return max(self.started_at, self.stream.half_closed_at) + PRESENCE - monotonic()

    @property
    def delivered(self) -> bool:
        """Whether the application has received the last of the body."""
        return self._whole is None and (self.body is None or self.body.state is Theirs.DELIVERED)

    # Its names.

    @property
    def request_id(self) -> str:
        """The client's X-Request-Id, or a new one, which is made when it is first asked for."""
        if not self._request_id:
            self._request_id = self.stream.service.request_id(self.head)
        return self._request_id

    def log_fields(self) -> dict[str, str]:
        """What each line has that is logged for this request: see `Identified`."""
        return log_fields(self.head, self.request_id)

    @property
    def only_name(self) -> str:
        """Its id, if its lines have no other name: see `Identified`."""
        plain = self.head.trace is None and not self.head.request_id
        return self.request_id if plain else only_name(self.head, self.request_id)

    # In the application's place.

    def give_up(self) -> None:
        """Answer in the application's place as long as nothing is on the wire; else end the
        connection, unless the response is complete: then it is as good as any.
        """
        if self.ours is Ours.SENDING:
            self.end("application")
        elif self.failure is not None and self.ours is _SILENT:
            self._refuse(self.failure)
        elif not self.ours.over:
            self.keep_alive = False
            self.status = 500
            self.ours = self.ours.started
            self.stream.send_whole(response_start(500, _SERVER_ERROR), b"Internal Server Error")

    def end(self, by: str) -> None:
        """End the connection: the response will not be whole, `by` somebody's doing."""
        self.cut_by = self.cut_by or by
        self.ours = self.ours.cut
        self.stream.give_up()

    def _refuse(self, refusal: Refusal) -> None:
        self.status = refusal.status
        self.sent = len(refusal.text)
        self.keep_alive = False
        self.ours = self.ours.cut
        self.stream.refuse(refusal)


def _unexpected(expected: str, kind: object) -> str:
    return f"Expected ASGI message '{expected}', but got '{kind}'."
