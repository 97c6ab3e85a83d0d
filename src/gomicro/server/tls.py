"""TLS: the handshake before a connection."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Any

from gomicro.connection.address import client_name, local_address
from gomicro.connection.deadlines import LINGER
from gomicro.connection.unread import unread
from gomicro.server.connecting import ProtocolFactory

__all__ = ["Secure"]

RECORD_HEADER = 5
"""Bytes of a TLS record's header (RFC 8446 section 5.1), by which Go tells plain HTTP from it."""

PLAIN_HTTP = frozenset({b"GET /", b"HEAD ", b"POST ", b"PUT /", b"OPTIO"})

WRONG_PORT = b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"
"""Go's answer to it, byte for byte (net/http/server.go)."""


class Secure:
    """Makes connections with TLS: each has a task until its handshake is done.

    `context` is the one of new handshakes. `timeout` is seconds
    for a handshake, from its first byte that is waited for; None for the event loop's own.
    """

    def __init__(
        self, factory: ProtocolFactory, context: ssl.SSLContext, timeout: float | None, log: Any
    ) -> None:
        self.context = context
        self.on_settled: Callable[[], None] = lambda: None
        self._factory = factory
        self._timeout = timeout
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def pending(self) -> int:
        return len(self._tasks)

    def accept(self, listening: socket.socket) -> None:
        sock, _ = listening.accept()
        sock.setblocking(False)
        task = self._loop.create_task(self._connect(sock))
        self._tasks.add(task)
        task.add_done_callback(self._settle)

    def use(self, context: ssl.SSLContext) -> None:
        """Have this one in handshakes from now on."""
        self.context = context

    def give_up(self) -> None:
        for task in self._tasks:
            task.cancel()

    def _settle(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self.on_settled()

    async def _connect(self, sock: socket.socket) -> None:
        client = ""
        try:
            peer, own = sock.getpeername(), sock.getsockname()
            client = client_name(local_address(peer), local_address(own))
            header, left = await self._record_header(sock)
            if header in PLAIN_HTTP:
                await self._refuse(sock, client)
            elif header:
                await self._shake_hands(sock, left)
        except (OSError, TimeoutError) as error:
            self._log.debug("handshake failed", client=client, error=str(error))
        finally:
            sock.close()  # what became a connection has a descriptor of its own

    async def _record_header(self, sock: socket.socket) -> tuple[bytes, float | None]:
        """The first bytes of a client, which stay to be read, and the seconds left after them.

        There are fewer if the client sends no more, b"" if it sends none.
        """
        began = self._loop.time()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, RECORD_HEADER)
        readable = asyncio.Event()
        self._loop.add_reader(sock, readable.set)
        try:
            async with asyncio.timeout(self._timeout):
                await readable.wait()
        except TimeoutError:
            if not unread(sock):
                raise
            began = self._loop.time()  # this process stood still: the client has all its time yet
        finally:
            self._loop.remove_reader(sock)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
        spent = self._loop.time() - began
        left = None if self._timeout is None else max(0.001, self._timeout - spent)
        return sock.recv(RECORD_HEADER, socket.MSG_PEEK), left

    async def _shake_hands(self, sock: socket.socket, left: float | None) -> None:
        await self._loop.connect_accepted_socket(
            self._factory,
            socket.socket(fileno=sock.detach()),  # the event loop's own, which closes it
            ssl=self.context,
            ssl_handshake_timeout=left,
            ssl_shutdown_timeout=LINGER,
        )

    async def _refuse(self, sock: socket.socket, client: str) -> None:
        """Answer, and take in what was sent: closing before that would reset the answer away."""
        reason = "client sent an HTTP request to an HTTPS server"
        self._log.info("request refused", status=400, reason=reason, client=client)
        sock.send(WRONG_PORT)
        sock.shutdown(socket.SHUT_WR)
        async with asyncio.timeout(LINGER):
            while await self._loop.sock_recv(sock, 65536):
                pass
