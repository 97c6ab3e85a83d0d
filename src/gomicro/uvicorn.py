"""gomicro's engine in uvicorn's own server: `uvicorn --http gomicro.uvicorn:HTTPProtocol`."""

from __future__ import annotations

import asyncio
import logging
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any, Final, cast

from uvicorn.protocols.http.flow_control import service_unavailable
from uvicorn.protocols.utils import get_client_addr, get_path_with_query_string

from gomicro.config import ServerConfig
from gomicro.connection.arrivals import Arrivals
from gomicro.connection.http1 import HTTP1
from gomicro.connection.phase import Phase
from gomicro.connection.service import ASGIApp, Service
from gomicro.connection.websocket import WebSockets

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    import uvicorn
    from uvicorn.server import ServerState

    from gomicro.connection.exchange import Exchange
    from gomicro.connection.service import Connection
    from gomicro.http1.request_head import RequestHead

__all__ = ["HTTPProtocol"]

AT_ONCE: Final = 0.001
"""Seconds that stand for uvicorn's 0: closed once it is idle. To gomicro 0 is no limit."""


class HTTPProtocol(HTTP1):
    """The protocol class that uvicorn's server makes one of for each connection."""

    __slots__ = ()

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        service = vars(server_state).get("gomicro")
        if service is None:
            if not config.loaded:
                config.load()
            service = _UvicornsService(config, server_state, app_state)
            vars(server_state)["gomicro"] = service
        super().__init__(service, _loop or asyncio.get_running_loop())

    def shutdown(self) -> None:
        """As uvicorn's server asks for it when it stops: close if idle, else after the response."""
        self.service.phase = Phase.HURRYING
        self.service.leaving.tell()
        self.leave()


class _UvicornsService(Service):
    """One service for all connections of a server of uvicorn's, configured as that server is.

    What only gomicro configures has its default. The shared sets stay the server's.
    """

    def __init__(
        self, config: uvicorn.Config, server_state: ServerState, state: dict[str, Any]
    ) -> None:
        self._uvicorn_access = logging.getLogger("uvicorn.access")
        super().__init__(
            ServerConfig(
                idle_timeout=max(config.timeout_keep_alive, AT_ONCE),
                forwarded_allow_ips="",
                max_lag=0.0,  # uvicorn's `limit_concurrency` is the gate there
                access_log=self._uvicorn_access.hasHandlers(),
            ),
            cast("ASGIApp", config.loaded_app),
            asgi_version=config.asgi_version,
            state=state,
            websockets=WebSockets(config, server_state) if config.ws_protocol_class else None,
        )
        self.phase = Phase.SERVING
        self.root_path = config.root_path  # uvicorn takes any
        self._raw_root_path = config.root_path.encode()
        self._new_context = Context if config.reset_contextvars else copy_context
        self._limit = config.limit_concurrency
        self._uvicorns = server_state
        self.connections = cast("set[Connection]", server_state.connections)
        self.arrivals = Arrivals(self.connections, self.overload, self.outgoing, late_start=True)
        self.on_request = self._log_request

    def app_for(self, head: RequestHead) -> ASGIApp:
        """The application, or uvicorn's 503 above its `limit_concurrency`."""
        state = self._uvicorns
        if self._limit is not None and max(len(state.connections), len(state.tasks)) >= self._limit:
            return cast("ASGIApp", service_unavailable)
        return super().app_for(head)

    def forwarded_app(self) -> ASGIApp:
        """The application: uvicorn has put its proxy middleware around it, if it is to."""
        return self.app

    def stamp(self, now: float) -> bytes:
        """uvicorn's default headers, which its server renews."""
        headers = self._uvicorns.default_headers
        return b"".join(name + b": " + value + b"\r\n" for name, value in headers)

    def start(
        self,
        loop: asyncio.AbstractEventLoop,
        coroutine: Coroutine[Any, Any, None],
        head: RequestHead,
    ) -> asyncio.Task[None]:
        """Run a request's coroutine as uvicorn does, from the loop's next turn on."""
        task = loop.create_task(coroutine, context=self._new_context())
        task.add_done_callback(self.task_ended)
        self._uvicorns.tasks.add(task)
        return task

    def task_ended(self, task: asyncio.Task[None]) -> None:
        """Count it as uvicorn does."""
        self._uvicorns.tasks.discard(task)
        self._uvicorns.total_requests += 1

    def handed_over(self, connection: Connection, websocket: Connection) -> None:
        """The protocol has put itself on uvicorn's list."""
        self.connections.discard(connection)

    def soon(self, loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
        """Call back at once: what is started by it begins later anyway."""
        callback()

    def _log_request(self, exchange: Exchange, connection: HTTP1, now: float) -> None:
        """Log the line of a request in uvicorn's own way."""
        self._uvicorn_access.info(
            '%s - "%s %s HTTP/%s" %d',
            get_client_addr(cast("Any", exchange.scope)),
            exchange.head.method,
            get_path_with_query_string(cast("Any", exchange.scope)),
            exchange.scope["http_version"],
            exchange.status,
        )
