"""A signal in the midst of load: every request that was sent is answered."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import ExitStack

import pytest

from tests.fleet.load import closed
from tests.integration.conftest import Serve
from tests.integration.gate import Gate
from tests.integration.peer import Peer, get
from tests.integration.process import NOBODY_IS_SHED, PATIENCE, Service

APP = "tests.apps.bare:app"
CLIENTS = 64
BEFORE = 2000
"""Answers before the signal: the load is in its midst."""

POST = b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nWorld"


@pytest.mark.parametrize(
    ("request_", "body"),
    [pytest.param(get("/hello"), b"hello", id="GET"), pytest.param(POST, b"World", id="POST")],
)
def test_64_keep_alive_clients_lose_nothing_when_sigterm_comes_in_mid_load(
    serve: Serve, request_: bytes, body: bytes
) -> None:
    service = serve(APP, NOBODY_IS_SHED)
    load = Load(service, request_, body)
    asyncio.run(load.run())
    assert load.losses == []
    assert load.answered >= BEFORE
    assert load.told_to_close >= (CLIENTS - load.late) / 2
    assert service.wait() == 0


class Load:
    """Clients that ask again as soon as they are answered, until nobody listens any more."""

    def __init__(self, service: Service, request: bytes, body: bytes) -> None:
        self.answered = 0
        self.told_to_close = 0
        self.late = 0
        """Connections that were closed while nothing was asked on them, as an idle one is a second
        after the signal: their clients stood still for longer.
        """
        self.losses: list[str] = []
        self._service = service
        self._port = service.port
        self._request = request
        self._body = body

    async def run(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(self._client() for _ in range(CLIENTS)))

    async def _client(self) -> None:
        while True:
            since = time.monotonic()
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            except ConnectionRefusedError:
                return
            try:
                kept = True
                while kept:
                    if closed(reader, writer, since):
                        self.late += 1
                        break
                    since = time.monotonic()
                    kept = await self._ask(reader, writer)
            except (ConnectionError, EOFError) as error:
                self.losses.append(repr(error))
            finally:
                writer.close()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Ask once. Whether the connection is kept; if not, nothing may follow the answer."""
        writer.write(self._request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert await reader.readexactly(len(self._body)) == self._body
        self.answered += 1
        if self.answered == BEFORE:
            self._service.send_signal(signal.SIGTERM)
        if b"\r\nconnection: close\r\n" not in head:
            return True
        self.told_to_close += 1
        assert await reader.read() == b""
        return False


def test_connections_that_the_kernel_has_queued_are_answered_after_sigterm(serve: Serve) -> None:
    """A stopped process accepts nothing, but the kernel does, and takes the requests too."""
    service = serve(APP, NOBODY_IS_SHED)
    with ExitStack() as stack:
        assert service.port
        service.send_signal(signal.SIGSTOP)
        peers = [stack.enter_context(Peer(service.port)) for _ in range(20)]
        for peer in peers:
            peer.send(get("/hello"))
        service.send_signal(signal.SIGTERM)
        service.send_signal(signal.SIGCONT)
        for peer in peers:
            answer = peer.answer()
            assert (answer.status, answer.body) == (200, b"hello")
        for peer in peers:
            peer.sock.close()
        assert service.wait() == 0


def test_connections_queued_behind_a_handler_that_blocks_are_answered_after_sigterm(
    serve: Serve, gate: Gate
) -> None:
    service = serve(APP, NOBODY_IS_SHED, env=gate.environment)
    with ExitStack() as stack:
        blocking = stack.enter_context(Peer(service.port)).send(get("/gate"))
        service.await_entry("blocking")
        peers = [stack.enter_context(Peer(service.port)) for _ in range(20)]
        for peer in peers:
            peer.send(get("/hello"))
        service.send_signal(signal.SIGTERM)
        gate.open()
        assert blocking.answer().body == b"unblocked"
        for peer in peers:
            answer = peer.answer()
            assert (answer.status, answer.body) == (200, b"hello")
        for peer in peers:
            peer.sock.close()
        assert service.wait() == 0
