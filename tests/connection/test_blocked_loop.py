"""A handler that blocks the loop: nobody pays for it who was ready in time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from gomicro.connection.deadlines import LINGER
from tests.connection.harness import (
    GET,
    App,
    Clock,
    Peer,
    VirtualLoop,
    answering,
    make_service,
    ok,
    post,
    quiet,
    request,
    virtually,
)


def clock() -> Clock:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop.clock


def blocking(seconds: float, other: App) -> App:
    """An application that blocks on `/block`, and else is `other`."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/block":
            clock().now += seconds
            await answering(b"blocked")(scope, receive, send)
        else:
            await other(scope, receive, send)

    return app


BLOCK = request("GET", target="/block")


def play(app: App, main: Callable[[Any], Awaitable[None]]) -> list[Any]:
    async def run() -> None:
        await main(make_service(app))

    return virtually(run)


def test_requests_in_flight_whose_waits_are_over_are_answered() -> None:
    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.2)
        await answering()(scope, receive, send)

    async def main(service: Any) -> None:
        peers = [Peer(service) for _ in range(10)]
        for peer in peers:
            peer.wire.deliver(GET)
        await quiet()
        culprit = Peer(service)
        culprit.wire.deliver(BLOCK)
        await asyncio.sleep(0.5)
        assert [peer.sent() for peer in peers] == [ok()] * 10
        assert culprit.sent() == ok(b"blocked")
        for peer in (*peers, culprit):
            peer.wire.lose(None)

    assert "write deadline passed" not in [e["event"] for e in play(blocking(2, slow), main)]


def test_a_request_that_waits_in_the_kernel_is_served() -> None:
    async def main(service: Any) -> None:
        peers = [Peer(service) for _ in range(10)]
        culprit = Peer(service)
        culprit.wire.deliver(BLOCK)
        # What has come meanwhile is read in the turn after the one that was blocked.
        loop = asyncio.get_running_loop()
        for peer in peers:
            loop.call_soon(peer.wire.deliver, GET)
        await asyncio.sleep(0.1)
        assert [peer.sent() for peer in peers] == [ok()] * 10
        for peer in (*peers, culprit):
            peer.wire.lose(None)

    play(blocking(2, answering()), main)


def test_a_client_that_is_slow_in_its_own_right_is_cut() -> None:
    async def main(service: Any) -> None:
        peer, culprit = Peer(service), Peer(service)
        peer.wire.deliver(GET[:9])
        culprit.wire.deliver(BLOCK)
        await asyncio.sleep(9)
        closed_after = peer.closed_after()
        assert closed_after is not None
        assert closed_after <= 3 + LINGER
        culprit.wire.lose(None)

    play(blocking(2, answering()), main)


def test_the_line_of_a_cut_says_that_the_loop_was_late() -> None:
    async def stuck(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(100)

    async def reads(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass

    async def main(service: Any) -> None:
        peer, culprit = Peer(service), Peer(service)
        peer.wire.deliver(post(b"abc")[:-1])
        await quiet()
        culprit.wire.deliver(BLOCK)
        await asyncio.sleep(9)
        culprit.wire.lose(None)

    for app, event in ((reads, "read deadline passed"), (stuck, "write deadline passed")):
        entries = [e for e in play(blocking(2, app), main) if e["event"] == event]
        assert [round(entry["loop_late"]) for entry in entries] == [2]


def test_a_loop_that_is_not_late_is_not_mentioned() -> None:
    async def stuck(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(100)

    async def main(service: Any) -> None:
        peer = Peer(service)
        peer.wire.deliver(GET)
        await asyncio.sleep(9)

    (entry,) = [e for e in play(stuck, main) if e["event"] == "write deadline passed"]
    assert "loop_late" not in entry
