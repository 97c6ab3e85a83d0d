"""The built-in service: which handler answers where."""

from __future__ import annotations

import asyncio

import pytest
from starlette.types import Message
from structlog.testing import capture_logs

from gomicro.app import hello_and_goodbye


class Log:
    """A logger that keeps its events."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def info(self, event: str) -> None:
        self.events.append(event)


def answer(log: Log | None, path: str) -> bytes:
    """Return the body of the answer to `POST path` with the body `World`."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"World", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"localhost:9090")],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 9090),
    }
    asyncio.run(hello_and_goodbye(log)(scope, receive, send))
    return b"".join(message.get("body", b"") for message in sent)


@pytest.mark.parametrize("path", ["/", "/Goodbye", "/goodbye/", "/any/thing"])
def test_hello_has_every_path(path: str) -> None:
    log = Log()
    assert answer(log, path) == b"Hello World\n"
    assert log.events == ["Hello world"]


def test_goodbye_has_its_own() -> None:
    log = Log()
    assert answer(log, "/goodbye") == b"Byee\n"
    assert log.events == []


def test_without_a_logger_both_log_through_structlog() -> None:
    with capture_logs() as entries:
        answer(None, "/")
    assert entries == [{"event": "Hello world", "log_level": "info"}]
