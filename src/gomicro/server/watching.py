"""Who watches the event loop while a service lives, and tells of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from gomicro.config import ServerConfig
from gomicro.log import lines_lost
from gomicro.watch.blocked import Blocked
from gomicro.watch.heartbeat import Heartbeat

if TYPE_CHECKING:
    from gomicro.connection.address import Address
    from gomicro.connection.service import Service
    from gomicro.server.home import Home

__all__ = ["watching"]


@contextmanager
def watching(
    service: Service,
    config: ServerConfig,
    *,
    home: Home,
    leaving: Callable[[], str] = str,
    report: Callable[[], str] = str,
) -> Iterator[list[Address]]:
    """Watch the loop that runs in this thread, if anybody is to; gives the admin listener's
    addresses.

    `home` has the memory to count in, and tells. `leaving` says why the service leaves, "" while it
    does not; `report` what is in force. Raises StartupError if the admin listener cannot have its
    address.
    """
    loop = asyncio.get_running_loop()
    heartbeat = Heartbeat.of(loop, config.blocked_after)
    with ExitStack() as stack:
        addresses: list[Address] = []
        if config.blocked_after:
            heartbeat.watchers.append(Blocked(service, loop))
        if config.admin_port is not None:
            told = _told(service, config, home, heartbeat, leaving, report)
            addresses = stack.enter_context(told)
        if config.blocked_after or config.admin_port is not None:
            heartbeat.start()
            stack.callback(heartbeat.end)
        yield addresses


@contextmanager
def _told(
    service: Service,
    config: ServerConfig,
    home: Home,
    heartbeat: Heartbeat,
    leaving: Callable[[], str],
    report: Callable[[], str],
) -> Iterator[list[Address]]:
    """Have the service told of, and counted. All that only this needs is imported here."""
    from gomicro.admin.here import Here
    from gomicro.metrics.counting import Counting
    from gomicro.metrics.store import Store
    from gomicro.mux.telling import tell_routes

    tell_routes()
    counting = Counting(Store(home.counters()), service, lines_lost)
    counting.begin()
    heartbeat.lags.append(counting.lag)
    here = Here(
        service,
        asyncio.get_running_loop(),
        heartbeat,
        counting,
        live_after=config.live_after,
        leaving=leaving,
        config=report,
    )
    with home.telling_of(here, config) as addresses:
        try:
            yield addresses
        finally:
            here.end()
            counting.copy()
