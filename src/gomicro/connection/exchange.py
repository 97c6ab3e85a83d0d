"""One request and its response, as an ASGI application sees them: `scope`, `receive`, `send`."""

from __future__ import annotations

from asyncio import Task, get_running_loop
from typing import TYPE_CHECKING, Any

from gomicro.connection.receiving import KEEP_DRAINING, Connection, Receiving
from gomicro.connection.turns import TURN
from gomicro.http1.faults import BODY_TOO_LARGE, Refusal
from gomicro.http1.framing import Framing, frame, whole_response
from gomicro.http1.response_head import ResponseStart, response_start

if TYPE_CHECKING:
    from gomicro.connection.receiving import Message
    from gomicro.connection.service import ASGIApp
    from gomicro.http1.request_head import RequestHead

__all__ = ["Exchange"]

JOIN_LIMIT = 65536
"""A body up to this size is copied behind its head, so that both leave in one write."""

_SERVER_ERROR = (b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")


class Exchange(Receiving):
    """The cycle of one request and one response on a connection.

    The connection feeds it the request's body; the application drives the rest. The application
    may go on after the response, and the connection with its next request meanwhile.
    """

    __slots__ = (
        "_framing",
        "_held",
        "_over",
        "_start",
        "_turn",
        "scope",
        "sent",
        "started_at",
        "status",
        "task",
    )

    scope: dict[str, Any]
    started_at: float  # in monotonic seconds
    status: int
    sent: int  # bytes of the response's body that were written
    task: Task[None] | None
    _start: ResponseStart | None
    _framing: Framing | None
    _held: tuple[ResponseStart, bytes] | None
    _over: bool
    _turn: int

    def __init__(
        self,
        connection: Connection,
        head: RequestHead,
        scope: dict[str, Any],
        now: float,
        body: bytes | None,
    ) -> None:
        """`body` is all of the request's body, or None where it is fed later."""
        self.connection = connection
        self.head = head
        self.scope = scope
        self.started_at = now
        self.keep_alive = head.keep_alive
        self.ended = body is not None
        self._whole = body
        self._chunks = ()
        self._continue_due = head.expect_continue
        self.complete = self.too_long = self._delivered = self._gone = self._over = False
        self.status = self.sent = self._turn = self._discarded = 0
        self.task = self.failure = self._changed = self._start = self._framing = self._held = None

    async def run(self, app: ASGIApp) -> None:
        """Call the application, and answer in its place if it does not."""
        try:
            result: object = await app(self.scope, self.receive, self.send)  # type: ignore[func-returns-value] # ASGI says None; applications err
        except KeyboardInterrupt:  # raised by a signal's handler, while the application ran
            raise
        except BaseException as error:  # nothing else may escape into the event loop
            self._app_failed(error)
        else:
            if result is not None or not self.complete:
                self._app_wrong(result)
        finally:
            self.task = None

    async def send(self, message: Message) -> None:
        """ASGI's `send`. Raises RuntimeError for what cannot be sent, or not now, as on uvicorn.

        The start waits for the first body, so that a response leaves in one write.
        """
        connection = self.connection
        if connection.write_paused and not connection.lost:
            await connection.drained()
        if connection.lost or self._over:
            return
        kind = message["type"]
        start = self._start
        if start is None:
            if kind != "http.response.start":
                raise RuntimeError(_unexpected("http.response.start", kind))
            self._start = start = response_start(message["status"], message.get("headers", ()))
            self.status = start.status
            if self.task is not None:  # else the connection flushes when this first step is over
                get_running_loop().call_soon(self.flush_head)
        elif kind != "http.response.body":
            raise RuntimeError(_unexpected("http.response.body", kind))
        elif self.complete:
            raise RuntimeError(f"Unexpected ASGI message '{kind}' sent, after the response's end.")
        elif message.get("more_body"):
            await self._write_part(start, message.get("body", b""))
        elif self._framing is None:
            self._write_whole(start, message.get("body", b""))
        else:
            self._write_last(self._framing, message.get("body", b""))

    def flush_head(self) -> None:
        """Send a head whose body the application has not begun, since it waits for something."""
        start = self._start
        if start is None or self._framing is not None or self.connection.lost:
            return
        if not (self.complete or self._over):
            self.connection.write(self._frame(start, 0, final=False).head)

    # Writing.

    def _frame(self, start: ResponseStart, size: int, *, final: bool) -> Framing:
        service = self.connection.service
        # A client that waits for 100 Continue may send its body or not: nobody can tell (Go).
        unsure = self.head.expect_continue and not self._delivered
        self._continue_due = False
        self._framing = framing = frame(
            self.head,
            start,
            stamp=service.stamp(self.started_at),
            size=size,
            final=final,
            keep_alive=self.keep_alive and not service.draining and not unsure,
        )
        return framing

    async def _write_part(self, start: ResponseStart, body: bytes) -> None:
        framing = self._framing
        if framing is None:
            framing = self._frame(start, len(body), final=False)
            self._write(framing.head, framing.part(body))
        else:
            self._write(b"", framing.part(body))
        self.sent = framing.sent
        self._turn += len(body)
        if self._turn >= TURN:  # the peer may take whatever comes
            self._turn = 0
            await self.connection.service.turns.wait()

    def _write_last(self, framing: Framing, body: bytes) -> None:
        data = framing.part(body) + framing.end()
        self.complete = True
        self._write(b"", data)
        self._written(framing)

    def _write_whole(self, start: ResponseStart, body: bytes) -> None:
        """A response at once: its head waits until the request's body is read or given up (Go)."""
        connection = self.connection
        service = connection.service
        if (
            self.ended
            and self.keep_alive
            and self.head.plain
            and len(body) <= JOIN_LIMIT
            and not service.draining
        ):
            data = whole_response(start, service.stamp(self.started_at), body)
            if data is not None:
                self.complete = True
                self.sent = len(body)
                connection.answered(self, data)
                return
        self._write_framed(start, body)

    def _write_framed(self, start: ResponseStart, body: bytes) -> None:
        framing = self._frame(start, len(body), final=True)
        data = framing.part(body) + framing.end()
        self.complete = True
        if not self.ended and framing.keep_alive:
            if self._unread() < KEEP_DRAINING:
                self._framing = None
                self._held = (start, body)
                self._drain()
                return
            self.keep_alive = False
            framing = self._frame(start, len(body), final=True)
            data = framing.part(body) + framing.end()
        self._write(framing.head, data)
        self._written(framing)

    def _write(self, head: bytes, data: bytes) -> None:
        write = self.connection.write
        if len(data) <= JOIN_LIMIT:
            write(head + data)
        else:
            write(head)
            write(data)

    def _written(self, framing: Framing) -> None:
        """The response is out. What is left of the request's body is read before the connection
        ends or goes on, but not beyond reason, and not if the client closes anyway (Go).
        """
        self.keep_alive = framing.keep_alive
        self.sent = framing.sent
        if not self.ended:
            closing = not self.head.keep_alive and self.head.length > 0
            if not closing and self._unread() <= KEEP_DRAINING:
                self._drain()
                return
            self.keep_alive = False  # the rest of the body is no request
        self.connection.answered(self)

    def _release(self) -> None:
        """The request's body needs no more waiting: send what was held, and end."""
        held, self._held = self._held, None
        self.ended = True
        if held is None:
            self.connection.answered(self)
        else:
            self._write_framed(*held)

    # In the application's place.

    def _failed(self, refusal: Refusal) -> None:
        if refusal is BODY_TOO_LARGE and self._framing is None:
            self._refuse(refusal)

    def _app_failed(self, error: BaseException) -> None:
        if self.connection.lost or self._over:
            return
        if self.failure is not None and not self.status:
            self._refuse(self.failure)
            return
        self.connection.service.log.error(
            "application failed",
            method=self.head.method,
            path=self.head.path,
            error=type(error).__name__,
            exc_info=error,
        )
        self._give_up()

    def _app_wrong(self, result: object) -> None:
        if self.connection.lost or self._over:
            return
        if result is not None:
            what = f"application returned {type(result).__name__} instead of None"
        elif not self.status:
            what = "application returned without starting a response"
        else:
            what = "application returned without completing its response"
        self.connection.service.log.error(what, method=self.head.method, path=self.head.path)
        self._give_up()

    def _give_up(self) -> None:
        """Answer 500, or close where the application's own response has begun."""
        if self.status:
            self._over = True
            self.connection.abort(self)
            return
        self.keep_alive = False
        self.status = 500
        self._start = response_start(500, _SERVER_ERROR)
        self._write_whole(self._start, b"Internal Server Error")

    def _refuse(self, refusal: Refusal) -> None:
        self.status = refusal.status
        self.keep_alive = False
        self.complete = self._over = True
        self.connection.write(refusal.answer(self.connection.service.stamp(self.started_at)))
        self.connection.answered(self)


def _unexpected(expected: str, kind: str) -> str:
    return f"Expected ASGI message '{expected}', but got '{kind}'."
