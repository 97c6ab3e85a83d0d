"""A peer that has stopped reading: what it sends meanwhile, however cut, makes no difference."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.connection.harness import (
    END,
    GET,
    STALL,
    TAKE,
    Peer,
    Step,
    Story,
    answering,
    make_service,
    ok,
    post,
    quiet,
    request,
    talk,
    virtually,
)

KB = 1024
LONG = b"x" * 500 * KB


async def long_or_short(scope: Any, receive: Any, send: Any) -> None:
    """A long answer on `/long`; any other is its path."""
    body = LONG if scope["path"] == "/long" else scope["path"].encode()
    await answering(body)(scope, receive, send)


ASK = request("GET", target="/long")


def told(story: Story) -> tuple[Any, ...]:
    return story.answer, story.closed_after, story.events()


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("after", [GET, GET * 3, post(b"abc"), GET[:9]])
@pytest.mark.parametrize("rest", [[5.0], [0.5, TAKE, 5.0], [END, 5.0], [0.5, TAKE, END, 1.0]])
def test_a_request_that_comes_meanwhile_does_the_same_however_it_is_cut(
    after: bytes, size: int, rest: list[Step]
) -> None:
    pieces = [after[i : i + size] for i in range(0, len(after), size)]
    whole = talk(long_or_short, STALL, ASK, 0.2, after, *rest)
    cut = talk(long_or_short, STALL, ASK, 0.2, *pieces, *rest)
    assert told(cut) == told(whole)


def test_the_next_request_begins_when_the_answer_before_it_is_taken() -> None:
    async def main() -> None:
        peer = Peer(make_service(long_or_short))
        peer.wire.stuck = True
        await peer.send(ASK)
        assert peer.connection.state.name == "FLUSH"
        await peer.send(GET)
        assert peer.sent() == ok(LONG)
        peer.wire.take()
        await quiet()
        assert peer.sent() == ok(LONG) + ok(b"/")
        peer.wire.lose(None)

    virtually(main)


@pytest.mark.parametrize("after", [b"", GET, GET * 9])
def test_the_peer_is_cut_when_its_own_answer_is_late_whatever_it_sends(after: bytes) -> None:
    story = talk(long_or_short, STALL, ASK, 0.8, *([after] if after else []), 5.0)
    assert story.closed_after == 1
    assert story.answer == ok(LONG)


@pytest.mark.parametrize(
    "ask", [ASK, request("GET", target="/short")], ids=["paused", "not paused"]
)
def test_what_it_sends_is_kept_within_bounds(ask: bytes) -> None:
    async def main() -> None:
        peer = Peer(make_service(long_or_short, write_timeout=30.0, read_timeout=30.0))
        peer.wire.stuck = True
        await peer.send(ask)
        most = 0
        for _ in range(1000):
            await peer.send(b"a" * 64 * KB)
            most = max(most, peer.connection.reader.waiting)
        assert 64 * KB < most <= 1024 * KB + 4096  # as much as a head may have
        peer.wire.lose(None)

    virtually(main)


def test_a_short_answer_that_is_never_taken_is_found_by_the_timer() -> None:
    async def main() -> None:
        peer = Peer(make_service(long_or_short, write_timeout=3.0))
        peer.wire.stuck = True
        await peer.send(GET)
        assert peer.connection.state.name == "IDLE"
        await asyncio.sleep(2)
        assert peer.connection.state.name == "FLUSH"
        await asyncio.sleep(9)
        assert peer.closed_after() == 3

    entries = virtually(main)
    assert [entry["event"] for entry in entries] == ["request", "write deadline passed"]


def test_a_short_answer_that_is_taken_late_leaves_the_idle_time() -> None:
    async def main() -> None:
        peer = Peer(make_service(long_or_short, write_timeout=30.0, idle_timeout=10.0))
        peer.wire.stuck = True
        await peer.send(GET)
        await asyncio.sleep(5)
        peer.wire.stuck = False
        peer.wire.take()
        await peer.send(GET)
        await asyncio.sleep(100)
        assert peer.sent() == ok(b"/") * 2
        assert peer.closed_after() == 15

    virtually(main)


def test_without_a_write_deadline_it_is_closed_after_the_idle_time_when_it_has_read() -> None:
    options = {"write_timeout": 0.0, "idle_timeout": 10.0}
    assert talk(long_or_short, STALL, ASK, 99.0, **options).closed_after is None
    assert talk(long_or_short, STALL, ASK, 99.0, TAKE, **options).closed_after == 99
