"""What all connections of a server share."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import copy_context
from email.utils import formatdate
from itertools import count
from math import inf
from time import time
from typing import TYPE_CHECKING, Any, Protocol, cast

from uvicorn.server import ServerState

from gomicro.config import ServerConfig
from gomicro.connection.deadlines import Timeouts
from gomicro.connection.phase import Phase
from gomicro.connection.turns import Turns
from gomicro.http1.request_head import HeadParser
from gomicro.log import entry_logger, get_logger

if TYPE_CHECKING:
    import uvicorn

    from gomicro.http1.request_head import RequestHead

__all__ = ["ASGIApp", "Served", "Service"]

ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]

GO_HEAD_SLOP = 4096
"""Go reads headers through a 4096-byte buffer and lets that much pass above MaxHeaderBytes."""


EAGER = sys.version_info >= (3, 12)
"""Whether a request's coroutine can start at once; before, it begins in the loop's next turn."""


class Served(Protocol):
    """What the log tells of a request: an exchange, seen from the log."""

    head: RequestHead
    scope: dict[str, Any]
    status: int
    sent: int
    started_at: float


class _Watched(set[Any]):
    """A set that says when something has left it, as uvicorn's WebSocket protocols do unasked."""

    def __init__(self, left: Callable[[], None]) -> None:
        super().__init__()
        self._left = left

    def discard(self, member: Any) -> None:
        super().discard(member)
        self._left()


class Service(ServerState):
    """Configuration, application, limits and running connections of one server.

    uvicorn's protocols (a WebSocket's is one) are given it as their server's state.
    """

    def __init__(
        self, config: ServerConfig, uvicorn_config: uvicorn.Config, state: dict[str, Any]
    ) -> None:
        super().__init__()
        self.connections: set[Any] = _Watched(self._settle)
        self.tasks: set[asyncio.Task[None]] = _Watched(self._settle)
        self.config = uvicorn_config
        self.state = state
        self.timeouts = Timeouts(
            header=config.header_timeout(),
            read=config.read_timeout,
            write=config.write_timeout,
            idle=config.idle_timeout,
        )
        timeouts = self.timeouts
        self.idle_timeout = timeouts.idle or inf
        self.shortest = min(t or inf for t in (timeouts.header, timeouts.read, timeouts.write))
        self.max_head = config.max_header_bytes + GO_HEAD_SLOP
        self.max_body = config.max_body_bytes or inf
        self.heads = HeadParser()
        self.turns = Turns()
        self.root_path = uvicorn_config.root_path
        self.asgi = {"version": uvicorn_config.asgi_version, "spec_version": "2.3"}
        self.uvicorn_state: ServerState = self
        self.phase = Phase.STARTING
        self.draining = False
        self.patient = False
        """While the service drains, an idle connection has a second for one more request."""
        self.websockets = False
        self.on_idle: Callable[[], None] | None = None
        self.log = get_logger("gomicro.server")
        self.logs_requests = config.access_log
        self._access = entry_logger(get_logger("gomicro.access"))
        self.app: ASGIApp = uvicorn_config.loaded_app
        self._forwarded_app: ASGIApp | None = None
        self._trusted = uvicorn_config.forwarded_allow_ips
        self._context = copy_context()
        self._stamp = b""
        self._stamp_until = -inf
        self._request_numbers = count(1)
        self._request_prefix = f"{int(time() * 1000) & 0xFFFFFFFFFF:010x}-"

    def new_scope(self, head: RequestHead) -> dict[str, Any]:
        """A scope for a request, which still needs headers and state of its own, and the ends of
        its connection. It is kept for a head that will come again: a copy is made sooner.
        """
        root = self.root_path
        scope = {
            "type": "http",
            "asgi": self.asgi,
            "http_version": "1.0" if head.http_10 else "1.1",
            "server": None,
            "client": None,
            "scheme": "",
            "method": head.method,
            "root_path": root,
            "path": root + head.path,
            "raw_path": root.encode() + head.raw_path,
            "query_string": head.query,
            "headers": head.headers,
            "state": self.state,
        }
        if head.kept:
            head.scope = scope.copy()
        return scope

    def app_for(self, head: RequestHead) -> ASGIApp:
        """What answers a request: the application, in most cases.

        It is behind uvicorn's proxy middleware if a proxy's headers have come; the middleware
        believes them only from the trusted hosts.
        """
        if head.expect_other:
            return expectation_failed
        if not head.forwarded:
            return self.app
        if self._forwarded_app is None:
            from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

            app = cast("Any", self.app)
            self._forwarded_app = ProxyHeadersMiddleware(app, trusted_hosts=self._trusted)
        return self._forwarded_app

    def websocket_protocol(self) -> Callable[..., Any] | None:
        """uvicorn's WebSocket protocol class; None where WebSockets are not served.

        Imported when the first upgrade is asked for.
        """
        if self.websockets and self.config.ws_protocol_class is None:
            from uvicorn.protocols.websockets.auto import AutoWebSocketsProtocol

            self.config.ws_protocol_class = cast("type[asyncio.Protocol]", AutoWebSocketsProtocol)
        return self.config.ws_protocol_class

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
        self, loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, None]
    ) -> asyncio.Task[None]:
        """Run a request's coroutine, in a copy of this context: where EAGER, as far as it goes."""
        if EAGER:
            task = asyncio.Task(coroutine, loop=loop, eager_start=True)
        else:
            task = loop.create_task(coroutine)
        if not task.done():
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        return task

    def soon(self, loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
        """Call back when the application that runs now has come to a wait, not inside of it, and
        without its context variables.
        """
        loop.call_soon(callback, context=self._context)

    def _settle(self) -> None:
        """Tell a server that is waiting for it that nothing is left."""
        if self.on_idle is not None and not self.connections and not self.tasks:
            self.on_idle()

    def log_request(self, exchange: Served, client: str, now: float) -> None:
        """Log the line of a request that is answered; `client` is its host and port, `now`
        monotonic seconds.

        Its id is the client's X-Request-Id, or new: unique among the requests of this process and
        very likely among those of others.
        """
        head = exchange.head
        if head.request_id:
            request_id = head.request_id.decode("latin-1")
        else:
            request_id = f"{self._request_prefix}{next(self._request_numbers)}"
        self._access(
            {
                "time": "",
                "level": "info",
                "logger": "gomicro.access",
                "event": "request",
                "method": head.method,
                "path": exchange.scope["path"],
                "status": exchange.status,
                "bytes": exchange.sent,
                "duration": int((now - exchange.started_at) * 1e6) / 1e6,  # whole microseconds
                "client": client,
                "request_id": request_id,
            }
        )


async def expectation_failed(scope: Any, receive: Any, send: Any) -> None:
    """Answer an expectation other than 100-continue (RFC 9110 section 10.1.1), as Go does."""
    await send(
        {"type": "http.response.start", "status": 417, "headers": [(b"connection", b"close")]}
    )
    await send({"type": "http.response.body"})
