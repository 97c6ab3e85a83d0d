"""Who watches the event loop while a service lives."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gomicro.watch.blocked import Blocked
from gomicro.watch.heartbeat import Heartbeat

if TYPE_CHECKING:
    from gomicro.config import ServerConfig
    from gomicro.connection.service import Service

__all__ = ["watching"]


@contextmanager
def watching(service: Service, config: ServerConfig) -> Iterator[None]:
    """Watch the loop that runs in this thread, if anybody is to."""
    if not config.blocked_after:
        yield
        return
    loop = asyncio.get_running_loop()
    heartbeat = Heartbeat.of(loop, config.blocked_after)
    heartbeat.watchers.append(Blocked(service, loop))
    heartbeat.start()
    try:
        yield
    finally:
        heartbeat.end()
