"""The requests in flight, as they are seen from outside."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gomicro.connection.service import Service
from gomicro.watch.requests import Seen, seen
from gomicro.watch.routes import route_of
from gomicro.watch.stacks import stacks
from tests.connection.harness import (
    GET,
    Peer,
    answering,
    make_service,
    part,
    post,
    start,
    virtually,
)

HERE = threading.get_ident()


async def waits() -> None:
    await asyncio.sleep(5)


async def slow(scope: Any, receive: Any, send: Any) -> None:
    await waits()
    await answering()(scope, receive, send)


def watched(app: Any, main: Callable[[Service], Awaitable[None]], **options: Any) -> None:
    async def run() -> None:
        await main(make_service(app, **{"write_timeout": 8.0, **options}))

    virtually(run)


def functions(one: Seen) -> list[str]:
    return [place.rpartition(" ")[2] for place in one.awaits]


def test_a_request_is_told_with_its_age_its_deadline_and_where_it_awaits() -> None:
    async def main(service: Service) -> None:
        peer = Peer(service)
        await peer.send(GET)
        await asyncio.sleep(1.25)
        [one] = seen(service, HERE)
        assert (one.method, one.path, one.client) == ("GET", "/", "10.0.0.1:4711")
        assert (one.age, one.left, one.deadline) == (1.25, 6.75, "write_timeout")
        assert one.state == "answer, silent"
        assert functions(one) == ["slow", "waits", "sleep"]
        assert one.awaits[0].startswith(f"{__file__}:")
        peer.wire.lose(None)
        await asyncio.sleep(5)

    watched(slow, main)


def test_the_oldest_is_told_first() -> None:
    async def main(service: Service) -> None:
        for _ in range(2):
            await Peer(service).send(GET)
            await asyncio.sleep(1)
        assert [round(one.age or 0) for one in seen(service, HERE)] == [2, 1]
        await asyncio.sleep(6)

    watched(slow, main)


def test_where_no_deadline_stands_none_is_told() -> None:
    async def main(service: Service) -> None:
        await Peer(service).send(GET)
        [one] = seen(service, HERE)
        assert (one.left, one.deadline) == (None, "")
        await asyncio.sleep(6)

    watched(slow, main, write_timeout=0)


def test_a_request_that_runs_is_told_with_its_calls() -> None:
    found: list[Seen] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for step in range(2):
            look()
            if step == 0:
                await asyncio.sleep(0.1)
        await answering()(scope, receive, send)

    def look() -> None:
        found.extend(seen(services[0], HERE))

    services: list[Service] = []

    async def main(service: Service) -> None:
        services.append(service)
        await Peer(service).send(GET)
        await asyncio.sleep(1)

    watched(app, main)
    assert len(found) == 2  # in its first step, and later
    for one in found:
        names = functions(one)
        assert names[0].endswith(".app")
        assert names[1].endswith(".look")
        assert "run" not in names


def test_the_state_tells_both_sides() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start())
        await send(part(b"some"))
        await receive()
        await receive()
        await send(part(b"", more=False))

    async def main(service: Service) -> None:
        peer = Peer(service)
        await peer.send(post(b"abc")[:-1])
        [one] = seen(service, HERE)
        assert one.state == "body, sending"
        await peer.send(b"c")

    watched(app, main)


def test_what_goes_on_after_its_response_is_told_as_that() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await answering()(scope, receive, send)
        await waits()

    async def main(service: Service) -> None:
        await Peer(service).send(GET)
        [one] = seen(service, HERE)
        assert (one.state, one.age, one.client) == ("after the response", None, "")
        assert functions(one) == ["app", "waits", "sleep"] or functions(one)[-1] == "sleep"
        await asyncio.sleep(6)

    watched(app, main)


def test_a_websocket_is_told_as_that() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await waits()

    handshake = (
        b"GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )

    async def run() -> None:
        service = make_service(app, websockets="wsproto")
        peer = Peer(service)
        await peer.send(handshake)
        await asyncio.sleep(0.1)
        [one] = seen(service, HERE)
        assert (one.path, one.state) == ("/ws", "websocket")
        peer.wire.lose(None)
        await asyncio.sleep(6)

    virtually(run)


def test_requests_are_among_the_stacks_with_their_age_and_task() -> None:
    async def main(service: Service) -> None:
        await Peer(service).send(GET)
        await asyncio.sleep(1.5)
        text = stacks(asyncio.get_running_loop(), service)
        line = next(line for line in text.splitlines() if line.startswith("request "))
        about, _, task = line.rpartition(": ")
        assert about == "request GET '/' from 10.0.0.1:4711, 1.500 s old"
        assert f"\n{task}, waiting for a Future:\n" in text
        await asyncio.sleep(6)

    watched(slow, main)


def test_a_request_in_its_first_step_is_among_the_stacks() -> None:
    said: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        said.append(stacks(None, services[0]))
        await answering()(scope, receive, send)

    services: list[Service] = []

    async def main(service: Service) -> None:
        services.append(service)
        await Peer(service).send(GET)

    watched(app, main)
    where = "in its first step" if sys.version_info >= (3, 12) else "task Task-"
    assert f"0.000 s old: {where}" in said[0]


def test_one_that_has_ended_meanwhile_is_left_out() -> None:
    async def main(service: Service) -> None:
        peer = Peer(service)
        await peer.send(GET)
        kept = peer.connection.stream.exchange
        del peer.connection.stream.exchange  # as the loop's thread may, between two looks
        assert [one.state for one in seen(service, HERE)] == ["after the response"]
        peer.connection.stream.exchange = kept
        await asyncio.sleep(6)

    watched(slow, main)


class Route:
    def __init__(self, path: object) -> None:
        self.path = path


@pytest.mark.parametrize(
    ("scope", "route"),
    [
        ({}, ""),
        ({"route": "GET example.com/users/{id}"}, "/users/{id}"),
        ({"route": "/"}, "/"),
        ({"route": "nonsense"}, ""),
        ({"route": Route("/items/{item}")}, "/items/{item}"),
        ({"route": Route(None)}, ""),
        ({"route": object()}, ""),
        ({"path_template": "/books/{book:int}"}, "/books/{book:int}"),
        ({"path_template": ""}, ""),
        ({"route": None, "path_template": "/a"}, "/a"),
    ],
)
def test_a_route_is_the_pattern_that_matched(scope: dict[str, Any], route: str) -> None:
    assert route_of(scope) == route


def test_looking_from_another_thread_finds_the_same() -> None:
    async def main() -> None:
        service = make_service(slow)
        await Peer(service).send(GET)
        found = await asyncio.to_thread(lambda: _functions_seen(service))
        assert found == [["slow", "waits", "sleep"]]
        for task in list(service.tasks):
            task.cancel()
        await asyncio.sleep(0)

    asyncio.run(main())


def _functions_seen(service: Service) -> list[list[str]]:
    return [functions(one) for one in seen(service, HERE)]
