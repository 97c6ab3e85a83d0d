"""Parts of a response that are sent in one turn of the loop leave in few writes; all of them do."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gomicro.connection.parts import MOST_WAITING
from tests.connection.harness import (
    GET,
    App,
    Peer,
    make_service,
    part,
    start,
    talk,
    virtually,
)

EVENTS = [(b"content-type", b"text/event-stream")]
END = b"0\r\n\r\n"


def chunks(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)


def writes_of(app: App, data: bytes = GET, seconds: float = 1.0) -> list[bytes]:
    """What was written for a request, a write each, the head of the first left out."""
    written: list[bytes] = []

    async def main() -> None:
        peer = Peer(make_service(app))
        await peer.send(data)
        await asyncio.sleep(seconds)
        written[:] = peer.wire.written
        peer.wire.lose(None)

    virtually(main)
    return [written[0].partition(b"\r\n\r\n")[2], *written[1:]]


def test_the_first_two_of_a_turn_go_at_once_and_the_others_at_its_end() -> None:
    """The first with the head, the second since there may be no other."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start())
        for bodies in (b"abcd", b"ef", b"g", b"hij"):
            for body in bodies:
                await send(part(bytes((body,))))
                await send(part(b""))
            await asyncio.sleep(0)
        await asyncio.Event().wait()

    expected = [[b"a"], [b"b"], [b"c", b"d"], [b"e"], [b"f"], [b"g"], [b"h"], [b"i", b"j"]]
    assert writes_of(app) == [chunks(*parts) for parts in expected]


def test_the_last_one_goes_at_once_with_all_before_it() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start())
        for body in (b"a", b"b", b"c", b"d"):
            await send(part(body))
        await send(part(b"e", more=False))

    first, second, rest = writes_of(app)
    assert (first, second, rest) == (chunks(b"a"), chunks(b"b"), chunks(b"c", b"d", b"e") + END)
    story = talk(app, GET * 3)
    assert story.answer.split(b"\r\n\r\n", 1)[1].count(END) == 3
    assert story.answer.count(chunks(b"a", b"b", b"c", b"d", b"e") + END) == 3


@pytest.mark.parametrize(
    ("size", "writes"), [(1, 3), (MOST_WAITING // 4, 6), (MOST_WAITING, 17), (MOST_WAITING + 1, 17)]
)
def test_few_bytes_wait(size: int, writes: int) -> None:
    body = b"x" * size

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start())
        for _ in range(16):
            await send(part(body))
        await send(part(b"", more=False))

    written = writes_of(app)
    assert len(written) == writes
    assert b"".join(written) == chunks(*[body] * 16) + END


def test_what_was_sent_before_an_exception_reaches_the_client() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start())
        for body in (b"a", b"b", b"c", b"d"):
            await send(part(body))
        raise RuntimeError

    story = talk(app, GET)
    assert story.answer.endswith(chunks(b"a", b"b", b"c", b"d"))
    assert story.closed_after is not None


def test_what_was_sent_before_more_than_was_announced_reaches_the_client() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(headers=[(b"content-length", b"4")]))
        for body in (b"a", b"b", b"c", b"de"):
            await send(part(body))

    assert talk(app, GET).answer.endswith(b"\r\n\r\nabc")


def test_a_connection_that_is_lost_in_the_turn_takes_no_more() -> None:
    sent: list[bytes] = []

    async def main() -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send(start())
            for body in (b"a", b"b", b"c", b"d"):
                await send(part(body))
                if body == b"c":
                    sent.extend(peer.wire.written)
                    peer.wire.lose(ConnectionResetError())
            await send(part(b"e", more=False))

        peer = Peer(make_service(app))
        await peer.send(GET)
        assert peer.wire.written == sent

    virtually(main)


def test_the_deadline_of_a_stream_of_events_counts_from_all_of_a_turn() -> None:
    """A reader that stops is cut, however its parts came; one that takes them is not."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(headers=EVENTS))
        for _ in range(20):
            for body in (b"a", b"b", b"c", b"d"):
                await send(part(body))
            await asyncio.sleep(1)
        await send(part(b"", more=False))

    async def main() -> None:
        peer = Peer(make_service(app, write_timeout=3))
        await peer.send(GET)
        await asyncio.sleep(10.5)
        assert peer.closed_after() is None
        peer.wire.stuck = True
        await asyncio.sleep(10)
        assert peer.closed_after() == pytest.approx(11 + 3, abs=0.1)

    virtually(main)
