"""A request has a name, end to end: the application, every line and the response have the same."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from gomicro.log.request import current, request_fields
from tests.connection.harness import (
    App,
    Peer,
    answering,
    make_service,
    part,
    quiet,
    request,
    start,
    talk,
    virtually,
)

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
TRACEPARENT = f"traceparent: 00-{TRACE}-{SPAN}-01"
NAMED = request("GET", "X-Request-Id: abc")
MADE = r"[0-9a-f]{10}-[0-9]+"


def names(answer: bytes) -> list[str]:
    return [name.decode() for name in re.findall(rb"(?m)^x-request-id: (.*)\r$", answer)]


async def failing(scope: Any, receive: Any, send: Any) -> None:
    raise ValueError("no")


async def chunked(scope: Any, receive: Any, send: Any) -> None:
    await send(start())
    await send(part(b"a"))
    await send(part(b"b", more=False))


async def reading(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await answering()(scope, receive, send)


@pytest.mark.parametrize("app", [answering(), answering(b"", 204), failing, chunked])
@pytest.mark.parametrize(
    ("mode", "sent", "expected"),
    [
        ("echo", NAMED, "abc"),
        ("echo", request("HEAD", "X-Request-Id: abc"), "abc"),
        ("echo", request("GET", "X-Request-Id: a b"), None),
        ("echo", request("GET"), None),
        ("always", NAMED, "abc"),
        ("always", request("GET"), MADE),
        ("always", request("GET", "X-Request-Id: a b"), MADE),
        ("never", NAMED, None),
        ("never", request("GET"), None),
    ],
)
def test_the_response_has_the_id_where_it_is_to(
    app: App, mode: str, sent: bytes, expected: str | None
) -> None:
    # Heads that come again are remembered.
    story = talk(app, sent, sent, sent, request_id_header=mode)
    found = names(story.answer)
    logged = [entry["request_id"] for entry in story.entries if entry["event"] == "request"]
    if expected is None:
        assert found == []
    else:
        assert all(re.fullmatch(expected, name) for name in found)
        assert found == logged != []


def test_an_id_of_the_applications_own_is_left_alone() -> None:
    app = answering(headers=[(b"X-Request-ID", b"mine")])
    assert names(talk(app, NAMED).answer) == ["mine"]


def test_a_date_of_the_applications_own_does_not_take_the_ids_place() -> None:
    app = answering(headers=[(b"date", b"Tue, 24 Nov 2026 20:38:02 GMT")])
    assert names(talk(app, NAMED).answer) == ["abc"]


@pytest.mark.parametrize(
    "sent",
    [
        request("POST", "X-Request-Id: abc", "Content-Length: 100"),
        request("POST", "X-Request-Id: abc", "Transfer-Encoding: chunked", body=b"zz\r\n"),
    ],
    ids=["too long", "malformed"],
)
def test_a_request_that_is_refused_for_its_body_has_its_id(sent: bytes) -> None:
    assert names(talk(reading, sent, max_body_bytes=10).answer) == ["abc"]


def test_a_request_that_is_shed_has_its_id() -> None:
    async def main() -> None:
        never = asyncio.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await never.wait()
            await answering()(scope, receive, send)

        service = make_service(app, max_in_flight=1)
        peers = [Peer(service), Peer(service), Peer(service)]
        await peers[0].send(NAMED)
        await peers[1].send(NAMED)
        await peers[2].send(request("GET"))
        assert [names(peer.sent()) for peer in peers] == [[], ["abc"], []]
        never.set()
        await quiet()

    virtually(main)


@pytest.mark.parametrize(
    ("app", "event", "sent"),
    [
        (failing, "application failed", NAMED),
        (answering(), "request", NAMED),
    ],
)
def test_every_line_of_a_request_has_its_id(app: App, event: str, sent: bytes) -> None:
    lines = talk(app, sent).entries
    assert event in [line["event"] for line in lines]
    assert {line["request_id"] for line in lines} == {"abc"}


def test_a_deadline_that_passes_is_said_with_the_id() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await asyncio.sleep(60)

    sent = request("POST", "X-Request-Id: abc", TRACEPARENT, "Content-Length: 3")
    lines = talk(app, sent, 5.0).entries
    assert {"read deadline passed", "write deadline passed"} <= {line["event"] for line in lines}
    assert {(line["request_id"], line["trace_id"], line["span_id"]) for line in lines} == {
        ("abc", TRACE, SPAN)
    }


def test_a_trace_is_on_the_line_and_in_the_scope() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(dict(scope["extensions"]["gomicro.request"]))
        seen.append(await asyncio.create_task(fields()))
        await answering()(scope, receive, send)

    async def fields() -> dict[str, str]:
        return request_fields()

    (line,) = talk(app, request("GET", "X-Request-Id: abc", TRACEPARENT)).entries
    expected = {"request_id": "abc", "trace_id": TRACE, "span_id": SPAN}
    assert {name: line[name] for name in expected} == expected
    assert seen == [expected, expected]
    assert request_fields() == {}


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (request("GET"), MADE),
        (NAMED, "abc"),
        (request("GET", "X-Request-Id: a=b"), ""),  # a line for people has it in quotes
        (request("GET", "X-Request-Id: abc", TRACEPARENT), ""),
        (request("GET", TRACEPARENT), ""),
    ],
)
def test_an_id_is_the_only_name_where_there_is_no_trace_and_it_is_written_as_it_is(
    sent: bytes, expected: str
) -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        now = current.get()
        assert now is not None
        assert (now.only_name or now.log_fields()["request_id"]) == now.log_fields()["request_id"]
        seen.append(now.only_name)
        await answering()(scope, receive, send)

    talk(app, sent)
    assert re.fullmatch(expected, seen[0])


def test_an_id_is_made_when_it_is_first_asked_for() -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/ask":
            seen.append(scope["extensions"]["gomicro.request"]["request_id"])
        await answering()(scope, receive, send)

    async def main() -> None:
        service = make_service(app, access_log=False)
        peer = Peer(service)
        for path in ("/", "/ask", "/", "/ask"):
            await peer.send(request("GET", target=path))

    virtually(main)
    assert [name.rpartition("-")[2] for name in seen] == ["1", "2"]
