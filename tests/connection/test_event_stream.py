"""The write deadline over a stream of events: it stands while the peer has not taken a part."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.connection.harness import (
    END,
    GET,
    STALL,
    TAKE,
    App,
    Peer,
    Step,
    answering,
    head,
    make_service,
    ok,
    part,
    post,
    quiet,
    request,
    start,
    talk,
    virtually,
)

KB = 1024
EVENTS = [(b"content-type", b"text/event-stream")]
TICK = b"data: tick\n\n"


def ticking(
    *, every: float, times: int = 1000, size: int = 1, after: float = 0.0, fields: Any = EVENTS
) -> App:
    """An application that sends an event `every` so many seconds on `/`; on others it answers."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] != "/":
            await asyncio.sleep(float(scope["path"][1:]))
            await answering()(scope, receive, send)
            return
        await asyncio.sleep(after)
        await send(start(200, fields))
        for _ in range(times):
            await send(part(TICK * size))
            await asyncio.sleep(every)
        await send(part(b"", more=False))

    return app


def cut_after(app: App, *steps: Step, **options: Any) -> float | None:
    """When the connection ended, if a write deadline ended it."""
    story = talk(app, *steps, **options)
    if story.closed_after is not None:
        assert "write deadline passed" in story.events()
    return story.closed_after


def test_an_endless_stream_lives_where_another_response_is_cut() -> None:
    assert cut_after(ticking(every=0.4), GET, 100.0) is None
    assert cut_after(ticking(every=0.4, fields=[]), GET, 100.0) == 1


def test_a_stream_may_be_silent() -> None:
    story = talk(ticking(every=500), GET, 1200.0)
    assert story.closed_after is None
    assert story.answer.count(TICK) == 3


def test_before_it_begins_the_deadline_is_that_of_any_answer() -> None:
    assert cut_after(ticking(every=0.1, after=1.5), GET, 9.0) == 1
    assert cut_after(ticking(every=0.1, after=0.5), GET, 9.0) is None


def test_a_stream_that_is_given_whole_is_an_answer_as_any_other() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(1.5)
        await answering(TICK, headers=EVENTS)(scope, receive, send)

    assert cut_after(app, GET, 9.0) == 1


@pytest.mark.parametrize("size", [1, 100, 10 * KB], ids=["small parts", "parts", "paused"])
@pytest.mark.parametrize("every", [0.01, 0.5, 3.0])
def test_a_reader_that_stops_is_cut_a_deadline_after_the_first_part_it_left(
    every: float, size: int
) -> None:
    ended = cut_after(ticking(every=every, size=size), GET, 6.1, STALL, 60.0)
    first = 6 + every if every == 3 else 6.1
    assert ended is not None
    assert first + 1 <= ended <= first + 1 + every + 0.01


def test_what_is_cut_is_said_to_wait_for_the_client_and_its_handler_is_cancelled() -> None:
    cancelled: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await ticking(every=0.25)(scope, receive, send)
        except asyncio.CancelledError as error:
            cancelled.append(str(error))
            raise

    story = talk(app, GET, 5.0, STALL, 60.0)
    assert cancelled == ["the write deadline has passed"]
    late, line = story.entries
    assert (late["event"], late["waiting_for"]) == ("write deadline passed", "client")
    assert (line["event"], line["cut"]) == ("request", "write")


def test_without_a_write_deadline_nobody_is_cut() -> None:
    assert cut_after(ticking(every=0.1), GET, STALL, 60.0, write_timeout=0.0) is None


def test_a_slow_reader_lives_as_long_as_it_takes_what_comes() -> None:
    async def main() -> None:
        peer = Peer(make_service(ticking(every=0.5)))
        peer.wire.stuck = True
        await peer.send(GET)
        size = len(b"c\r\n" + TICK + b"\r\n")
        await asyncio.sleep(0.6)
        peer.wire.take(peer.wire.get_write_buffer_size() - size)
        for _ in range(100):
            await asyncio.sleep(0.5)
            peer.wire.take(size)
        assert not peer.wire.closed
        await asyncio.sleep(20)
        # From the last part that it took at the latest there is the deadline, once again.
        assert peer.closed_after() == pytest.approx(52.1, abs=1.1)

    virtually(main)


def test_a_reader_that_takes_a_little_does_not_hold_the_connection() -> None:
    async def main() -> None:
        peer = Peer(make_service(ticking(every=0.01, size=100)))
        peer.wire.stuck = True
        await peer.send(GET)
        for _ in range(90):
            await asyncio.sleep(0.05)
            if not peer.wire.closed:
                peer.wire.take(1)
        ended = peer.closed_after()
        assert ended is not None
        assert ended < 1.1

    virtually(main)


def test_a_stream_that_ends_leaves_the_connection_to_the_next_request_and_its_deadline() -> None:
    story = talk(ticking(every=1, times=5), GET, 20.0, request("GET", target="/3"), 9.0)
    assert story.answer.endswith(b"0\r\n\r\n")
    assert story.closed_after == 21


def test_a_request_that_was_sent_ahead_has_its_own_deadline() -> None:
    ahead = GET + request("GET", target="/0.5") + request("GET", target="/3")
    story = talk(ticking(every=1, times=5), ahead, 20.0)
    assert story.answer.endswith(b"0\r\n\r\n" + ok())
    assert story.closed_after == 6.5


@pytest.mark.parametrize("size", [1, 10 * KB], ids=["little", "much"])
def test_the_end_of_a_stream_has_to_be_taken_as_any_answer(size: int) -> None:
    app = ticking(every=3, times=3, size=size)
    steps: list[Step] = [GET, 8.9, STALL, 0.2]
    assert cut_after(app, *steps, 60.0) == 10
    assert cut_after(app, *steps, 0.5, TAKE, 60.0) is None


def test_the_last_parts_count_from_the_end_of_the_stream() -> None:
    app = ticking(every=0.3, times=3, size=10 * KB)
    assert cut_after(app, GET, 0.1, STALL, 60.0) == pytest.approx(1.3)


def test_a_client_of_http_1_0_has_a_stream_as_well() -> None:
    ask = b"GET / HTTP/1.0\r\n\r\n"
    assert cut_after(ticking(every=0.4), ask, 60.0) is None
    assert cut_after(ticking(every=0.4), ask, 5.0, STALL, 60.0) == pytest.approx(6.2)


def test_head_has_no_stream_to_wait_for() -> None:
    assert cut_after(ticking(every=0.4), request("HEAD"), 60.0) == 1


def test_a_body_that_is_still_to_come_has_the_read_deadline_beside_the_stream() -> None:
    story = talk(ticking(every=0.4), post(b"abc")[:-1], 60.0)
    assert story.events() == ["read deadline passed", "request"]
    assert story.closed_after is None
    assert story.answer.count(TICK) > 100
    assert cut_after(ticking(every=0.4), post(b"abc")[:-1], 5.0, STALL, 60.0) == pytest.approx(6.2)


def test_an_application_that_fails_in_its_stream_ends_it() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(200, EVENTS))
        await send(part(TICK))
        await asyncio.sleep(5)
        raise ValueError

    story = talk(app, GET, 60.0)
    assert story.closed_after == 5
    assert story.events() == ["application failed", "request"]


def test_a_blocked_loop_does_not_cut_who_takes_what_has_come() -> None:
    async def main() -> None:
        peer = Peer(make_service(ticking(every=0.5)))
        peer.wire.stuck = True
        await peer.send(GET)
        loop: Any = peer.loop
        loop.clock.now += 5  # a handler blocks the loop, which cannot send what the peer would take
        loop.call_soon(peer.wire.take)
        peer.wire.stuck = False
        await asyncio.sleep(60)
        assert not peer.wire.closed
        await quiet()

    virtually(main)


def test_a_stream_is_the_same_to_its_client() -> None:
    story = talk(ticking(every=2, times=2), GET, 9.0)
    assert story.answer == (
        head(b"200 OK", b"content-type: text/event-stream", b"transfer-encoding: chunked")
        + (b"c\r\n" + TICK + b"\r\n") * 2
        + b"0\r\n\r\n"
    )


@pytest.mark.parametrize("begun", [0.0, 0.5])
def test_a_peer_that_closes_its_side_ends_one_that_only_sends_with_the_next_part(
    begun: float,
) -> None:
    """An application that never calls `receive` cannot be told."""
    story = talk(ticking(every=2.0, times=5, after=begun), GET, 0.1, END, 50.0)
    assert story.closed_after == (begun or 2.0)
    assert story.answer.count(TICK) == (0 if begun else 1)
    (line,) = story.entries
    assert line["cut"] == "client"
