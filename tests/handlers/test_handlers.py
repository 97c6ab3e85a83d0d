"""Hello and Goodbye, spoken to as an ASGI server does."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from starlette.types import Message

from gomicro.handlers import Goodbye, Hello

HTTP = {"type": "http"}
START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"text/plain; charset=utf-8")],
}


class Log:
    """A logger that keeps its events, and how many messages had been read at each."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def info(self, event: str) -> None:
        self.events.append(event)


def request(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


DISCONNECT = {"type": "http.disconnect"}


def exchange(app: Any, *received: Message, scope: Any = None) -> list[Message]:
    """Return what `app` sends when it can receive these messages; `unread` of them stay."""
    sent: list[Message] = []
    unread = list(received)

    async def receive() -> Message:
        return unread.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(app(scope or HTTP, receive, send))
    sent.append({"unread": len(unread)})
    return sent


@pytest.mark.parametrize(
    ("received", "body"),
    [
        pytest.param([request(b"World")], b"Hello World\n", id="one message"),
        pytest.param([request(b"")], b"Hello \n", id="empty"),
        pytest.param([{"type": "http.request"}], b"Hello \n", id="defaults of ASGI"),
        pytest.param([request(b"\xff%s\xc3")], b"Hello \xff%s\xc3\n", id="any bytes"),
        pytest.param(
            [request(b"Wo", more=True), request(b"", more=True), request(b"rld")],
            b"Hello World\n",
            id="in parts",
        ),
    ],
)
def test_hello_greets_the_body_as_it_came(received: list[Message], body: bytes) -> None:
    answer = {"type": "http.response.body", "body": body}
    assert [START, answer, {"unread": 0}] == exchange(Hello(Log()), *received)


@pytest.mark.parametrize(
    "received",
    [
        pytest.param([DISCONNECT], id="at once"),
        pytest.param([request(b"Wo", more=True), DISCONNECT], id="after a part"),
    ],
)
def test_hello_says_oops_to_a_body_that_is_cut_short(received: list[Message]) -> None:
    expected = {
        "type": "http.response.start",
        "status": 400,
        "headers": [*START["headers"], (b"x-content-type-options", b"nosniff")],  # type: ignore[misc]
    }
    oops = {"type": "http.response.body", "body": b"Oops\n"}
    assert [expected, oops, {"unread": 0}] == exchange(Hello(Log()), *received)


def test_hello_of_more_than_2048_bytes_comes_without_a_length() -> None:
    sent = exchange(Hello(Log()), request(b"a" * 2042))
    assert sent == [
        START,
        {"type": "http.response.body", "body": b"Hello " + b"a" * 2042 + b"\n", "more_body": True},
        {"type": "http.response.body", "body": b""},
        {"unread": 0},
    ]


def test_hello_tells_the_type_of_what_it_says() -> None:
    start = exchange(Hello(Log()), request(b"\x00"))[0]
    assert start["headers"] == [(b"content-type", b"application/octet-stream")]


def test_hello_logs_before_it_reads() -> None:
    log = Log()

    async def receive() -> Message:
        log.info("read")
        return DISCONNECT

    async def send(message: Message) -> None:
        log.info(message["type"])

    asyncio.run(Hello(log)(HTTP, receive, send))
    assert log.events == ["Hello world", "read", "http.response.start", "http.response.body"]


def test_goodbye_answers_without_reading_or_logging() -> None:
    log = Log()
    byee = {"type": "http.response.body", "body": b"Byee\n"}
    assert [START, byee, {"unread": 1}] == exchange(Goodbye(log), request(b"x", more=True))
    assert log.events == []


@pytest.mark.parametrize("handler", [Hello, Goodbye])
def test_scope_other_than_http_is_refused(handler: type[Hello] | type[Goodbye]) -> None:
    log = Log()
    with pytest.raises(ValueError, match=r"answers http, not lifespan"):
        exchange(handler(log), scope={"type": "lifespan"})
    assert log.events == []


def test_handlers_take_a_logger_of_the_standard_library(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    exchange(Hello(logging.getLogger("product-api")), request(b"World"))
    assert caplog.record_tuples == [("product-api", logging.INFO, "Hello world")]
