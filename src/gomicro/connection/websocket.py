"""Handing a connection over to uvicorn's WebSocket protocol. What is uvicorn's of it is met here.

A connection is free of HTTP's deadlines when the handshake has been answered, as a hijacked
connection is in Go, not when it was asked for; and what came after the handshake waits for its
answer. Whatever the protocol raises ends its own connection, and nothing else.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from contextvars import copy_context
from time import monotonic
from typing import TYPE_CHECKING, Any

from uvicorn.server import ServerState

from gomicro.connection.ending import close, turn_away
from gomicro.connection.exchange import WHY_CUT
from gomicro.connection.request_names import Names
from gomicro.connection.state import State
from gomicro.connection.websocket_wire import Wire, stamped, written_out
from gomicro.http1.faults import BAD_REQUEST
from gomicro.log.request import current

if TYPE_CHECKING:
    import uvicorn

    from gomicro.connection.http1 import HTTP1
    from gomicro.connection.service import Service
    from gomicro.connection.websocket_log import Account
    from gomicro.http1.request_head import RequestHead

__all__ = ["WebSocket", "WebSockets"]


class WebSockets:
    """What the WebSockets of a service share: uvicorn's configuration and protocol class."""

    def __init__(self, config: uvicorn.Config, server_state: ServerState | None = None) -> None:
        """`config` is loaded. `server_state` is that of uvicorn's own server, where it runs."""
        self._config = config
        self._server_state = server_state
        self._forwarded: uvicorn.Config | None = None

    def offer(self, connection: HTTP1, head: RequestHead) -> WebSocket | None:
        """Offer the connection that has sent `head` to the protocol.

        None where that is no handshake, or there are too many requests: then the upgrade is
        ignored, as RFC 9110 section 7.8 allows, and the request is plain HTTP.
        """
        if head.method != "GET" or head.length or head.http_10:
            return None
        service = connection.service
        if service.overload.closed(monotonic(), connection.deadlines.loop, connection):
            return None
        config = self._forwarded_config(service) if head.forwarded else self._config
        connection.state = connection.state.upgrade_asked
        connection.deadlines.terms = service.terms_for(head)
        connection.deadlines.answer_at = now = monotonic()
        connection.deadlines.arm(now)
        names = Names(head, service.request_id(head))
        account = None
        if self._server_state is None:
            from gomicro.connection.websocket_log import Account

            account = Account(service, head, connection.client_name, names.log_fields())
        websocket = WebSocket(connection, head, account, names.line)
        state = self._server_state or _State(service, head)
        protocol_class = self._protocol_class()
        context = copy_context()
        context.run(current.set, names)
        context.run(websocket.begin, protocol_class, config, state)
        return websocket

    def _forwarded_config(self, service: Service) -> uvicorn.Config:
        """For handshakes that came through a proxy: the application sees its client and scheme."""
        if self._forwarded is None:
            self._forwarded = copy.copy(self._config)
            self._forwarded.loaded_app = service.forwarded_app()
        return self._forwarded

    def _protocol_class(self) -> Callable[..., Any]:
        """uvicorn's, imported when the first upgrade is asked for."""
        if self._config.ws_protocol_class is not None:
            return self._config.ws_protocol_class
        from uvicorn.protocols.websockets.auto import AutoWebSocketsProtocol

        if AutoWebSocketsProtocol is None:  # pragma: no cover -- websockets is a dependency
            raise RuntimeError("neither websockets nor wsproto is installed")
        return AutoWebSocketsProtocol


class _State(ServerState):
    """One WebSocket's state of uvicorn's server: its tasks are the service's."""

    def __init__(self, service: Service, head: RequestHead) -> None:
        super().__init__()
        self.tasks = _Tasks(service, head)


class _Tasks(set[Any]):
    def __init__(self, service: Service, head: RequestHead) -> None:
        super().__init__()
        self._service = service
        self._head = head

    def add(self, task: asyncio.Task[None]) -> None:
        super().add(task)
        self._service.tasks[task] = self._head
        task.add_done_callback(self._service.task_ended)


class WebSocket(asyncio.Protocol):
    """A connection between the transport and the protocol that it was handed over to.

    Until the handshake is answered, the HTTP connection stays the transport's protocol.
    """

    def __init__(
        self, connection: HTTP1, head: RequestHead, account: Account | None, stamp: bytes
    ) -> None:
        """Without an `account` the protocol's own lines are logged. `stamp`: a line that the head
        of the answer gets, unless the application has given it one of that name.
        """
        self.head = head
        self._account = account
        self._stamp = stamp
        self._connection = connection
        self._service = connection.service
        self._transport = connection.transport
        self._wire = Wire(self, connection.transport)
        self._protocol: Any = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._leaving = self._spoken = self._cut = False

    def begin(
        self, protocol_class: Callable[..., Any], config: uvicorn.Config, state: ServerState
    ) -> None:
        """Give the protocol the head. It has to ask the application, or to answer.

        uvicorn's protocols read the head themselves, so it is written out for them again.
        """
        tasks = len(state.tasks)
        if isinstance(state, _State):
            self._tasks = state.tasks
        try:
            self._protocol = protocol_class(
                config=config, server_state=state, app_state=self._service.state
            )
            if self._account is None:
                from gomicro.connection.websocket_log import UvicornLines

                self._protocol.logger = UvicornLines(self._protocol.logger)
            else:
                self._account.watch(self._protocol)
            self._protocol.connection_made(self._wire)
            self._protocol.data_received(written_out(self.head))
        except Exception as error:
            self._failed(error)
        if not self._spoken and len(state.tasks) == tasks:
            self._account = None  # it has a line as any request that is refused
            turn_away(self._connection, BAD_REQUEST)  # more fields, or longer, than it can read

    # What the protocol does.

    def write(self, data: bytes) -> None:
        """Answer the handshake. With a 101 the connection becomes the protocol's, in the next turn
        of the loop, after whatever it writes now.
        """
        if self._cut:
            return
        if not self._spoken:
            self._spoken = True
            if self._account is not None:
                self._account.answered(int(data[9:12]))
            data = stamped(data, self._stamp) if self._stamp else data
        self._transport.write(data)
        if data.startswith(b"HTTP/1.1 101 "):
            self._wire.become(self._transport)
            asyncio.get_running_loop().call_soon(self._take_over)

    def close(self) -> None:
        """The handshake is refused. Whoever has lost the connection may say so once more."""
        if self._connection.state is State.UPGRADING:
            close(self._connection, linger=self._connection.reader.waiting > 0)

    def _take_over(self) -> None:
        if self._connection.state is not State.UPGRADING:
            return  # closed or lost meanwhile
        paused = self._connection.stream.write_paused
        rest = self._connection.let_go()
        self._transport.set_protocol(self)
        self._service.handed_over(self._connection, self)
        if paused:
            self.pause_writing()
        if rest:
            self.data_received(rest)
        if not self._service.phase.keeps:
            self.leave()

    # What the transport does.

    def data_received(self, data: bytes) -> None:
        """The protocol's affair."""
        self._tell("data_received", data)

    def eof_received(self) -> None:
        """The protocol's affair; then the transport closes."""
        self._tell("eof_received")

    def pause_writing(self) -> None:
        """The protocol's affair."""
        self._tell("pause_writing")

    def resume_writing(self) -> None:
        """The protocol's affair."""
        self._tell("resume_writing")

    def connection_lost(self, exc: Exception | None) -> None:
        """The protocol's affair; and nothing is left of this."""
        if self._account is not None:
            self._account.losing()
        if self._protocol is not None:
            self._tell("connection_lost", exc)
        if self._account is not None:
            self._account.ended()
        self._service.connection_ended(self)

    def _tell(self, event: str, *args: Any) -> None:
        try:
            getattr(self._protocol, event)(*args)
        except Exception as error:
            self._failed(error)
            self._transport.abort()

    def _failed(self, error: Exception) -> None:
        self._service.log.error(
            "WebSocket protocol failed",
            method=self.head.method,
            path=self.head.path,
            error=type(error).__name__,
            exc_info=error,
        )

    # The service: see `Connection`.

    def in_flight(self) -> None:
        """No request: a WebSocket is closed when the service stops."""

    def owed(self) -> bool:
        """It is owed its closing handshake."""
        return True

    def leave(self) -> None:
        """Say that the service restarts (RFC 6455 section 7.4.1: 1012), and close."""
        if not self._leaving:
            self._leaving = True
            self._tell("shutdown")

    def cut(self, by: str) -> None:
        """Drop the connection at once, and an application that has not answered the handshake."""
        self._cut = True
        if self._account is not None:
            self._account.cut(by)
        if not self._spoken:
            for task in self._tasks:
                task.cancel(WHY_CUT[by])
        self._transport.abort()
