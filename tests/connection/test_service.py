"""What the connections of a server share."""

from __future__ import annotations

import asyncio
import sys
from contextvars import ContextVar
from copy import copy
from typing import Any

import pytest

from gomicro.connection import service as service_module
from gomicro.http1.request_head import RequestHead
from tests.compiled import COMPILED, FIXED
from tests.connection.harness import (
    GET,
    Peer,
    answering,
    make_service,
    ok,
    quiet,
    request,
    talk,
    undated,
    virtually,
)

ASKED = RequestHead()


async def nothing(scope: Any, receive: Any, send: Any) -> None:
    """An application that does nothing."""


def test_the_stamp_is_the_date_and_is_renewed_each_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """True to the second, without asking the system's clock more than once in it."""
    wall = 784111776.25  # the example of RFC 9110 section 5.6.7, and a quarter
    asked: list[float] = []

    def time() -> float:
        asked.append(wall)
        return wall

    monkeypatch.setattr(service_module, "time", time)
    service = make_service(nothing)
    asked.clear()
    stamps = []
    for now in (5.0, 5.5, 5.74, 5.75, 6.0, 6.74, 6.75):
        wall = 784111776.25 + now - 5
        stamps.append(service.stamp(now))
    date = b"date: Sun, 06 Nov 1994 08:49:%d GMT\r\n"
    assert stamps == [date % 36] * 3 + [date % 37] * 3 + [date % 38]
    assert len(asked) == 3
    assert undated(stamps[0]) == b"date: now\r\n"


@pytest.mark.parametrize(
    ("options", "name", "value"),
    [
        ({}, "idle_timeout", 120.0),
        ({"idle_timeout": 0.0}, "idle_timeout", float("inf")),
        ({"max_header_bytes": 100}, "max_head", 4196),
    ],
)
def test_limits(options: dict[str, Any], name: str, value: float) -> None:
    assert getattr(make_service(nothing, **options), name) == value


@pytest.mark.parametrize(("most", "expected"), [(100, 100), (0, float("inf"))])
def test_the_limit_of_a_body(most: int, expected: float) -> None:
    assert make_service(nothing, max_body_bytes=most).terms.max_body == expected


async def who(scope: Any, receive: Any, send: Any) -> None:
    client, port = scope["client"] or ("nobody", 0)
    await answering(f"{scope['scheme']} {client} {port}".encode())(scope, receive, send)


FORWARDED = ("X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: https")


@pytest.mark.parametrize(
    ("trusted", "headers", "body"),
    [
        pytest.param("10.0.0.1", FORWARDED, b"https 1.2.3.4 0", id="believed"),
        pytest.param("*", FORWARDED[:1], b"http 1.2.3.4 0", id="only the client"),
        pytest.param("*", FORWARDED[1:], b"https 10.0.0.1 4711", id="only the scheme"),
        pytest.param("127.0.0.1", FORWARDED, b"http 10.0.0.1 4711", id="not believed"),
        pytest.param("*", (), b"http 10.0.0.1 4711", id="not sent"),
    ],
)
def test_a_proxys_headers_are_believed_from_those_who_are_trusted(
    trusted: str, headers: tuple[str, ...], body: bytes
) -> None:
    story = talk(who, request("GET", *headers), GET, forwarded_allow_ips=trusted)
    assert story.answer == ok(body) + ok(b"http 10.0.0.1 4711")


@pytest.mark.parametrize(
    ("trusted", "headers", "body"),
    [
        pytest.param(None, FORWARDED, b"https 1.2.3.4 0", id="believed unless it is said"),
        pytest.param("10.0.0.1, unix:", FORWARDED, b"https 1.2.3.4 0", id="believed"),
        pytest.param("unix:", FORWARDED[1:], b"https nobody 0", id="only the scheme"),
        pytest.param(
            "unix:", ("X-Forwarded-For: 6.6.6.6, 1.2.3.4, unix:",), b"http 1.2.3.4 0", id="chain"
        ),
        pytest.param("*", FORWARDED, b"https 1.2.3.4 0", id="all"),
        pytest.param("10.0.0.1", FORWARDED, b"http nobody 0", id="not believed"),
    ],
)
def test_a_proxy_on_a_unix_socket_is_believed_by_its_own_name(
    trusted: str | None, headers: tuple[str, ...], body: bytes
) -> None:
    options = {} if trusted is None else {"forwarded_allow_ips": trusted}

    async def main() -> None:
        peer = Peer(make_service(who, **options), peername="", sockname="/run/s")
        await peer.send(request("GET", *headers))
        assert peer.sent() == ok(body)
        peer.wire.lose(None)

    virtually(main)


def test_a_client_that_has_gone_is_not_taken_for_one_on_a_unix_socket() -> None:
    async def main() -> None:
        peer = Peer(make_service(who, forwarded_allow_ips="unix:"), peername=None)
        await peer.send(request("GET", *FORWARDED))
        assert peer.sent() == ok(b"http nobody 0")
        peer.wire.lose(None)

    virtually(main)


def test_the_application_is_only_wrapped_for_requests_that_a_proxy_has_sent() -> None:
    callers: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        frame = sys._getframe(1)
        callers.append(frame.f_code.co_qualname)
        await answering()(scope, receive, send)

    data = request("GET", *FORWARDED)
    talk(app, GET, data, data, GET, forwarded_allow_ips="*", max_lag=0)
    plain, first, second, again = callers
    assert first == second
    assert first.startswith("believing.")
    assert plain == again
    assert "believing" not in plain


def test_ids_of_requests_are_unique_in_the_service_and_begin_alike() -> None:
    ids = [entry["request_id"] for entry in talk(answering(), GET * 50).entries]
    assert len(set(ids)) == 50
    assert len({request_id.partition("-")[0] for request_id in ids}) == 1


def test_ids_of_two_services_begin_differently() -> None:
    first, second = (talk(answering(), GET).entries[0]["request_id"] for _ in range(2))
    assert first.partition("-")[0] != second.partition("-")[0]


def test_what_an_application_does_to_its_scope_is_seen_by_no_other_request() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(dict(scope["asgi"]))
        scope["asgi"]["version"] = "mine"
        await answering()(scope, receive, send)

    talk(app, GET, GET, GET)
    assert seen == [{"version": "3.0", "spec_version": "2.3"}] * 3


def test_a_scope_is_the_same_however_often_its_path_was_asked_for() -> None:
    """And is the application's to change."""
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append({k: copy(v) for k, v in scope.items() if k != "extensions"})
        scope["asgi"]["version"] = "mine"
        scope["state"]["mine"] = 1
        scope["headers"].append((b"mine", b"1"))
        scope["query_string"] = scope["path"] = "mine"
        await answering()(scope, receive, send)

    async def ask(service: Any, n: int) -> Any:
        tls = {"sslcontext": object()} if n % 2 else {}
        peer = Peer(service, peername=("10.0.0.1", n), sockname=("10.0.0.2", n % 3), **tls)
        await peer.send(request("GET", f"X-A: {n}", target=f"/a?{n}" if n % 4 else "/a"))
        peer.wire.lose(None)
        return seen.pop()

    async def main() -> None:
        often = make_service(app, root_path="/r")
        for n in range(9):
            assert await ask(often, n) == await ask(make_service(app, root_path="/r"), n)

    virtually(main)


@pytest.mark.parametrize("count", [1, 1000])
def test_an_address_is_one_object_for_all_connections(count: int) -> None:
    service = make_service(nothing)
    for n in range(count):
        service.one_object((f"10.0.0.{n}", 80))
    first = service.one_object(("10.1.0.1", int("80")))
    assert service.one_object(("10.1.0.1", int("80"))) is first
    assert len(service._known) < 300


variable: ContextVar[str] = ContextVar("variable", default="unset")


@pytest.mark.parametrize("old", [False, True])
def test_a_request_runs_in_a_context_of_its_own(old: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    async def coroutine() -> None:
        seen.append(variable.get())
        variable.set("set")

    async def main() -> None:
        if old:
            if COMPILED:
                pytest.skip(FIXED)
            monkeypatch.setattr("gomicro.connection.service.EAGER", False)
        service = make_service(nothing)
        loop = asyncio.get_running_loop()
        service.start(loop, coroutine(), ASKED)
        await service.start(loop, coroutine(), ASKED)
        assert seen == ["unset"] * 2
        assert variable.get() == "unset"
        await quiet()
        assert not service.tasks

    virtually(main)


@pytest.mark.usefixtures("eager")
def test_a_request_that_needs_no_waiting_is_over_at_once() -> None:
    async def main() -> None:
        service = make_service(nothing)
        task = service.start(asyncio.get_running_loop(), nothing(0, 0, 0), ASKED)
        assert task.done()
        assert not service.tasks

    virtually(main)


@pytest.mark.usefixtures("eager")
def test_a_request_is_answered_before_the_loops_next_turn() -> None:
    async def main() -> None:
        peer = Peer(make_service(answering()))
        peer.wire.deliver(GET)
        assert peer.sent() == ok()
        peer.wire.deliver(GET + GET)
        assert peer.sent() == ok() * 3
        peer.wire.lose(None)

    virtually(main)


def test_the_end_of_the_last_connection_and_task_is_told() -> None:
    async def main() -> None:
        told: list[str] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await answering()(scope, receive, send)
            await asyncio.sleep(1)

        service = make_service(app)
        service.on_idle = lambda: told.append("idle")
        peer = Peer(service)
        await peer.send(GET)
        peer.wire.lose(None)
        assert told == []
        await asyncio.sleep(1.1)
        assert told == ["idle"]

    virtually(main)
