"""MaxBytesHandler, on the engine in virtual time."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from gomicro import MaxBytesHandler
from tests.connection.harness import answering, echo, ok, part, post, request, start, talk
from tests.handlers.test_handlers import exchange
from tests.handlers.test_handlers import request as body


def test_who_waits_for_100_continue_is_refused_before_it_sends() -> None:
    ask = request("POST", "Content-Length: 11", "Expect: 100-continue")
    story = talk(MaxBytesHandler(echo, 10), ask, 0.1)
    assert story.answer.startswith(b"HTTP/1.1 413 ")
    assert b"\r\nconnection: close\r\n" in story.answer
    ask = request("POST", "Content-Length: 10", "Expect: 100-continue")
    story = talk(MaxBytesHandler(echo, 10), ask, 0.1, b"a" * 10, 0.1)
    assert story.answer == b"HTTP/1.1 100 Continue\r\n\r\n" + ok(b"a" * 10)


def test_a_framework_that_cannot_read_on_makes_no_noise() -> None:
    async def upload(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(len(await request.body())))

    app: Any = Starlette(routes=[Route("/", upload, methods=["POST"])])
    story = talk(MaxBytesHandler(app, 10), post(b"a" * 11), 0.1)
    assert story.answer.startswith(b"HTTP/1.1 413 ")
    assert story.events() == ["request"]
    assert talk(MaxBytesHandler(app, 10), post(b"a" * 10), 0.1).answer.endswith(b"\r\n\r\n10")


def test_what_the_application_sends_after_the_413_goes_nowhere() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        for _ in range(3):
            assert (await receive())["type"] == "http.disconnect"
        await answering(b"late")(scope, receive, send)

    story = talk(MaxBytesHandler(app, 2), post(b"abc"), 0.1)
    assert story.answer.count(b"HTTP/1.1 ") == 1
    assert story.answer.endswith(b"\r\n\r\n413 Request Entity Too Large")


def test_an_application_that_has_begun_to_answer_is_told_and_ends_its_answer() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(200))
        await send(part(b"begun"))
        kinds = [(await receive())["type"] for _ in range(2)]
        await send(part(" ".join(kinds).encode(), more=False))

    story = talk(MaxBytesHandler(app, 2), post(b"abc"), 0.1)
    assert story.answer.startswith(b"HTTP/1.1 200 ")
    assert b"http.disconnect http.disconnect" in story.answer


def test_what_the_application_raises_without_it_is_raised() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise ValueError("its own")

    with pytest.raises(ValueError, match="its own"):
        exchange(MaxBytesHandler(app, 2), scope={"type": "http", "headers": []})


def test_parts_count_together() -> None:
    scope = {"type": "http", "headers": [(b"content-length", b"nonsense")]}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    parts = [body(b"ab", more=True), body(b"c", more=True), {"type": "http.request"}]
    sent = exchange(MaxBytesHandler(app, 2), *parts, scope=scope)
    assert (sent[0]["status"], sent[-1]) == (413, {"unread": 1})
    sent = exchange(MaxBytesHandler(app, 3), *parts, {"type": "http.disconnect"}, scope=scope)
    assert sent == [{"unread": 0}]


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
def test_other_scopes_pass_through(kind: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": f"{scope['type']}.seen"})

    assert exchange(MaxBytesHandler(app, 0), scope={"type": kind})[0] == {"type": f"{kind}.seen"}
