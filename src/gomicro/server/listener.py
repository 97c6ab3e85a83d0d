"""Accepting connections, and pausing where there is no room for another.

The loop's own servers accept what they can and lose what they cannot; this one leaves it in the
kernel's queue until there is room.
"""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import socket
import time
from collections.abc import Callable, Container
from enum import Enum, auto
from itertools import count
from math import inf
from types import TracebackType
from typing import Any

from gomicro.connection.address import Address, addresses_of
from gomicro.connection.deadlines import DRAIN
from gomicro.connection.unread import unread
from gomicro.server.binding import listen
from gomicro.server.connecting import Connector
from gomicro.server.last_call import refuse_new

__all__ = ["Listener"]

RETRY = 0.1
"""Seconds until accepting is tried again, if no connection has ended before that."""

AT_ONCE = 64
"""Connections that are accepted in a turn of the loop, however long it takes."""

ACCEPTING = 0.01
"""Seconds in which more are accepted. Turns are long where many are served, and few of them begin
in a second: whoever has connected shall hear something all the same.
"""


POLITE = 0.001
"""Seconds that a connection is left to another process which has fewer of them."""


class _Queue(Enum):
    """What was found in the kernel's queue."""

    TAKEN = auto()
    EMPTY = auto()
    NO_ROOM = auto()


class Listener:
    """Bound sockets, which are its own, and listen between `listen` and `leave`.

    `most` is how many connections there may be, 0 for no limit, and `connections` counts them.
    `gives_way` tells, where others accept on the same sockets, whether one of them had better have
    the next connection. `inherited`: those that listen on when this one has left, for others. A
    context that closes the sockets.
    """

    def __init__(
        self,
        sockets: list[socket.socket],
        connector: Connector,
        log: Any,
        *,
        most: int = 0,
        connections: Callable[[], int] = lambda: 0,
        gives_way: Callable[[], bool] | None = None,
        inherited: Container[socket.socket] = (),
    ) -> None:
        self._sockets = sockets
        self._inherited = inherited
        self._connector = connector
        self._log = log
        self._most = most or inf
        self._connections = connections
        self._gives_way = gives_way
        self._waiting: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._accepting = False
        self._retry: asyncio.TimerHandle | None = None
        self._room = asyncio.Event()
        self._hurried = False
        self._warned_at = -inf
        connector.on_settled = self.room

    def __enter__(self) -> Listener:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._rest()
        self._connector.give_up()
        for sock in self._sockets:
            sock.close()

    def addresses(self) -> list[Address]:
        """The address of each socket."""
        return addresses_of(self._sockets)

    def listen(self) -> None:
        """Accept connections from now on. Raises StartupError if another socket has the address."""
        for sock in self._sockets:
            listen(sock)
        self._begin()

    def rest(self) -> None:
        """Accept nothing more until `go_on` or `leave`."""
        self._rest()

    def go_on(self) -> None:
        """Accept again."""
        self._begin()

    def room(self) -> None:
        """A connection has ended, or will not be one: there may be room for another."""
        self._room.set()
        if self._retry is not None:  # the transport gives its descriptor back in this turn
            self._retry.cancel()
            self._retry = self._loop.call_later(0, self._begin)

    async def leave(self, *, take_queued: bool) -> None:
        """Stop listening, and wait until what was accepted is a connection or given up.

        `take_queued`: accept first what the kernel has accepted already, so that no client is
        reset that has sent its request; where there is no room, as connections end. A client that
        has not finished its handshake has as long for it as an idle connection has for a request.
        """
        self._rest()
        try:
            if take_queued:
                for sock in self._sockets:
                    if sock not in self._inherited:
                        refuse_new(sock)
                    await self._take_queue(sock)
        finally:
            for sock in self._sockets:
                sock.close()
        ends_at = time.monotonic() + DRAIN
        while self._connector.pending and not self._hurried and time.monotonic() < ends_at:
            await self._wait_for_room(ends_at - time.monotonic())
        self._connector.give_up()
        while self._connector.pending:
            await self._wait_for_room(None)

    def hurry(self) -> None:
        """Leave what is queued, and wait for no handshake."""
        self._hurried = True
        self._room.set()

    # Accepting.

    def _begin(self) -> None:
        self._rest()
        self._accepting = True
        for sock in self._sockets:
            self._loop.add_reader(sock, self._on_queued, sock)

    def _rest(self) -> None:
        """Accept nothing until `_begin`."""
        for timer in (self._retry, self._waiting):
            if timer is not None:
                timer.cancel()
        self._retry = self._waiting = None
        if self._accepting:
            self._accepting = False
            for sock in self._sockets:
                self._loop.remove_reader(sock)

    def _on_queued(self, sock: socket.socket) -> None:
        """Accept what is there; among several, one connection, and only after who has fewer."""
        if self._gives_way is None:
            self._accept(sock)
        elif not self._gives_way():
            self._accept_one(sock)
        else:
            self._rest()
            self._waiting = self._loop.call_later(POLITE, self._after_all)

    def _after_all(self) -> None:
        """Nobody else may have come: accept one."""
        self._begin()
        for sock in self._sockets:
            self._accept_one(sock)

    def _accept(self, sock: socket.socket) -> None:
        ends_at = time.monotonic() + ACCEPTING
        for number in count():  # pragma: no branch -- it has no end
            if number >= AT_ONCE and time.monotonic() >= ends_at:
                return
            if not self._accept_one(sock):
                return

    def _accept_one(self, sock: socket.socket) -> bool:
        """Whether there may be another."""
        found = self._take(sock)
        if found is _Queue.NO_ROOM:
            self._rest()
            self._retry = self._loop.call_later(RETRY, self._begin)
        return found is _Queue.TAKEN

    def _take(self, sock: socket.socket) -> _Queue:
        """Accept one connection, if there is one and room for it."""
        if self._most != inf and self.connected() >= self._most:
            reason = "as many connections as are allowed"
            return self._no_room(sock, reason, "--max-connections", self._most)
        try:
            self._connector.accept(sock)
        except BlockingIOError:
            return _Queue.EMPTY
        except ConnectionAbortedError:  # that client has gone
            return _Queue.TAKEN
        except OSError as error:
            return self._no_room(sock, os.strerror(error.errno or 0), *_limit(error.errno))
        return _Queue.TAKEN

    def connected(self) -> int:
        """How many connections there are, those among them that are not made yet."""
        return self._connections() + self._connector.pending

    async def _take_queue(self, sock: socket.socket) -> None:
        """Accept what may be queued by now, not what comes without end."""
        taken = 0
        while taken < socket.SOMAXCONN and not self._hurried:
            self._room.clear()
            found = self._take(sock)
            if found is _Queue.EMPTY:
                return
            if found is _Queue.TAKEN:
                taken += 1
            else:
                await self._wait_for_room(RETRY)

    async def _wait_for_room(self, seconds: float | None) -> None:
        try:
            await asyncio.wait_for(self._room.wait(), seconds)
        except TimeoutError:
            return
        self._room.clear()
        await asyncio.sleep(0)  # the transport gives its descriptor back in this turn

    def _no_room(self, sock: socket.socket, reason: str, limit: str, value: float | None) -> _Queue:
        """Say that a client waits for room, if there is one: a line a second at most."""
        if not unread(sock):
            return _Queue.EMPTY
        now = time.monotonic()
        if now - self._warned_at >= 1:
            self._warned_at = now
            self._log.warning(
                "accepting paused",
                reason=reason,
                limit=limit,
                value=value,
                connections=self.connected(),
            )
        return _Queue.NO_ROOM


def _limit(number: int | None) -> tuple[str, int | None]:
    """The limit behind an error of accept(2), by its name, and its value where it is known."""
    if number == errno.EMFILE:
        return "RLIMIT_NOFILE", resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if number == errno.ENFILE:
        return "the system's open files", None
    if number in (errno.ENOBUFS, errno.ENOMEM):
        return "the system's memory", None
    return "", None
