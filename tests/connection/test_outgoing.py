"""Answers of one turn of the loop leave together, unless somebody would be late by that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from gomicro.connection.arrivals import FEW
from gomicro.connection.outgoing import ALONE, ALONE_LONG, BLOCKED, LONGEST, SLOW
from gomicro.connection.phase import Phase
from tests.connection.harness import (
    GET,
    App,
    Peer,
    answering,
    ok,
    part,
    quiet,
    request,
    start,
    undated,
)
from tests.connection.test_arrivals import deliver, fail_once, irreplaceable
from tests.connection.test_overload import clock, play
from tests.connection.test_websocket import HANDSHAKE, PROTOCOLS


def watched(takes: Callable[[str], float] = lambda path: 0.0) -> tuple[App, list[list[str]]]:
    """An application that answers, and notes which of the others' answers are written before it
    begins. `takes`: seconds for a path.
    """
    seen: list[list[str]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append([path for path, peer in peers.items() if peer.wire.written])
        clock().now += takes(scope["path"])
        await answering()(scope, receive, send)

    peers: dict[str, Peer] = {}
    app.__dict__["peers"] = peers
    return app, seen


def asked(app: App, service: Any, many: int) -> list[Peer]:
    peers = deliver(service, many)
    app.__dict__["peers"].clear()
    app.__dict__["peers"].update({f"/{number}": peer for number, peer in enumerate(peers)})
    return peers


def test_answers_are_written_when_all_requests_of_the_turn_have_begun() -> None:
    app, seen = watched()

    async def main(service: Any) -> None:
        peers = asked(app, service, 10)
        await quiet()
        assert seen == [[]] * 10
        assert [peer.sent() for peer in peers] == [ok()] * 10
        assert [len(peer.wire.written) for peer in peers] == [1] * 10

    play(app, main)


def test_where_few_came_each_is_written_at_once() -> None:
    app, seen = watched()

    async def main(service: Any) -> None:
        idle = [Peer(service) for _ in range(FEW)]
        peers = asked(app, service, FEW - 1)
        await quiet()
        assert [len(written) for written in seen] == list(range(FEW - 1))
        assert [peer.sent() for peer in peers] == [ok()] * (FEW - 1)
        assert [peer.sent() for peer in idle] == [b""] * FEW

    play(app, main)


def test_nothing_waits_longer_than_a_moment_for_quick_handlers() -> None:
    takes = LONGEST / 10
    app, seen = watched(lambda path: takes)

    async def main(service: Any) -> None:
        asked(app, service, 40)
        await quiet()
        waiting = [begun - len(written) for begun, written in enumerate(seen)]
        assert max(waiting) == 10
        assert [begun for begun, many in enumerate(waiting) if many == 0] == [0, 11, 22, 33]

    play(app, main)


@pytest.mark.parametrize(
    ("blocked", "alone"),
    [
        pytest.param(0.01, 0.01 * ALONE, id="slow"),
        pytest.param(BLOCKED * 1.1, ALONE_LONG, id="blocked"),
        pytest.param(3.0, 3.0 * ALONE, id="blocked for long"),
    ],
)
def test_after_a_slow_handler_each_is_written_at_once_for_a_while(
    blocked: float, alone: float
) -> None:
    """Who blocks the loop makes those late that were ready before, and only once."""
    app, seen = watched(lambda path: blocked if path == "/7" else 0.0)

    async def main(service: Any) -> None:
        peers = asked(app, service, 10)
        await quiet()
        assert [len(written) for written in seen] == [*[0] * 8, 8, 9]
        late = [peer.wire.written_at for peer in peers]
        assert late == [clock().now] * 10
        for wait, together in [(0.0, False), (alone - 0.1, False), (0.2, True)]:
            await asyncio.sleep(wait)
            seen.clear()
            asked(app, service, 7)
            await quiet()
            expected = [0] * 7 if together else [*range(7)]
            assert [len(written) for written in seen] == expected

    play(app, main, max_lag=0)


def test_where_handlers_are_not_quick_each_is_written_at_once() -> None:
    app, seen = watched(lambda path: SLOW * 1.1)

    async def main(service: Any) -> None:
        asked(app, service, 10)
        await quiet()
        assert [len(written) for written in seen] == [0, 0, 0, 0, 4, 5, 6, 7, 8, 9]

    play(app, main)


def test_handlers_that_do_not_answer_are_not_waited_for() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        clock().now += SLOW
        await asyncio.sleep(0.5)
        await answering()(scope, receive, send)

    async def main(service: Any) -> None:
        peers = deliver(service, 10)
        await quiet()
        assert not service.outgoing.together
        service.outgoing.begin()
        assert not service.outgoing.together
        await asyncio.sleep(2)
        assert [peer.sent() for peer in peers] == [ok()] * 10

    play(app, main)


@pytest.mark.parametrize("later", [0.0, 0.1])
def test_an_answer_that_is_ready_later_is_written_then(later: float) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/3":
            await asyncio.sleep(later)
        await answering()(scope, receive, send)

    async def main(service: Any) -> None:
        peers = deliver(service, 10)
        began = clock().now
        await asyncio.sleep(0.2)
        late = [peer.wire.written_at - began for peer in peers]
        assert late == pytest.approx([*[0.0] * 3, later, *[0.0] * 6], abs=0.001)

    play(app, main)


@pytest.mark.parametrize("phase", [Phase.DRAINING, Phase.HURRYING])
def test_a_service_that_stops_in_between_writes_what_is_ready(phase: Phase) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/5":
            service = services[0]
            service.phase = phase
            for peer in peers:
                peer.connection.leave()
        await answering()(scope, receive, send)

    services: list[Any] = []
    peers: list[Peer] = []

    async def main(service: Any) -> None:
        services.append(service)
        peers.extend(deliver(service, 10))
        await quiet()
        assert all(peer.sent().startswith(b"HTTP/1.1 200 ") for peer in peers)
        assert [peer.sent() for peer in peers[:5]] == [ok()] * 5

    play(app, main)


def test_a_grace_that_is_used_up_in_between_loses_no_answer_that_is_ready() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/5":
            for connection in list(services[0].connections):
                connection.cut("grace")
        await answering()(scope, receive, send)

    services: list[Any] = []

    async def main(service: Any) -> None:
        services.append(service)
        peers = deliver(service, 10)
        await quiet()
        assert [peer.sent() for peer in peers[:5]] == [ok()] * 5
        assert all(peer.wire.aborted for peer in peers)

    play(app, main)


@irreplaceable
def test_an_exception_that_ends_the_turn_leaves_no_answer_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def main(service: Any) -> None:
        fail_once(monkeypatch, service, 9)
        peers = deliver(service, 10)
        await quiet()
        assert [peer.sent() for peer in peers] == [*[ok()] * 9, b""]

    play(answering(), main)


def test_a_transport_that_fails_is_dropped_and_all_others_are_written() -> None:
    async def main(service: Any) -> None:
        told: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        peers = deliver(service, 10)
        for number in (3, 9):
            peers[number].wire.half_closed = True  # a transport refuses to write after that
        await quiet()
        assert [peer.sent() for peer in peers] == [*[ok()] * 3, b"", *[ok()] * 5, b""]
        assert [peer.wire.aborted for peer in peers] == [n in (3, 9) for n in range(10)]
        assert len(told) == 1

    play(answering(), main)


def test_a_connection_that_is_lost_meanwhile_gets_nothing_and_disturbs_nobody() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/5":
            peers[2].wire.abort()
        await answering()(scope, receive, send)

    peers: list[Peer] = []

    async def main(service: Any) -> None:
        peers.extend(deliver(service, 10))
        await quiet()
        assert [peer.sent() for peer in peers] == [*[ok()] * 2, b"", *[ok()] * 7]

    play(app, main)


async def of_all_kinds(scope: Any, receive: Any, send: Any) -> None:
    """An application whose answer depends on the path."""
    path = scope["path"]
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": "hello"})
        await receive()
    elif path == "/error":
        raise ZeroDivisionError
    elif path == "/parts":
        await send(start())
        for body in (b"a", b"b", b"c"):
            await send(part(body))
        await send(part(b"", more=False))
    elif path == "/later":
        await asyncio.sleep(0.01)
        await answering()(scope, receive, send)
    else:
        body = bytes(100_000) if path == "/large" else path.encode()
        await answering(body)(scope, receive, send)


BEHIND = {
    "another": request("GET", target="/next") * 3,
    "the last": request("GET", "Connection: close"),
    "bad": b"BAD\r\n\r\n",
    "of HTTP/1.0": b"GET / HTTP/1.0\r\n\r\n",
    "in parts": request("GET", target="/parts"),
    "long": request("GET", target="/large"),
    "without a body": request("HEAD"),
    "waiting": request("GET", target="/later"),
    "failing": request("GET", target="/error"),
    "asked for its body": request("POST", "Expect: 100-continue", "Content-Length: 3"),
    "cut short": request("POST", "Content-Length: 10") + b"abc",
    "an upgrade": request("GET", *HANDSHAKE),
    "a bad upgrade": request("GET", *HANDSHAKE[:2], "Sec-WebSocket-Version: 13"),
    "an upgrade with a bad frame": request("GET", *HANDSHAKE) + b"garbage",
}


@pytest.mark.parametrize("kind", BEHIND)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_whatever_is_behind_a_request_is_answered_after_it(protocol: str, kind: str) -> None:
    """In company a connection gets what it gets alone."""
    data = request("GET", target="/first") + BEHIND[kind]
    got: list[bytes] = []

    def play_on(many: int) -> Callable[[Any], Any]:
        async def main(service: Any) -> None:
            peers = [Peer(service) for _ in range(many)]
            for peer in peers:
                peer.wire.deliver(data)
            await asyncio.sleep(1)
            got.extend(undated(peer.sent()) for peer in peers)

        return main

    play(of_all_kinds, play_on(1), websockets=protocol)
    play(of_all_kinds, play_on(5), websockets=protocol)
    alone, *others = got
    assert alone.startswith(ok(b"/first"))
    assert others == [alone] * 5


def test_requests_behind_the_first_are_answered_in_their_order() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await answering(scope["path"].encode())(scope, receive, send)

    async def main(service: Any) -> None:
        peers = [Peer(service) for _ in range(10)]
        for peer in peers:
            peer.wire.deliver(GET + request("GET", target="/next"))
        await quiet()
        for peer in peers:
            first, second = peer.sent().split(b"HTTP/1.1 200 ")[1:]
            assert first.endswith(b"\r\n\r\n/")
            assert second.endswith(b"\r\n\r\n/next")

    play(app, main)
