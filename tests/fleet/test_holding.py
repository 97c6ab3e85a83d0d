"""Which connections a worker closes when another is started in its place."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from math import inf
from types import SimpleNamespace
from typing import Any

import pytest

from gomicro.connection.http1 import HTTP1
from gomicro.connection.service import Service
from gomicro.fleet.holding import QUIET, Holding, rests
from tests.connection.harness import GET, Peer, answering, make_service, quiet, virtually

uvloop = pytest.importorskip("uvloop")

FACTORIES = [asyncio.new_event_loop, uvloop.new_event_loop]


class Client:
    """One connection, of which the service believes that it has rested for long."""

    async def connect(self, service: Service) -> Client:
        self.loop = loop = asyncio.get_running_loop()
        self.sock, theirs = socket.socketpair()
        self.sock.setblocking(False)
        theirs.setblocking(False)
        make = loop.connect_accepted_socket(lambda: HTTP1(service, loop), theirs)
        _, self.connection = await make
        self.sock.send(GET)
        assert (await self.receive()).startswith(b"HTTP/1.1 200 ")
        self.connection.deadlines.state_at -= QUIET
        return self

    async def receive(self) -> bytes:
        """What comes next, b"" for the end."""
        async with asyncio.timeout(60):
            return await self.loop.sock_recv(self.sock, 65536)


def hold(service: Service) -> None:
    listener: Any = SimpleNamespace(rest=lambda: None)
    Holding(service, listener).hold()


@pytest.mark.parametrize("factory", FACTORIES)
def test_who_has_asked_while_the_worker_stood_still_is_answered(
    factory: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def main() -> None:
        service = make_service(answering())
        clients.extend([await Client().connect(service) for _ in range(4)])
        rests, asks, begins, ends = clients
        begins.sock.send(GET[:2])
        while not begins.connection.reader.waiting:  # noqa: ASYNC110 -- nobody tells
            await asyncio.sleep(0.001)
        asks.sock.send(GET)
        ends.sock.shutdown(socket.SHUT_WR)
        hold(service)
        begins.sock.send(GET[2:])
        assert await rests.receive() == await ends.receive() == b""
        for client in (asks, begins):
            assert (await client.receive()).startswith(b"HTTP/1.1 200 ")
            client.connection.deadlines.state_at -= QUIET
        hold(service)
        assert await asks.receive() == await begins.receive() == b""

    async def closing() -> None:
        try:
            await main()
        finally:
            for client in clients:
                client.sock.close()
                client.connection.cut("client")
            await asyncio.sleep(0.01)  # a connection that is left makes uvloop's close wait

    clients: list[Client] = []
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(closing())


def test_what_waits_for_the_end_of_its_turn_has_come() -> None:
    async def main() -> None:
        service = make_service(answering())
        peers = [Peer(service) for _ in range(10)]
        assert rests(peers[3].connection, before=inf)
        for peer in peers:
            peer.wire.deliver(GET)
        assert not rests(peers[3].connection, before=inf)
        await quiet()
        assert rests(peers[3].connection, before=inf)

    virtually(main)
