"""TimeoutHandler, on the engine in virtual time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gomicro import TimeoutHandler
from tests.connection.harness import (
    GET,
    LOST,
    App,
    answering,
    echo,
    ok,
    part,
    post,
    start,
    talk,
)
from tests.handlers.test_handlers import exchange

PATIENT = {"write_timeout": 100.0, "read_timeout": 100.0}


def taking(seconds: float, *, cleaning: float = 0.0, app: App | None = None) -> App:
    """An application that takes so long to answer, and to end when it is cancelled."""

    async def taken(scope: Any, receive: Any, send: Any) -> None:
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            await asyncio.sleep(cleaning)
            raise
        await (app or answering())(scope, receive, send)

    return taken


def status(answer: bytes) -> bytes:
    return answer.split(b" ", 2)[1]


def test_who_is_in_time_answers_and_who_is_not_does_not() -> None:
    assert talk(TimeoutHandler(taking(2), 3), GET, 9.0, **PATIENT).answer == ok()
    story = talk(TimeoutHandler(taking(4), 3), GET, 2.9, **PATIENT)
    assert story.answer == b""
    story = talk(TimeoutHandler(taking(4), 3), GET, 9.0, **PATIENT)
    assert status(story.answer) == b"503"
    assert story.closed_after is None
    assert story.entries[0]["duration"] == 3


def test_the_503_does_not_wait_for_a_handler_that_is_slow_to_end() -> None:
    app = TimeoutHandler(taking(50, cleaning=20), 1)
    story = talk(app, GET, 1.1, GET, 1.1, **PATIENT)
    assert story.answer.count(b"HTTP/1.1 503 ") == 2


def test_the_handler_is_cancelled_and_told_why() -> None:
    heard: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await asyncio.sleep(50)
        except asyncio.CancelledError as error:
            heard.append(str(error))
            raise

    talk(TimeoutHandler(app, 1.5), GET, 3.0, **PATIENT)
    assert heard == ["TimeoutHandler: 1.5 seconds have passed"]


@pytest.mark.parametrize("error", [SystemExit(9), KeyboardInterrupt(), GeneratorExit()])
@pytest.mark.parametrize("late", [False, True])
def test_who_would_end_the_process_ends_his_request_only(error: BaseException, late: bool) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await asyncio.sleep(50 if late else 0)
        finally:
            raise error

    story = talk(TimeoutHandler(app, 1), GET, 3.0, GET, 3.0, **PATIENT)
    assert status(story.answer) == (b"503" if late else b"500")
    failures = [entry for entry in story.entries if entry["event"] == "application failed"]
    assert [entry["error"] for entry in failures] == [type(error).__name__] * (2 if late else 1)


def test_what_is_sent_too_late_goes_nowhere() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(200))
        await send(part(b"begun"))
        try:
            await asyncio.sleep(50)
        except asyncio.CancelledError:
            await send(part(b"late", more=False))

    story = talk(TimeoutHandler(app, 1, "too slow"), GET, 3.0, **PATIENT)
    assert status(story.answer) == b"503"
    assert story.answer.endswith(b"\r\n\r\ntoo slow")
    assert story.events() == ["request"]


@pytest.mark.parametrize("seconds", [0, -1])
def test_no_time_has_passed_at_once(seconds: float) -> None:
    begun: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        begun.append("begun")

    assert status(talk(TimeoutHandler(app, seconds), GET, **PATIENT).answer) == b"503"
    assert begun == []


def test_the_body_of_the_request_is_read_through_it() -> None:
    assert talk(TimeoutHandler(echo, 1), post(b"abc"), 0.1).answer == ok(b"abc")


def test_what_the_application_raises_is_raised() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(200))
        raise ValueError

    story = talk(TimeoutHandler(app, 1), GET, 3.0)
    assert status(story.answer) == b"500"
    assert story.events() == ["application failed", "request"]
    assert story.entries[0]["error"] == "ValueError"


def test_what_it_raises_too_late_is_logged_and_costs_nothing() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await asyncio.sleep(50)
        finally:
            raise ValueError

    story = talk(TimeoutHandler(app, 1), GET, 3.0, GET, 3.0, **PATIENT)
    assert story.answer.count(b"HTTP/1.1 503 ") == 2
    assert story.closed_after is None
    assert sorted(story.events()) == ["application failed"] * 2 + ["request"] * 2


@pytest.mark.parametrize(
    ("messages", "expected", "event"),
    [
        pytest.param([], b"500", "application returned without starting a response", id="none"),
        pytest.param(
            [start(200), part(b"a")],
            b"200",
            "application returned without completing its response",
            id="half",
        ),
    ],
)
def test_half_an_answer_is_the_servers_to_judge(
    messages: list[Any], expected: bytes, event: str
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)

    story = talk(TimeoutHandler(app, 1), GET, 3.0)
    assert status(story.answer) == expected
    assert event in story.events()


def test_other_messages_keep_their_places() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.early_hint"})
        await send(start(200))
        await send(part(b"a"))
        await send(part(b"b", more=False))
        await send({"type": "http.response.trailers"})

    *sent, _ = exchange(TimeoutHandler(app, 1))
    assert [message["type"].rsplit(".", 1)[1] for message in sent] == [
        "early_hint", "start", "body", "trailers",
    ]  # fmt: skip
    assert sent[2]["body"] == b"ab"


def test_a_write_deadline_that_is_shorter_ends_both() -> None:
    story = talk(TimeoutHandler(taking(50), 20), GET, 30.0, write_timeout=2.0)
    assert (story.answer, story.closed_after) == (b"", 2)


def test_what_is_raised_then_is_nobodys() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await asyncio.sleep(50)
        finally:
            raise ValueError

    story = talk(TimeoutHandler(app, 20), GET, 30.0, write_timeout=2.0)
    assert story.events() == ["write deadline passed", "request"]


def test_a_client_that_leaves_ends_nothing_before_its_time() -> None:
    story = talk(TimeoutHandler(taking(50), 20), GET, 1.0, LOST, 60.0, **PATIENT)
    assert story.events() == ["request"]


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
def test_other_scopes_pass_through(kind: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": f"{scope['type']}.seen"})

    sent = exchange(TimeoutHandler(app, 0), scope={"type": kind})
    assert sent[0] == {"type": f"{kind}.seen"}
