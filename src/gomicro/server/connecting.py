"""From a listening socket to a connection of the event loop, without TLS."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any, Protocol, cast

__all__ = ["Connector", "Plain", "ProtocolFactory"]

ProtocolFactory = Callable[[], asyncio.Protocol]


class Connector(Protocol):
    """Makes connections of what a listening socket accepts."""

    on_settled: Callable[[], None]
    """Called when one of those pending is made, or is given up."""

    @property
    def pending(self) -> int:
        """How many have been accepted and are not made yet."""
        ...

    def accept(self, listening: socket.socket) -> None:
        """Accept a connection and begin to make it. Raises OSError as accept(2) fails."""
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
        self._uvloop = _is_uvloop(self._loop)
        self._descriptors: dict[socket.socket, _Descriptor] = {}

    def accept(self, listening: socket.socket) -> None:
        accepted: Any
        if not self._uvloop:
            accepted, _ = listening.accept()
            accepted.setblocking(False)
            close = accepted.close
        else:
            accepted = self._descriptors.get(listening) or self._descriptor_for(listening)
            # What accept() makes its socket object of, a tenth of a connection's cost.
            number, _ = cast("Any", listening)._accept()  # noqa: SLF001
            accepted.number = number
            close = partial(os.close, number)
        connecting = self._loop.connect_accepted_socket(self._factory, accepted)
        try:
            self._go_on(connecting)
        except BaseException:  # the event loop has not taken it
            close()
            raise
        self.pending += 1
        self._loop.call_soon(self._settle)  # just after the call of connection_made

    def give_up(self) -> None:
        """Nothing waits for a client here."""

    def _descriptor_for(self, listening: socket.socket) -> _Descriptor:
        made = self._descriptors[listening] = _Descriptor(listening.family)
        return made

    def _go_on(self, connecting: Coroutine[Any, Any, Any]) -> None:
        """Run the loop's coroutine to its next wait, now: a task would begin a turn later, when
        the descriptor is another's, and cost more.
        """
        with suppress(StopIteration):
            connecting.send(None).add_done_callback(lambda _: self._go_on(connecting))

    def _settle(self) -> None:
        self.pending -= 1
        self.on_settled()


class _Descriptor:
    """What uvloop asks of an accepted socket, of which it keeps only the descriptor.

    One stands for all connections of a listening socket: a socket object each would cost 110 bytes
    for nothing.
    """

    type = socket.SOCK_STREAM
    number = -1

    def __init__(self, family: int) -> None:
        self.family = family

    def fileno(self) -> int:
        return self.number

    def close(self) -> None:
        """uvloop closes the descriptor itself, before it calls this."""


def _is_uvloop(loop: asyncio.AbstractEventLoop) -> bool:
    uvloop = cast("Any", sys.modules.get("uvloop"))
    return uvloop is not None and isinstance(loop, uvloop.Loop)
