"""The handlers that Go has too answer as Go's do."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from gomicro import MaxBytesHandler, StripPrefix, TimeoutHandler
from gomicro.reply.answers import reply, send_body
from gomicro.reply.sniff import detect_content_type
from tests.benchmarks.errors import UnavailableError
from tests.connection.harness import App, part, request, start, talk
from tests.handlers.beside_go import ANSWERS, CASES, ask_go

GO = json.loads(ANSWERS.read_text(encoding="utf-8"))


async def seen(scope: Any, receive: Any, send: Any) -> None:
    paths = (scope["path"], scope["raw_path"].decode())
    await reply(send, 200, body=" ".join(f'"{path}"' for path in paths).encode())


async def reads(scope: Any, receive: Any, send: Any) -> None:
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size += len(message["body"])
        more = message["more_body"]
    await reply(send, 200, body=b"%d" % size)


async def unread(scope: Any, receive: Any, send: Any) -> None:
    await reply(send, 200, body=b"unread")


def answers(case: dict[str, Any]) -> App:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(case["takes"] / 1000)
        body = b"a" * case["size"]
        kind = [(b"content-type", detect_content_type(body))] if case["parts"] else []
        await send(start(case["status"], [*kind, (b"x-custom", b"own")]))
        if case["parts"] == 1:
            await send_body(send, body)
            return
        for _ in range(case["parts"]):
            await send(part(body))
        await send(part(b"", more=False))

    return app


def handler(case: dict[str, Any]) -> Any:
    match case["handler"]:
        case "strip":
            return StripPrefix(case["prefix"], seen)
        case "bytes":
            return MaxBytesHandler(reads, case["limit"])
        case "unread":
            return MaxBytesHandler(unread, case["limit"])
    return TimeoutHandler(answers(case), case["allowed"] / 1000, case.get("message", ""))


def asked(case: dict[str, Any]) -> bytes:
    target = case.get("target", "/")
    if case["handler"] not in ("bytes", "unread"):
        return request("GET", target=target)
    body = b"b" * case["size"]
    if case["chunked"]:
        data = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"
        return request("POST", "Transfer-Encoding: chunked", body=data)
    return request("POST", f"Content-Length: {len(body)}", body=body)


def told(answer: bytes) -> dict[str, Any]:
    """An answer in the words in which Go's are written down."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines)
    status = int(first.split()[1])
    length = int(fields.get("content-length", -1 if status != 204 else 0))
    if fields.get("transfer-encoding") == "chunked":
        pieces = body.split(b"\r\n")
        body = b"".join(pieces[1:-2:2])
    return {
        "status": status,
        "content_type": fields.get("content-type", ""),
        "length": length,
        "body": body.decode(),
        "custom": fields.get("x-custom", ""),
        "closes": fields.get("connection") == "close",
    }


@pytest.mark.parametrize("name", CASES)
def test_the_answer_is_gos(name: str) -> None:
    case = CASES[name]
    story = talk(handler(case), asked(case), 0.5, write_timeout=100.0)
    assert told(story.answer) == GO[name]
    assert story.events() == ["request"]


def test_go_answers_what_is_written_down(tmp_path: Path) -> None:
    try:
        assert ask_go(tmp_path) == GO
    except UnavailableError as error:
        pytest.skip(str(error))
