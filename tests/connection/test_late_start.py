"""More comes than can be served, where handlers begin a turn after their heads were read."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from gomicro.connection import service as service_module
from tests.compiled import COMPILED, FIXED
from tests.connection.harness import (
    GET,
    Clock,
    Peer,
    VirtualLoop,
    answering,
    make_service,
    request,
    virtually,
)

SHED = (
    rb"HTTP/1\.1 503 Service Unavailable\r\ndate: now\r\nretry-after: [1-5]\r\n"
    rb"content-type: text/plain; charset=utf-8\r\ncontent-length: 20\r\n\r\nService Unavailable\n"
)


@pytest.fixture(autouse=True)
def _late(monkeypatch: pytest.MonkeyPatch) -> None:
    """As before Python 3.12."""
    if COMPILED:
        pytest.skip(FIXED)
    monkeypatch.setattr(service_module, "EAGER", False)


def clock() -> Clock:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop.clock


async def busy(scope: Any, receive: Any, send: Any) -> None:
    """An application that computes for 2 ms before it answers."""
    clock().now += 0.002
    await answering()(scope, receive, send)


async def polled(service: Any, data: bytes, count: int) -> list[Peer]:
    """So many requests that one turn of the loop finds ready, once their handlers have had theirs.

    The service has known turns before.
    """
    peers = [Peer(service) for _ in range(count)]
    for peer in peers:
        peer.wire.deliver(data)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return peers


def test_a_handler_that_begins_too_late_in_its_turn_is_shed_and_its_connection_kept() -> None:
    shed: list[int] = []

    async def main() -> None:
        service = make_service(busy)
        peers = await polled(service, GET, 200)
        statuses = [peer.sent()[9:12] for peer in peers]
        served = statuses.count(b"200")
        assert statuses == [b"200"] * served + [b"503"] * (200 - served)
        assert 0.04 <= served * 0.002 <= 0.2
        assert re.fullmatch(SHED, peers[-1].sent())
        assert service.overload.shed == {"lag": 200 - served, "in_flight": 0}
        shed.append(200 - served)
        await asyncio.sleep(1)
        peers[-1].wire.written.clear()
        await peers[-1].send(GET)
        assert peers[-1].sent().startswith(b"HTTP/1.1 200 ")

    entries = virtually(main)
    assert [entry["lag"] for entry in entries if entry["event"] == "requests shed"] == shed
    lines = [entry["status"] for entry in entries if entry["event"] == "request"]
    assert lines == [200] * (200 - shed[0] + 1)


def test_few_requests_are_served_however_late_they_begin() -> None:
    async def main() -> None:
        service = make_service(busy)
        for _ in range(5):
            peers = await polled(service, request("POST", "Content-Length: 0"), 30)
            assert {peer.sent()[9:12] for peer in peers} == {b"200"}
            await asyncio.sleep(0.1)
        assert service.overload.shed == {"lag": 0, "in_flight": 0}

    virtually(main)


def test_without_a_limit_the_application_is_called_as_it_is() -> None:
    async def main() -> None:
        assert make_service(busy, max_lag=0).app is busy
        assert make_service(busy).app is not busy

    virtually(main)


def test_what_is_no_request_is_not_looked_at() -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    async def main() -> None:
        await make_service(app).app({"type": "lifespan"}, None, None)

    virtually(main)
    assert seen == ["lifespan"]
