"""The protocol class in uvicorn's own server: what connections share is uvicorn's."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.http.flow_control import service_unavailable
from uvicorn.protocols.utils import get_client_addr, get_path_with_query_string

from gomicro.config import ServerConfig
from gomicro.connection.service import ASGIApp, Served, Service

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine

    import uvicorn
    from uvicorn.server import ServerState

    from gomicro.http1.request_head import RequestHead

__all__ = ["AdoptedService"]


class AdoptedService(Service):
    """The service of connections that uvicorn's own server made, configured as that server is.

    What only gomicro configures has its default. The shared sets stay the server's.
    """

    def __init__(
        self, config: uvicorn.Config, server_state: ServerState, state: dict[str, Any]
    ) -> None:
        super().__init__(ServerConfig(idle_timeout=config.timeout_keep_alive), config, state)
        self.uvicorn_state = server_state
        self.connections = server_state.connections
        self.tasks = server_state.tasks
        self._uvicorn_access = logging.getLogger("uvicorn.access")
        self.logs_requests = self._uvicorn_access.hasHandlers()

    def app_for(self, head: RequestHead) -> ASGIApp:
        """The application, or uvicorn's 503 above its `limit_concurrency`."""
        limit = self.config.limit_concurrency
        if limit is not None and max(len(self.connections), len(self.tasks)) >= limit:
            return cast("ASGIApp", service_unavailable)
        return super().app_for(head)

    def stamp(self, now: float) -> bytes:
        """uvicorn's default headers, which its server renews."""
        headers = self.uvicorn_state.default_headers
        return b"".join(name + b": " + value + b"\r\n" for name, value in headers)

    def start(
        self, loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, None]
    ) -> asyncio.Task[None]:
        """Run a request's coroutine as uvicorn does, from the loop's next turn on."""
        task = loop.create_task(coroutine)
        task.add_done_callback(self._ended)
        self.tasks.add(task)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        self.uvicorn_state.total_requests += 1

    def soon(self, loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
        """Call back at once: what is started by it begins later anyway."""
        callback()

    def log_request(self, exchange: Served, client: str, now: float) -> None:
        """Log the line of a request in uvicorn's own way."""
        self._uvicorn_access.info(
            '%s - "%s %s HTTP/%s" %d',
            get_client_addr(cast("Any", exchange.scope)),
            exchange.head.method,
            get_path_with_query_string(cast("Any", exchange.scope)),
            exchange.scope["http_version"],
            exchange.status,
        )
