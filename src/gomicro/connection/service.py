"""What all connections of a server share."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio import Task
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import copy_context
from email.utils import formatdate
from itertools import count
from math import inf
from time import time
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from gomicro.connection.arrivals import Arrivals
from gomicro.connection.expectation import expectation_failed
from gomicro.connection.late_start import Gated
from gomicro.connection.leaving import Leaving
from gomicro.connection.outgoing import Outgoing
from gomicro.connection.overload import Overload
from gomicro.connection.phase import Phase
from gomicro.connection.request_log import RequestLog
from gomicro.connection.state import Deadline
from gomicro.connection.terms import server_terms
from gomicro.connection.turns import Turns
from gomicro.http1.head_parser import HeadParser
from gomicro.log import own_logger
from gomicro.log.request import CurrentRequest

if TYPE_CHECKING:
    from gomicro.config import ServerConfig
    from gomicro.connection.address import Address
    from gomicro.connection.exchange import Exchange
    from gomicro.connection.http1 import HTTP1
    from gomicro.connection.routes import Routes
    from gomicro.connection.terms import Terms
    from gomicro.connection.websocket import WebSockets
    from gomicro.http1.request_head import RequestHead

__all__ = ["ASGIApp", "Connection", "Service"]

ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]

GO_HEAD_SLOP: Final = 4096
"""Go reads headers through a 4096-byte buffer and lets that much pass above MaxHeaderBytes."""

EAGER: Final = sys.version_info >= (3, 12)
"""Whether a request's coroutine can start at once; before, it begins in the loop's next turn."""

MOST_KNOWN: Final = 256
"""Addresses that are remembered, the server's own and its clients'."""

T = TypeVar("T")


class Connection(Protocol):
    """What a service knows of each of its connections."""

    def leave(self) -> None:
        """The service's phase has changed: close if the peer is owed nothing, and time is up."""
        ...

    def cut(self, by: str) -> None:
        """End at once. `by` goes into the log line of a request that is ended by it."""
        ...

    def in_flight(self) -> RequestHead | None:
        """The request that is being served."""
        ...

    def owed(self) -> bool:
        """Whether the peer is owed something: an answer, or the rest of one."""
        ...


class Service:
    """Configuration, application, limits and running connections of one server.

    `tasks` has for each task of an application the request that it was started for, and None for
    one of the server's own.
    """

    def __init__(
        self,
        config: ServerConfig,
        app: ASGIApp,
        *,
        asgi_version: str = "3.0",
        state: dict[str, Any] | None = None,
        websockets: WebSockets | None = None,
    ) -> None:
        """`state` is what the application's lifespan leaves for its requests. Without `websockets`
        no upgrade is served.
        """
        if config.path_send:
            from gomicro.connection.path_send import PathSend

            app = PathSend(app)
        self.app = app
        self.state = {} if state is None else state
        self.websockets = websockets
        self.connections: set[Connection] = set()
        self.tasks: dict[Task[None], RequestHead | None] = {}
        self.begun = 0
        """How many requests have been given to the application."""
        self.phase = Phase.STARTING
        self.on_idle: Callable[[], None] | None = None
        """Called when the last connection or task has ended."""
        self.on_left: Callable[[], None] | None = None
        """Called when a connection or task has ended."""
        self.terms = server_terms(config)
        self.idle_timeout = config.idle_timeout or inf
        self._routes: Routes | None = None
        if config.routes:
            from gomicro.connection.routes import Routes  # and with it the multiplexer

            self._routes = Routes(config.routes, self.terms)
        self.max_head = config.max_header_bytes + GO_HEAD_SLOP
        self.heads = HeadParser(config.request_id_header)
        self.turns = Turns()
        self.root_path = config.root_path
        self._raw_root_path = config.root_path.encode()
        self.leaving = Leaving()
        self.extensions: dict[str, Any] = {
            "gomicro.shutdown": self.leaving,
            "gomicro.request": CurrentRequest(),
        }
        self.asgi = {"version": asgi_version, "spec_version": "2.3"}
        self.log = own_logger("gomicro.server", config.log_level)
        self.access_log = own_logger("gomicro.access", config.log_level)
        self._request_log = RequestLog(self.access_log)
        self.on_request: Callable[[Exchange, HTTP1, float], None] = self._request_log.log
        """Called for each request whose terms are `told`, when it is answered or cut: with its
        connection, and monotonic seconds.
        """
        self._trusted = config.forwarded_allow_ips
        self._forwarded_app: ASGIApp | None = None
        self.context = copy_context()
        self.overload = Overload(
            max_lag=config.max_lag,
            write_timeout=self.terms.timeouts.write,
            max_in_flight=config.max_in_flight,
            connections=self.connections,
            log=self.log,
            context=self.context,
            late_start=not EAGER,
        )
        self.outgoing = Outgoing()
        self.arrivals = Arrivals(
            self.connections, self.overload, self.outgoing, late_start=not EAGER
        )
        if not EAGER and config.max_lag:
            self.app = Gated(app, self.overload)
        self.deadlines_passed = dict.fromkeys(Deadline, 0)
        """How many have passed so far."""
        self._known: dict[object, Any] = {}
        self._stamp = b""
        self._stamp_until = -inf
        self.new_request_id = map(f"{os.urandom(5).hex()}-".__add__, map(str, count(1))).__next__
        """Makes one that is unique here, and very likely elsewhere."""

    def level_changed(self) -> None:
        """Other events are logged than before."""
        self._request_log.log_with(self.access_log)

    def new_scope(
        self, head: RequestHead, server: Address | None, client: Address | None, scheme: str
    ) -> dict[str, Any]:
        """The scope of a request on a connection with these ends, and in its head what holds for
        it. A copy is kept for what is wanted again, since that is made sooner.
        """
        root = self.root_path
        scope = {
            "type": "http",
            "asgi": self.asgi.copy(),
            "http_version": "1.0" if head.http_10 else "1.1",
            "server": server,
            "client": client,
            "scheme": scheme,
            "method": head.method,
            "root_path": root,
            "path": root + head.path,
            "raw_path": self._raw_root_path + head.raw_path,
            "query_string": head.query,
            "headers": head.headers.copy(),
            "state": self.state.copy(),
        }
        head.terms = self.terms_for(head)
        wanted = head.wanted
        if wanted is not None and wanted.kept and (self._routes is None or self._routes.any_host):
            wanted.scope = {**scope, "headers": []}
            wanted.terms = head.terms
        if head.kept:
            head.scope = scope.copy()
        return scope

    def terms_for(self, head: RequestHead) -> Terms:
        """What holds for a request."""
        return self.terms if self._routes is None else self._routes.find(head)

    def app_for(self, head: RequestHead) -> ASGIApp:
        """What answers a request: the application, in most cases."""
        if head.expect_other:
            return expectation_failed
        return self.forwarded_app() if head.forwarded else self.app

    def forwarded_app(self) -> ASGIApp:
        """The application for a request with a proxy's headers, which are believed from the
        trusted hosts only.
        """
        if self._forwarded_app is None:
            from gomicro.connection.forwarded import believing

            self._forwarded_app = believing(self.app, self._trusted)
        return self._forwarded_app

    def one_object(self, value: T) -> T:
        """The same value, one object for all connections: most share a host."""
        if len(self._known) > MOST_KNOWN:
            self._known.clear()
        known: T = self._known.setdefault(value, value)
        return known

    def stamp(self, now: float) -> bytes:
        """The header lines of every response; `now` is monotonic seconds.

        A Date is true to the second (RFC 9110 section 6.6.1), so the line is made once a second.
        """
        if now >= self._stamp_until:
            wall = time()
            self._stamp_until = now + 1 - wall % 1
            self._stamp = f"date: {formatdate(wall, usegmt=True)}\r\n".encode()
        return self._stamp

    def start(
        self,
        loop: asyncio.AbstractEventLoop,
        coroutine: Coroutine[Any, Any, None],
        head: RequestHead,
    ) -> Task[None]:
        """Run a request's coroutine, in a copy of this context: where EAGER, as far as it goes."""
        self.begun += 1
        if EAGER:
            task = Task(coroutine, loop=loop, eager_start=True)  # type: ignore[call-arg,unused-ignore] # on 3.11
        else:
            task = loop.create_task(coroutine)
        if not task.done():
            self.tasks[task] = head
            self.overload.begun()
            task.add_done_callback(self._request_ended)
        return task

    def _request_ended(self, task: Task[None]) -> None:
        self.overload.ended()
        self.task_ended(task)

    def task_ended(self, task: Task[None]) -> None:
        """A task of an application is over."""
        self.tasks.pop(task, None)
        self._settle()

    def connection_ended(self, connection: Connection) -> None:
        """A connection is over, or another one's now."""
        self.connections.discard(connection)
        self._settle()

    def handed_over(self, connection: Connection, websocket: Connection) -> None:
        """A connection has become a WebSocket."""
        self.connections.add(websocket)
        self.connections.discard(connection)

    def _settle(self) -> None:
        if self.on_left is not None:
            self.on_left()
        if self.on_idle is not None and not self.connections and not self.tasks:
            self.on_idle()

    def soon(self, loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
        """Call back when the application that runs now has come to a wait, not inside of it, and
        without its context variables.
        """
        loop.call_soon(callback, context=self.context)

    def request_id(self, head: RequestHead) -> str:
        """The client's X-Request-Id, or a new one."""
        return head.request_id.decode() if head.request_id else self.new_request_id()
