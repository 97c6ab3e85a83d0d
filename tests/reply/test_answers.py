"""Answers as a Go handler's one write would give them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from starlette.types import Message

from gomicro.reply import answers

TEXT = (b"content-type", b"text/plain; charset=utf-8")
Headers = list[tuple[bytes, bytes]]


class Sent(list[Message]):
    """A send that keeps what it gets."""

    async def send(self, message: Message) -> None:
        self.append(message)


def run(call: Coroutine[Any, Any, None]) -> None:
    asyncio.run(call)


def start(status: int, headers: Headers) -> Message:
    return {"type": "http.response.start", "status": status, "headers": headers}


@pytest.mark.parametrize(
    ("status", "given", "body", "expected"),
    [
        pytest.param(200, [], b"hi", [TEXT], id="sniffed"),
        pytest.param(200, [], b"<p>", [(b"content-type", b"text/html; charset=utf-8")], id="html"),
        pytest.param(200, [], b"", [], id="no body, no type"),
        pytest.param(200, [(b"content-type", b"")], b"hi", [(b"content-type", b"")], id="given"),
        pytest.param(
            200, [(b"content-encoding", b"br")], b"hi", [(b"content-encoding", b"br")], id="encoded"
        ),
        pytest.param(
            200,
            [(b"content-encoding", b"")],
            b"hi",
            [(b"content-encoding", b""), TEXT],
            id="encoding is blank",
        ),
        pytest.param(
            200,
            [(b"transfer-encoding", b"chunked")],
            b"hi",
            [(b"transfer-encoding", b"chunked")],
            id="transfer encoding",
        ),
        pytest.param(404, [(b"a", b"b")], b"hi", [(b"a", b"b"), TEXT], id="others stay"),
    ],
)
def test_type_is_sniffed_only_if_nothing_speaks_against_it(
    status: int, given: Headers, body: bytes, expected: Headers
) -> None:
    sent = Sent()
    run(answers.reply(sent.send, status, given, body))
    assert [start(status, expected), {"type": "http.response.body", "body": body}] == sent


@pytest.mark.parametrize("status", [100, 199, 204, 304])
def test_status_without_a_body_drops_it(status: int) -> None:
    sent = Sent()
    run(answers.reply(sent.send, status, (), b"hi"))
    assert [start(status, []), {"type": "http.response.body", "body": b""}] == sent


def test_body_of_2048_bytes_is_one_message() -> None:
    sent = Sent()
    run(answers.reply(sent.send, 200, (), b"a" * 2048))
    assert sent[1:] == [{"type": "http.response.body", "body": b"a" * 2048}]


def test_longer_body_is_followed_by_an_empty_last_message() -> None:
    sent = Sent()
    run(answers.reply(sent.send, 200, (), b"a" * 2049))
    assert sent[1:] == [
        {"type": "http.response.body", "body": b"a" * 2049, "more_body": True},
        {"type": "http.response.body", "body": b""},
    ]


def test_error_is_plain_text_with_a_newline_that_nobody_sniffs() -> None:
    sent = Sent()
    headers = [
        (b"content-length", b"9"),
        (b"content-type", b"text/html"),
        (b"x-content-type-options", b"sniff"),
        (b"retry-after", b"1"),
    ]
    run(answers.error(sent.send, 503, "Später", headers))
    assert [
        start(503, [(b"retry-after", b"1"), TEXT, (b"x-content-type-options", b"nosniff")]),
        {"type": "http.response.body", "body": "Später\n".encode()},
    ] == sent


def test_start_messages_are_shared_by_type() -> None:
    first, second = answers.start_ok(b"one"), answers.start_ok(b"two")
    assert start(200, [TEXT]) == first
    assert first is second
    assert first is not answers.start_ok(b"<p>")
