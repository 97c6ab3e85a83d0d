"""Long responses write one after another, one in each turn of the loop."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gomicro.connection.parts import WORTH
from gomicro.connection.turns import TURN, Turns
from tests.connection.harness import GET, Peer, make_service, part, start, virtually


def test_one_goes_on_in_each_turn_of_the_loop_in_their_order() -> None:
    async def main() -> None:
        turns = Turns()
        turn = 0
        went: list[tuple[str, int]] = []

        async def respond(name: str) -> None:
            for _ in range(3):
                await turns.wait()
                went.append((name, turn))

        waiting = [asyncio.create_task(respond(name)) for name in "abc"]
        while not all(task.done() for task in waiting):
            turn += 1
            await asyncio.sleep(0)
        names, at = zip(*went, strict=True)
        assert names == tuple("abc") * 3
        assert len(set(at)) == len(at)

    virtually(main)


def test_who_gives_up_waiting_holds_up_nobody() -> None:
    async def main() -> None:
        turns = Turns()
        first, second, third = [asyncio.create_task(turns.wait()) for _ in range(3)]
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.wait_for(asyncio.gather(first, third), 1)
        assert second.cancelled()
        await asyncio.wait_for(turns.wait(), 1)

    virtually(main)


def test_however_many_are_written_a_turn_of_the_loop_has_the_bytes_of_one() -> None:
    piece = b"x" * (TURN // 4)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start())
        for _ in range(16):
            await send(part(piece))
        await send(part(b"", more=False))

    async def main() -> None:
        service = make_service(app)
        peers = [Peer(service) for _ in range(5)]
        for peer in peers:
            peer.wire.deliver(GET)
        for _ in range(2):  # all have begun, and the first turn of each is over
            await asyncio.sleep(0)
        sizes = []
        while service.tasks:
            before = written(peers)
            await asyncio.sleep(0)
            sizes.append(written(peers) - before)
        assert TURN <= max(sizes) < TURN * 1.1
        assert written(peers) > len(peers) * 16 * len(piece)

    virtually(main)


@pytest.mark.parametrize("size", [100, TURN // 4, TURN - WORTH - 1])
def test_who_waits_between_its_parts_has_a_turn_for_each(size: int) -> None:
    """As a file does, of which each part is read in a thread."""
    piece = b"x" * size

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start())
        for _ in range(40):
            await send(part(piece))
            await asyncio.sleep(0)
        await send(part(b"", more=False))

    assert turns_of(app) <= 42


@pytest.mark.parametrize("piece", [b"", b"x"])
def test_small_parts_take_turns_as_well(piece: bytes) -> None:
    """What an application sends in a loop that never waits leaves time for others."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start())
        for _ in range(10 * TURN // WORTH):
            await send(part(piece))
        await send(part(b"", more=False))

    assert turns_of(app) >= 9


def test_who_sends_for_ever_stops_nobody_when_the_client_has_left() -> None:
    """Nothing that is sent waits then, and nothing is written: only others have their turn."""
    sent = 0

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal sent
        await send(start())
        while sent < 1000:
            await send(part(b"x" * 1000))
            sent += 1

    async def main() -> None:
        peer = Peer(make_service(app))
        peer.wire.deliver(GET)
        await asyncio.sleep(0)
        assert 0 < sent < 1000
        peer.wire.lose(ConnectionResetError())
        before = sent
        for turn in range(10):
            await asyncio.sleep(0)
            assert sent - before <= turn + 1
        assert sent > before
        await asyncio.sleep(1)

    virtually(main)


def test_a_response_that_sends_no_body_takes_turns_as_well() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start())
        for _ in range(40):
            await send(part(b"x" * TURN))
        await send(part(b"", more=False))

    assert turns_of(app, GET.replace(b"GET", b"HEAD")) >= 40


def turns_of(app: Any, request: bytes = GET) -> int:
    """How many turns of the loop an application needs for a request."""
    turns = 0

    async def main() -> None:
        nonlocal turns
        service = make_service(app)
        peer = Peer(service)
        peer.wire.deliver(request)
        await asyncio.sleep(0)
        while service.tasks:
            turns += 1
            await asyncio.sleep(0)

    virtually(main)
    return turns


def written(peers: list[Peer]) -> int:
    return sum(len(data) for peer in peers for data in peer.wire.written)
