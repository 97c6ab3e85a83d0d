"""Where a server lives: alone in its process, or as one of several in a fleet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from gomicro.config import ServerConfig
from gomicro.connection.service import Service
from gomicro.server.binding import Bound, bind_all
from gomicro.server.listening import where

if TYPE_CHECKING:
    from gomicro.admin.here import Here
    from gomicro.connection.address import Address
    from gomicro.server.listener import Listener
    from gomicro.server.orders import Orders
    from gomicro.server.signals import Hear

__all__ = ["Alone", "Home"]


class Home(Protocol):
    """What a server asks of its surroundings, in the order in which it does."""

    @property
    def gives_way(self) -> Callable[[], bool] | None:
        """Whether another process had better have the next connection; None where there is none."""
        ...

    def handler(self, orders: Orders) -> Hear:
        """What hears signals."""
        ...

    def attach(self, loop: asyncio.AbstractEventLoop, orders: Orders) -> None:
        """The event loop runs."""
        ...

    def bind(self, config: ServerConfig) -> Bound:
        """The sockets to listen on, which are the server's from now on."""
        ...

    def serving(self, service: Service, listener: Listener, config: ServerConfig) -> None:
        """Connections are accepted from now on."""
        ...

    def counters(self) -> memoryview:
        """The memory to count in; asked for where the service is told of."""
        ...

    def telling_of(self, here: Here, config: ServerConfig) -> AbstractContextManager[list[Address]]:
        """A context in which somebody tells of the service; gives the addresses for that."""
        ...


class Alone:
    """A server that is the only one in sight: it binds its own sockets and says so."""

    gives_way = None

    def handler(self, orders: Orders) -> Hear:
        return orders.on_signal

    def attach(self, loop: asyncio.AbstractEventLoop, orders: Orders) -> None:
        """Nobody else gives orders."""

    def bind(self, config: ServerConfig) -> Bound:
        return bind_all(config)

    def serving(self, service: Service, listener: Listener, config: ServerConfig) -> None:
        if config.workers not in (None, 1):
            hint = "a Server is one process: gomicro.Fleet has workers"
            service.log.warning("workers left out", workers=config.workers, hint=hint)
        service.log.info("listening", **where(listener.addresses(), config))

    def counters(self) -> memoryview:
        from gomicro.metrics.store import SIZE

        return memoryview(bytearray(SIZE))

    def telling_of(self, here: Here, config: ServerConfig) -> AbstractContextManager[list[Address]]:
        from gomicro.server.admin import telling_of

        return telling_of(here, config)
