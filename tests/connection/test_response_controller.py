"""ResponseController: one request's deadlines in the hands of its application."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from gomicro import ResponseController
from gomicro.connection.http1 import HTTP1
from gomicro.errors import NotSupportedError
from tests.connection.harness import (
    GET,
    LOST,
    STALL,
    App,
    Peer,
    Story,
    answering,
    echo,
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
from tests.connection.test_event_stream import EVENTS, TICK

KB = 1024
Act = Callable[[ResponseController], None]


def write_in(seconds: float | None) -> Act:
    return lambda controller: controller.set_write_deadline(seconds)


def read_in(seconds: float | None) -> Act:
    return lambda controller: controller.set_read_deadline(seconds)


def controlling(*acts: Act, then: float, before: float = 0.0, app: App | None = None) -> App:
    """An application that sets deadlines on `/`, waits, and answers; on `/N` it waits N seconds."""

    async def controlled(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] != "/":
            await asyncio.sleep(float(scope["path"][1:]))
        else:
            await asyncio.sleep(before)
            for act in acts:
                act(ResponseController(scope))
            await asyncio.sleep(then)
        await (app or answering())(scope, receive, send)

    return controlled


def wait(seconds: float) -> bytes:
    return request("GET", target=f"/{seconds}")


# Writing.


@pytest.mark.parametrize(
    ("acts", "then", "ends"),
    [
        pytest.param([], 5, 1, id="not set: the server's"),
        pytest.param([write_in(10)], 5, None, id="longer"),
        pytest.param([write_in(10)], 50, 10, id="longer, and passed"),
        pytest.param([write_in(0.5)], 5, 0.5, id="shorter"),
        pytest.param([write_in(None)], 50, None, id="none"),
        pytest.param([write_in(None), write_in(2)], 5, 2, id="the last one counts"),
        pytest.param([write_in(2), write_in(None)], 5, None, id="and may be none"),
        pytest.param([read_in(0.1)], 0.5, None, id="reading is another one"),
    ],
)
def test_the_write_deadline_of_a_request(acts: list[Act], then: float, ends: float | None) -> None:
    story = talk(controlling(*acts, then=then), GET, 100.0)
    assert story.closed_after == ends
    assert story.answer == (b"" if ends else ok())
    assert ("write deadline passed" in story.events()) == (ends is not None)


def test_it_counts_from_when_it_is_set() -> None:
    story = talk(controlling(write_in(3), before=0.9, then=50), GET, 100.0)
    assert story.closed_after == 3.9


@pytest.mark.parametrize("seconds", [0, -3])
@pytest.mark.parametrize("before", [0.0, 0.5], ids=["in its first step", "later"])
def test_a_deadline_that_has_passed_ends_the_response_at_once(
    seconds: float, before: float
) -> None:
    ended: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if before:
            await asyncio.sleep(before)
        ResponseController(scope).set_write_deadline(seconds)
        try:
            await answering()(scope, receive, send)  # goes nowhere
            await asyncio.sleep(50)
        except asyncio.CancelledError as error:
            ended.append(str(error))
            raise

    story = talk(app, GET, 100.0)
    assert (story.answer, story.closed_after) == (b"", before)
    assert ended == ["the write deadline has passed"]
    late, line = story.entries
    assert (late["write_timeout"], late["waiting_for"]) == (0, "handler")
    assert (line["status"], line["cut"]) == (0, "write")


def test_the_log_says_who_has_set_the_deadline() -> None:
    story = talk(controlling(write_in(3), then=50), GET, 100.0)
    (late, _) = story.entries
    assert late["write_timeout"] == 3
    assert late["hint"] == "the application has set it, with a ResponseController"
    app = controlling(read_in(3), then=50)
    (late, *_) = talk(app, post(b"abc")[:-1], 100.0, write_timeout=90.0).entries
    assert late["read_timeout"] == 3
    assert late["hint"] == "the application has set it, with a ResponseController"


def test_the_answer_has_to_be_taken_in_the_same_time() -> None:
    for size in (1, 500 * KB):
        long = controlling(write_in(7), then=0, app=answering(b"x" * size))
        assert talk(long, STALL, GET, 100.0).closed_after == 7
        never = controlling(write_in(None), then=0, app=answering(b"x" * size))
        story = talk(never, STALL, GET, 100.0, idle_timeout=1000.0)
        assert story.closed_after is None


# For one request only.


@pytest.mark.parametrize("act", [write_in(None), write_in(50), write_in(0.3)])
def test_the_next_request_has_the_servers_deadline(act: Act) -> None:
    app = controlling(act, then=0.1)
    for steps in ([GET + wait(5)], [GET, 20.0, wait(5)], [GET, 20.0, wait(5)[:9], wait(5)[9:]]):
        story = talk(app, *steps, 50.0)
        begun = 0.1 if len(steps) == 1 else 20
        assert (story.answer, story.closed_after) == (ok(), begun + 1)


def test_the_next_request_has_the_servers_deadline_for_its_body() -> None:
    app = controlling(read_in(50), then=0.1, app=echo)
    story = talk(app, post(b"abc"), 5.0, request("POST", "Content-Length: 3", target="/0"), 9.0)
    assert story.answer.startswith(ok(b"abc") + b"HTTP/1.1 400 ")
    assert story.closed_after is not None
    assert story.closed_after < 7


def test_a_refusal_of_the_next_request_has_the_servers_deadline_to_be_taken() -> None:
    story = talk(
        controlling(write_in(None), then=0.1), GET, 2.0, STALL, b"bad\r\n\r\n", 0.2, LOST, 9.0
    )
    assert story.closed_after == 2.2

    async def main() -> None:
        peer = Peer(make_service(controlling(write_in(None), then=0.1)), sslcontext=object())
        await peer.send(GET)
        await asyncio.sleep(2)
        peer.wire.stuck = True
        await peer.send(b"bad\r\n\r\n")
        await asyncio.sleep(9)
        assert peer.closed_after() == 3

    virtually(main)


def test_a_503_of_the_next_request_has_the_servers_deadline_to_be_taken() -> None:
    async def main() -> None:
        service = make_service(controlling(write_in(None), then=0.1), max_in_flight=1)
        peer = Peer(service)
        await peer.send(GET)
        await asyncio.sleep(5)
        await Peer(service).send(wait(0.9))
        peer.wire.stuck = True
        await peer.send(wait(0))
        assert peer.sent().startswith(ok() + b"HTTP/1.1 503 ")
        await asyncio.sleep(20)
        assert peer.closed_after() == 6

    virtually(main)


def test_of_an_earlier_request_nothing_can_be_set_in_a_later_one() -> None:
    kept: list[ResponseController] = []
    app = controlling(kept.append, then=0.0)

    async def main() -> None:
        peer = Peer(make_service(app))
        await peer.send(GET)
        await peer.send(wait(50))
        kept[0].set_write_deadline(None)
        kept[0].set_read_deadline(None)
        await asyncio.sleep(20)
        assert peer.closed_after() == 1

    virtually(main)


# Reading.


@pytest.mark.parametrize(
    ("acts", "answered"),
    [
        pytest.param([], 1.0, id="not set: the server's"),
        pytest.param([read_in(5)], 5.0, id="longer"),
        pytest.param([read_in(0.2)], 0.2, id="shorter"),
        pytest.param([read_in(0)], 0.0, id="has passed"),
        pytest.param([read_in(-1)], 0.0, id="has passed long ago"),
        pytest.param([read_in(None)], None, id="none"),
        pytest.param([read_in(0), read_in(9)], 0.0, id="one that has passed stays so"),
    ],
)
def test_the_read_deadline_of_a_request(acts: list[Act], answered: float | None) -> None:
    async def main() -> None:
        app = controlling(*acts, then=0, app=echo)
        peer = Peer(make_service(app, write_timeout=100.0))
        await peer.send(post(b"abc")[:-1])
        if answered is None:
            await asyncio.sleep(50)
            assert peer.sent() == b""
            await peer.send(b"c")
            assert peer.sent() == ok(b"abc")
            return
        await asyncio.sleep(answered - 0.01)
        assert peer.sent() == b"" or not answered
        await asyncio.sleep(0.02)
        assert b" 400 " in peer.sent()

    entries = virtually(main)
    assert (
        [e["event"] for e in entries if e["level"] == "warning"]
        == ([] if answered is None else ["read deadline passed"])
        if "level" in entries[0]
        else True
    )


def test_a_body_that_has_come_is_not_late() -> None:
    story = talk(controlling(read_in(0), then=0.5, app=echo), post(b"abc"), 3.0)
    assert story.answer == ok(b"abc")
    assert story.events() == ["request"]


# Streams of events.


@pytest.mark.parametrize("before", [0.0, 5.5], ids=["before it begins", "in it"])
def test_a_stream_of_events_has_the_deadline_that_is_set_instead_of_its_own(before: float) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if not before:
            ResponseController(scope).set_write_deadline(3)
        await send(start(200, EVENTS))
        await send(part(TICK))
        await asyncio.sleep(before)
        if before:
            ResponseController(scope).set_write_deadline(3)
        await ticking_on(send)

    async def ticking_on(send: Any) -> None:
        for _ in range(100):
            await send(part(TICK))
            await asyncio.sleep(1)

    assert talk(app, GET, 60.0).closed_after == before + 3


def test_a_deadline_may_be_moved_with_each_part_as_in_go() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(200))
        for number in range(10):
            ResponseController(scope).set_write_deadline(5)
            await send(part(TICK))
            await asyncio.sleep(4 if number < 9 else 40)

    assert talk(app, GET, 200.0).closed_after == 9 * 4 + 5


# Whoever uses it.


def test_it_may_be_used_from_another_task() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def set_it() -> None:
            await asyncio.sleep(0.5)
            ResponseController(scope).set_write_deadline(10)

        task = asyncio.create_task(set_it())
        await asyncio.sleep(5)
        await task
        await answering()(scope, receive, send)

    assert talk(app, GET, 20.0).answer == ok()


@pytest.mark.parametrize("copy", [dict, lambda scope: scope, lambda scope: {**scope, "path": "/x"}])
def test_it_knows_a_copy_of_the_scope(copy: Callable[[Any], Any]) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        ResponseController(copy(scope)).set_write_deadline(10)
        await asyncio.sleep(5)
        await answering()(scope, receive, send)

    assert talk(app, GET, 20.0).answer == ok()


def test_an_application_that_has_thrown_the_extensions_away_sets_nothing() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        controller = ResponseController(scope)
        del scope["extensions"]
        controller.set_write_deadline(10)
        await asyncio.sleep(5)

    assert talk(app, GET, 20.0).closed_after == 1


def starlette() -> Starlette:
    async def slow(request: Request) -> PlainTextResponse:
        ResponseController(request.scope).set_write_deadline(None)
        await asyncio.sleep(5)
        return PlainTextResponse("slow")

    return Starlette(routes=[Mount("/a", routes=[Route("/slow", slow)])])


def test_it_is_found_through_a_framework() -> None:
    story = talk(starlette(), request("GET", target="/a/slow"), 9.0)
    assert story.answer.endswith(b"\r\n\r\nslow")


def test_from_a_thread_it_takes_effect_in_the_loop() -> None:
    outcome: list[bytes] = []

    async def slow(request: Request) -> PlainTextResponse:
        await run_in_threadpool(ResponseController(request.scope).set_write_deadline, None)
        await asyncio.sleep(0.4)
        return PlainTextResponse("slow")

    async def main() -> None:
        app: Any = Starlette(routes=[Route("/", slow)])
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: HTTP1(make_service(app, write_timeout=0.2), loop), "127.0.0.1", 0
        )
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(request("GET", "Connection: close"))
            outcome.append(await reader.read())
            writer.close()

    asyncio.run(main())
    assert outcome[0].endswith(b"\r\n\r\nslow")


def test_from_a_thread_after_the_loop_has_ended_nothing_happens() -> None:
    kept: list[ResponseController] = []
    talk(controlling(kept.append, then=0), GET, 1.0)
    thread = threading.Thread(target=kept[0].set_write_deadline, args=(5,))
    thread.start()
    thread.join()
    kept[0].set_read_deadline(None)


@pytest.mark.parametrize("bad", ["5", [5], b"5"])
def test_what_is_no_number_is_told_where_it_is_given(bad: Any) -> None:
    raised: list[str] = []

    def give(controller: ResponseController) -> None:
        for set_deadline in (controller.set_read_deadline, controller.set_write_deadline):
            try:
                set_deadline(bad)
            except TypeError as error:
                raised.append(str(error))

    def give_here_and_in_a_thread(controller: ResponseController) -> None:
        give(controller)
        thread = threading.Thread(target=give, args=(controller,))
        thread.start()
        thread.join()

    talk(controlling(give_here_and_in_a_thread, then=0), GET, 1.0)
    assert raised == [f"a deadline is in seconds or None, not {bad!r}"] * 4


# When there is nothing to set.


def after(*, respond: bool) -> Callable[[], Story]:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        controller = ResponseController(scope)
        if respond:
            await answering()(scope, receive, send)
        await asyncio.sleep(2)
        for seconds in (None, 5, 0):
            controller.set_write_deadline(seconds)
            controller.set_read_deadline(seconds)

    return lambda: talk(app, GET, 0.5, *([] if respond else [LOST]), 20.0)


@pytest.mark.parametrize("respond", [True, False], ids=["answered", "lost"])
def test_after_the_end_nothing_happens(respond: bool) -> None:
    story = after(respond=respond)()
    assert story.closed_after == (None if respond else 0.5)
    assert [event for event in story.events() if event != "request"] == []


def test_when_the_response_is_complete_the_rest_of_the_body_has_the_servers_deadline() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start())
        await send(part(b"a"))
        await send(part(b"", more=False))
        ResponseController(scope).set_read_deadline(None)

    story = talk(app, post(b"abc")[:-1], 20.0)
    assert story.events() == ["request"]
    assert 1.0 <= story.entries[0]["duration"] < 1.1


@pytest.mark.parametrize(
    "scope",
    [
        pytest.param({"type": "http"}, id="another server"),
        pytest.param({"type": "http", "extensions": {"http.response.debug": {}}}, id="extensions"),
        pytest.param({"type": "websocket", "extensions": {}}, id="a WebSocket"),
        pytest.param({"type": "http", "extensions": None}, id="none"),
    ],
)
def test_a_scope_that_is_not_of_a_request_of_gomicros_is_an_error(scope: Any) -> None:
    with pytest.raises(NotSupportedError, match="it is served by another server"):
        ResponseController(scope)


class OnlyHere(str):
    """Text that can be told from other such text by a weak reference, as a connection cannot."""


@pytest.mark.parametrize("parts", [0, 1, 3])
def test_what_is_lost_while_it_is_served_is_left_to_nobody(parts: int) -> None:
    lost: list[weakref.ref[Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        ResponseController(scope).set_write_deadline(None)
        await send(start())
        for _ in range(parts):
            await send(part(b"a"))
        while (await receive())["type"] != "http.disconnect":
            pass

    async def main() -> None:
        peer = Peer(make_service(app))
        await peer.send(GET)
        scheme = OnlyHere(peer.connection.scheme)
        lost.append(weakref.ref(scheme))
        peer.connection.scheme = scheme
        del scheme
        peer.wire.lose(None)
        await quiet()
        del peer.connection
        peer.wire.server = asyncio.Protocol()
        assert lost[0]() is None

    gc.disable()
    try:
        virtually(main)
    finally:
        gc.enable()
