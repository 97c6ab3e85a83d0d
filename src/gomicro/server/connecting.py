"""From an accepted socket to a connection of the event loop, without TLS."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, cast

__all__ = ["Connector", "Plain", "ProtocolFactory"]

ProtocolFactory = Callable[[], asyncio.Protocol]


class Connector(Protocol):
    """Makes connections of accepted sockets, which are its own from `connect` on."""

    on_settled: Callable[[], None]
    """Called when one of those pending is made, or is given up."""

    @property
    def pending(self) -> int:
        """How many have been accepted and are not made yet."""
        ...

    def connect(self, sock: socket.socket) -> None:
        """Begin to make a connection."""
        ...

    def give_up(self) -> None:
        """Close those that wait for their client."""
        ...


class Plain:
    """Connections without TLS: each is made in one turn of the loop, and waits for nobody."""

    def __init__(self, factory: ProtocolFactory) -> None:
        self.pending = 0
        self.on_settled: Callable[[], None] = lambda: None
        self._factory = factory
        self._loop = asyncio.get_running_loop()
        self._descriptor = _Descriptor() if _is_uvloop(self._loop) else None

    def connect(self, sock: socket.socket) -> None:
        try:
            protocol = self._factory()
        except BaseException:
            sock.close()
            raise
        self.pending += 1
        accepted: Any = sock
        if self._descriptor is None:
            sock.setblocking(False)
        else:
            self._descriptor.take(sock)
            accepted = self._descriptor
        self._go_on(self._loop.connect_accepted_socket(lambda: protocol, accepted), accepted)

    def give_up(self) -> None:
        """Nothing waits for a client here."""

    def _go_on(self, connecting: Coroutine[Any, Any, Any], accepted: Any) -> None:
        """Run the loop's coroutine to its next wait, now: a task would begin a turn later, when
        the descriptor is another's, and cost more.
        """
        try:
            future = connecting.send(None)
        except StopIteration:
            self._settle()
        except BaseException:
            accepted.close()
            self._settle()
            raise
        else:
            future.add_done_callback(lambda _: self._go_on(connecting, accepted))

    def _settle(self) -> None:
        self.pending -= 1
        self.on_settled()


class _Descriptor:
    """What uvloop asks of an accepted socket, of which it keeps only the descriptor.

    One stands for all connections: a socket object each would cost 110 bytes for nothing.
    """

    type = socket.SOCK_STREAM

    def __init__(self) -> None:
        self.family: int = socket.AF_INET
        self._number = -1

    def take(self, sock: socket.socket) -> None:
        """Stand for this socket until the next one."""
        self.family = sock.family
        self._number = sock.detach()

    def fileno(self) -> int:
        return self._number

    def close(self) -> None:
        """uvloop closes the descriptor itself, before it calls this."""


def _is_uvloop(loop: asyncio.AbstractEventLoop) -> bool:
    uvloop = cast("Any", sys.modules.get("uvloop"))
    return uvloop is not None and isinstance(loop, uvloop.Loop)
