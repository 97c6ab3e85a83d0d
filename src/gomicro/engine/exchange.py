"""One request and its response, as an ASGI application sees them: `scope`, `receive`, `send`."""

from __future__ import annotations

from asyncio import Task, get_running_loop, sleep
from typing import TYPE_CHECKING, Any

from gomicro.engine.receiving import KEEP_DRAINING, Connection, Receiving
from gomicro.http1.faults import BODY_TOO_LARGE, Fault
from gomicro.http1.framing import Framing, frame, whole_response
from gomicro.http1.response_head import HeadParts, check_status, header_parts

if TYPE_CHECKING:
    from gomicro.engine.receiving import Message
    from gomicro.engine.service import ASGIApp
    from gomicro.http1.request_head import RequestHead

__all__ = ["Exchange"]

JOIN_LIMIT = 65536
"""A body up to this size is copied behind its head, so that both leave in one write."""

TURN = 262_144
"""Bytes that one response may write until the other connections have their turn."""

_NO_HEADERS = HeadParts()
_SERVER_ERROR = (b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")


class Exchange(Receiving):
    """The cycle of one request and one response on a connection.

    The connection feeds it the request's body; the application drives the rest. The application
    may go on after the response, and the connection with its next request meanwhile.
    """

    status = 0
    sent = 0
    """Bytes of the response's body that were written."""
    task: Task[None] | None = None
    _parts: HeadParts | None = None
    _framing: Framing | None = None
    _held: bytes | None = None
    _over = False
    _turn = 0

    def __init__(
        self, connection: Connection, head: RequestHead, scope: dict[str, Any], now: float
    ) -> None:
        self.connection = connection
        self.head = head
        self.scope = scope
        self.started_at = now  # in monotonic seconds
        self.keep_alive = head.keep_alive
        self.ended = not head.length
        self._continue_due = head.expect_continue

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
        if self._parts is None:
            self._take_start(kind, message)
        elif kind != "http.response.body":
            raise RuntimeError(f"Expected ASGI message 'http.response.body', but got '{kind}'.")
        elif self.complete:
            raise RuntimeError(f"Unexpected ASGI message '{kind}' sent, after the response's end.")
        elif message.get("more_body"):
            self._write_part(message.get("body", b""))
            self._turn += len(message.get("body", b""))
            if self._turn >= TURN:  # the peer may take whatever comes: let others have theirs
                self._turn = 0
                await sleep(0)
        elif self._framing is None:
            self._write_whole(message.get("body", b""))
        else:
            self._write_last(self._framing, message.get("body", b""))

    def _take_start(self, kind: str, message: Message) -> None:
        if kind != "http.response.start":
            raise RuntimeError(f"Expected ASGI message 'http.response.start', but got '{kind}'.")
        check_status(message["status"])
        self.status = message["status"]
        self._parts = header_parts(message.get("headers", ()))
        if self.task is not None:  # else the connection flushes when this first step is over
            get_running_loop().call_soon(self.flush_head)

    def flush_head(self) -> None:
        """Send a head whose body the application has not begun, since it waits for something."""
        if self._parts is None or self._framing is not None or self.connection.lost:
            return
        if not (self.complete or self._over):
            self.connection.write(self._frame(0, final=False).head)

    # Writing.

    def _frame(self, size: int, *, final: bool) -> Framing:
        service = self.connection.service
        # A client that waits for 100 Continue may send its body or not: nobody can tell (Go).
        unsure = self.head.expect_continue and not self._delivered
        self._continue_due = False
        self._framing = framing = frame(
            self.head,
            self.status,
            self._parts or _NO_HEADERS,
            stamp=service.stamp(self.started_at),
            size=size,
            final=final,
            keep_alive=self.keep_alive and not service.draining and not unsure,
        )
        return framing

    def _write_part(self, body: bytes) -> None:
        framing = self._framing
        if framing is None:
            framing = self._frame(len(body), final=False)
            self._write(framing.head, framing.part(body))
        else:
            self._write(b"", framing.part(body))
        self.sent = framing.sent

    def _write_last(self, framing: Framing, body: bytes) -> None:
        data = framing.part(body) + framing.end()
        self.complete = True
        self._write(b"", data)
        self._written(framing)

    def _write_whole(self, body: bytes) -> None:
        """A response at once: its head waits until the request's body is read or given up (Go)."""
        service = self.connection.service
        usual = self.head.plain and self.ended and self.keep_alive and not service.draining
        if usual and self._parts is not None and len(body) <= JOIN_LIMIT:
            stamp = service.stamp(self.started_at)
            data = whole_response(self.status, self._parts, stamp, body)
            if data is not None:
                self.complete = True
                self.sent = len(body)
                self.connection.write(data)
                self.connection.answered(self)
                return
        self._write_framed(body)

    def _write_framed(self, body: bytes) -> None:
        framing = self._frame(len(body), final=True)
        data = framing.part(body) + framing.end()
        self.complete = True
        if not self.ended and framing.keep_alive:
            if self._unread() < KEEP_DRAINING:
                self._framing = None
                self._held = body
                self._drain()
                return
            self.keep_alive = False
            framing = self._frame(len(body), final=True)
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
        closing = not self.head.keep_alive and self.head.length > 0
        if not self.ended and not closing and self._unread() <= KEEP_DRAINING:
            self._drain()
            return
        if not self.ended:
            self.keep_alive = False  # the rest of the body is no request
        self.connection.answered(self)

    def _release(self) -> None:
        """The request's body needs no more waiting: send what was held, and end."""
        body, self._held = self._held, None
        self.ended = True
        if body is None:
            self.connection.answered(self)
        else:
            self._write_framed(body)

    # In the application's place.

    def _failed(self, fault: Fault) -> None:
        if fault is BODY_TOO_LARGE and self._framing is None:
            self._refuse(fault)

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
        self._parts = header_parts(_SERVER_ERROR)
        self._write_whole(b"Internal Server Error")

    def _refuse(self, fault: Fault) -> None:
        self.status = fault.status
        self.keep_alive = False
        self.complete = self._over = True
        self.connection.write(fault.answer(self.connection.service.stamp(self.started_at)))
        self.connection.answered(self)
