"""The protocol class as uvicorn's own server runs it: `uvicorn.run(app, http=HTTPProtocol)`."""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from gomicro.uvicorn import HTTPProtocol
from tests.connection.harness import (
    CLOSE,
    GET,
    App,
    Wire,
    answering,
    echo,
    post,
    quiet,
    request,
    virtually,
)


class Adopted:
    """uvicorn's side: its configuration, its state, and a client of one connection."""

    def __init__(self, app: App, *, load: bool = True, **options: Any) -> None:
        options = {"log_config": None, "ws": "none", "lifespan": "off", **options}
        self.config = uvicorn.Config(app, http=HTTPProtocol, **options)
        if load:
            self.config.load()
        self.state = ServerState()
        self.state.default_headers = self.config.encoded_headers if load else []
        self.app_state: dict[str, Any] = {"shared": 1}

    def connect(self) -> Wire:
        connection = HTTPProtocol(
            config=self.config,
            server_state=self.state,
            app_state=self.app_state,
            _loop=asyncio.get_running_loop(),
        )
        wire = Wire(connection, {"peername": ("10.0.0.1", 4711), "sockname": ("10.0.0.2", 80)})
        connection.connection_made(wire)
        return wire


def adopt(app: App, main: Callable[[Adopted], Awaitable[None]], **options: Any) -> list[Any]:
    async def run() -> None:
        await main(Adopted(app, **options))

    return virtually(run)


def test_uvicorns_default_headers_are_sent() -> None:
    async def main(uvicorns: Adopted) -> None:
        uvicorns.state.default_headers = [(b"date", b"then"), (b"server", b"uvicorn")]
        wire = uvicorns.connect()
        wire.deliver(GET)
        await quiet()
        uvicorns.state.default_headers = [(b"date", b"later")]
        wire.deliver(GET)
        await quiet()
        assert b"".join(wire.written) == (
            b"HTTP/1.1 200 OK\r\ndate: then\r\nserver: uvicorn\r\ncontent-length: 2\r\n\r\nok"
            b"HTTP/1.1 200 OK\r\ndate: later\r\ncontent-length: 2\r\n\r\nok"
        )
        wire.lose(None)

    adopt(answering(), main)


def test_a_configuration_that_is_not_loaded_is_loaded() -> None:
    async def main(uvicorns: Adopted) -> None:
        assert not uvicorns.config.loaded
        wire = uvicorns.connect()
        wire.deliver(post(b"abc"))
        await quiet()
        assert b"".join(wire.written).endswith(b"\r\n\r\nabc")
        wire.lose(None)

    adopt(echo, main, load=False)


def test_connections_tasks_and_requests_are_listed_with_uvicorn() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["state"] == {"shared": 1}
        await asyncio.sleep(0.5)
        await answering()(scope, receive, send)

    async def main(uvicorns: Adopted) -> None:
        state = uvicorns.state
        wire, other = uvicorns.connect(), uvicorns.connect()
        assert len(state.connections) == 2
        wire.deliver(GET)
        await quiet()
        assert len(state.tasks) == 1
        await asyncio.sleep(1)
        assert len(state.tasks) == 0
        wire.lose(None)
        other.lose(None)
        assert len(state.connections) == 0

    adopt(app, main)


def test_requests_are_counted_with_uvicorn() -> None:
    """uvicorn's `limit_max_requests` reads the count."""

    async def main(uvicorns: Adopted) -> None:
        for _ in range(2):
            wire = uvicorns.connect()
            wire.deliver(GET + GET)
            await quiet()
            wire.lose(None)
        assert uvicorns.state.total_requests == 4

    adopt(answering(), main)


def test_gomicros_deadlines_stand_and_uvicorns_idle_time() -> None:
    async def main(uvicorns: Adopted) -> None:
        began = asyncio.get_running_loop().time()
        idle, slow = uvicorns.connect(), uvicorns.connect()
        idle.deliver(GET)
        slow.deliver(GET[:9])
        await asyncio.sleep(20)
        assert round(slow.closed_at - began, 3) in (10, 10.5)
        assert round(idle.closed_at - began, 3) == 5

    adopt(answering(), main, timeout_keep_alive=5)


def test_without_time_for_keeping_alive_a_connection_is_closed_once_it_is_idle() -> None:
    async def main(uvicorns: Adopted) -> None:
        began = asyncio.get_running_loop().time()
        new, idle = uvicorns.connect(), uvicorns.connect()
        await asyncio.sleep(1)
        idle.deliver(GET + GET)
        await asyncio.sleep(1)
        assert b"".join(idle.written).count(b"HTTP/1.1 200 OK") == 2
        assert idle.closed_at - began == pytest.approx(1, abs=0.01)
        assert not new.closed
        new.lose(None)

    adopt(answering(), main, timeout_keep_alive=0)


@pytest.mark.parametrize("root_path", ["api", "/api"])
def test_a_root_path_is_taken_as_it_is(root_path: str) -> None:
    async def where(scope: Any, receive: Any, send: Any) -> None:
        told = f"{scope['root_path']} {scope['path']} {scope['raw_path'].decode()}"
        await answering(told.encode())(scope, receive, send)

    async def main(uvicorns: Adopted) -> None:
        wire = uvicorns.connect()
        wire.deliver(request("GET", target="/a%20b"))
        await quiet()
        body = b"".join(wire.written).rpartition(b"\r\n")[2].decode()
        assert body == f"{root_path} {root_path}/a b {root_path}/a%20b"
        wire.lose(None)

    adopt(where, main, root_path=root_path)


@pytest.mark.parametrize("reset", [False, True])
def test_context_variables_are_the_servers_unless_they_are_to_be_reset(reset: bool) -> None:
    variable: ContextVar[str] = ContextVar("variable", default="none")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await answering(variable.get().encode())(scope, receive, send)

    async def main(uvicorns: Adopted) -> None:
        variable.set("the server's")
        wire = uvicorns.connect()
        wire.deliver(GET)
        await quiet()
        expected = b"none" if reset else b"the server's"
        assert b"".join(wire.written).rpartition(b"\r\n")[2] == expected
        wire.lose(None)

    adopt(app, main, reset_contextvars=reset)


@pytest.mark.parametrize(("limit", "status"), [(None, b"200"), (2, b"200"), (1, b"503")])
def test_above_its_limit_of_concurrency_uvicorn_answers(limit: int | None, status: bytes) -> None:
    async def main(uvicorns: Adopted) -> None:
        wire = uvicorns.connect()
        wire.deliver(GET)
        await quiet()
        assert b"".join(wire.written).startswith(b"HTTP/1.1 " + status)
        wire.lose(None)

    adopt(answering(), main, limit_concurrency=limit)


def test_pipelined_requests_are_answered() -> None:
    async def main(uvicorns: Adopted) -> None:
        wire = uvicorns.connect()
        wire.deliver(GET + post(b"abc") + GET)
        await quiet()
        written = b"".join(wire.written)
        assert written.count(b"HTTP/1.1 200 OK") == 3
        assert written.count(b"abc") == 1
        wire.lose(None)

    adopt(echo, main)


def test_requests_are_logged_in_uvicorns_way(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "uvicorn.access")

    async def main(uvicorns: Adopted) -> None:
        wire = uvicorns.connect()
        wire.deliver(request("GET", target="/a%20b?c") + b"GET / HTTP/1.0\r\n\r\n")
        await quiet()
        wire.lose(None)

    entries = adopt(answering(status=404), main)
    assert [record.getMessage() for record in caplog.records] == [
        '10.0.0.1:4711 - "GET /a%20b?c HTTP/1.1" 404',
        '10.0.0.1:4711 - "GET / HTTP/1.0" 404',
    ]
    assert entries == []


def test_without_an_access_log_nothing_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    access = logging.getLogger("uvicorn.access")
    monkeypatch.setattr(access, "handlers", [])
    monkeypatch.setattr(access, "propagate", False)
    records: list[Any] = []
    monkeypatch.setattr(access, "handle", records.append)

    async def main(uvicorns: Adopted) -> None:
        wire = uvicorns.connect()
        wire.deliver(GET)
        await quiet()
        wire.lose(None)

    adopt(answering(), main)
    assert records == []


# uvicorn's server stops: it calls `shutdown` on each connection.


def test_an_idle_connection_is_closed_at_once() -> None:
    async def main(uvicorns: Adopted) -> None:
        new, idle = uvicorns.connect(), uvicorns.connect()
        idle.deliver(GET)
        await quiet()
        for connection in list(uvicorns.state.connections):
            connection.shutdown()
        await quiet()
        assert new.closed
        assert idle.closed
        assert not uvicorns.state.connections

    adopt(answering(), main)


def test_a_request_in_flight_is_answered_with_close() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.5)
        await answering()(scope, receive, send)

    async def main(uvicorns: Adopted) -> None:
        wire = uvicorns.connect()
        wire.deliver(GET)
        await quiet()
        for connection in list(uvicorns.state.connections):
            connection.shutdown()
        await asyncio.sleep(1)
        assert CLOSE in b"".join(wire.written)
        assert wire.closed

    adopt(app, main)


def test_an_incomplete_request_does_not_hold_the_connection_afterwards() -> None:
    async def main(uvicorns: Adopted) -> None:
        wire = uvicorns.connect()
        wire.deliver(GET[:9])
        await quiet()
        for connection in list(uvicorns.state.connections):
            connection.shutdown()
        wire.deliver(GET[9:])
        await asyncio.sleep(1)
        assert wire.closed
        assert b"".join(wire.written) == b"" or CLOSE in b"".join(wire.written)

    adopt(answering(), main)


def test_all_connections_of_a_server_share_one_service() -> None:
    async def main(uvicorns: Adopted) -> None:
        wires = [uvicorns.connect() for _ in range(3)]
        assert len({id(wire.server.service) for wire in wires}) == 1  # type: ignore[attr-defined] # a connection's
        other = Adopted(answering()).connect()
        assert other.server.service is not wires[0].server.service  # type: ignore[attr-defined] # the same
        for wire in (*wires, other):
            wire.lose(None)

    adopt(answering(), main)


def test_the_old_place_of_the_class_warns() -> None:
    with pytest.warns(DeprecationWarning, match=r"use gomicro\.uvicorn:HTTPProtocol"):
        old = importlib.import_module("gomicro.engine.protocol")
    assert old.HTTPProtocol is HTTPProtocol


def test_proxy_headers_are_uvicorns_affair() -> None:
    async def who(scope: Any, receive: Any, send: Any) -> None:
        await answering(scope["client"][0].encode())(scope, receive, send)

    async def main(uvicorns: Adopted) -> None:
        wire = uvicorns.connect()
        wire.deliver(request("GET", "X-Forwarded-For: 1.2.3.4"))
        await quiet()
        told.append(b"".join(wire.written).rpartition(b"\r\n")[2])
        wire.lose(None)

    told: list[bytes] = []
    adopt(who, main, proxy_headers=True, forwarded_allow_ips="*")
    adopt(who, main, proxy_headers=False)
    assert told == [b"1.2.3.4", b"10.0.0.1"]


def test_a_websocket_is_on_uvicorns_list() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await receive()

    async def main(uvicorns: Adopted) -> None:
        wire = uvicorns.connect()
        wire.deliver(
            request(
                "GET",
                "Connection: upgrade",
                "Upgrade: websocket",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            )
        )
        await quiet()
        assert b"".join(wire.written).startswith(b"HTTP/1.1 101 ")
        (listed,) = uvicorns.state.connections
        listed.shutdown()
        await quiet()
        assert wire.closed
        assert not uvicorns.state.connections

    adopt(app, main, ws="auto")
