"""A server that is watched, and its admin listener, in this process."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from gomicro import Server, ServerConfig
from gomicro.errors import StartupError
from gomicro.log import get_logger
from gomicro.server import admin as module
from gomicro.server import side_listener
from gomicro.server.side_listener import SideListener
from tests.connection.harness import answering

Entries = list[MutableMapping[str, Any]]


@pytest.fixture
def entries() -> Iterator[Entries]:
    with capture_logs() as logged:
        yield logged


def ask(server: Server, path: str, method: str = "GET") -> tuple[int, str]:
    """Ask the admin listener; blocks, as it answers from a thread of its own."""
    host, port = server.admin_addresses[0]
    connection = http.client.HTTPConnection(host, port, timeout=20)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def serve(
    main: Callable[[Server], Awaitable[None]], app: Any = None, **options: Any
) -> tuple[int, Server]:
    """Run a server with an admin listener, and a client of it."""

    async def run() -> tuple[int, Server]:
        config = ServerConfig(host="127.0.0.1", port=0, admin_port=0, **options)
        server = Server(app or answering(), config)
        async with asyncio.timeout(30):
            task = asyncio.create_task(server.serve())
            await server.started()
            await main(server)
            server.shutdown()
            return await task, server

    return asyncio.run(run())


def test_it_answers_while_the_loop_is_blocked(entries: Entries) -> None:
    async def main(server: Server) -> None:
        assert ask(server, "/livez") == (200, "ok\n")  # blocks this very loop

    assert serve(main)[0] == 0
    events = [entry["event"] for entry in entries]
    assert events.index("admin listening") < events.index("listening")


def test_a_loop_that_stays_blocked_is_not_alive() -> None:
    async def main(server: Server) -> None:
        ends_at = time.monotonic() + 20
        while (said := ask(server, "/livez"))[0] == 200 and time.monotonic() < ends_at:
            pass  # this blocks it
        assert said[0] == 503
        silent = re.fullmatch(r"event loop: no sign of life for ([\d.]+) s\n", said[1])
        assert silent is not None
        assert float(silent[1]) >= 0.3
        while ask(server, "/livez")[0] == 503:  # noqa: ASYNC110 -- asking is all there is
            await asyncio.sleep(0.05)

    serve(main, live_after=0.3, blocked_after=0)


def test_it_is_ready_until_it_is_told_to_leave_also_while_the_loop_is_blocked() -> None:
    async def main(server: Server) -> None:
        assert ask(server, "/readyz") == (200, "ok\n")
        server.shutdown()
        assert ask(server, "/readyz") == (503, "in service: leaving (shutdown)\n")
        assert ask(server, "/livez")[0] == 200

    serve(main)


def test_it_answers_before_the_application_has_started() -> None:
    said: list[tuple[int, str]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        said.append(await asyncio.to_thread(ask, servers[0], "/startupz"))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    servers: list[Server] = []

    async def run() -> None:
        server = Server(app, ServerConfig(host="127.0.0.1", port=0, admin_port=0))
        servers.append(server)
        task = asyncio.create_task(server.serve())
        await server.started()
        said.append(await asyncio.to_thread(ask, server, "/startupz"))
        server.shutdown()
        await task

    asyncio.run(run())
    assert said == [(503, "started: not started yet\n"), (200, "ok\n")]


def test_a_program_is_told_what_it_has_configured() -> None:
    async def main(server: Server) -> None:
        status, text = ask(server, "/debug/config")
        assert status == 200
        lines = {line.partition(" = ")[0]: line.rpartition("# ")[2] for line in text.splitlines()}
        assert lines["host"] == "program"
        assert lines["idle-timeout"] == "default"

    serve(main)


def test_a_request_in_flight_is_told() -> None:
    may_end = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await may_end.wait()
            await answering()(scope, receive, send)

    async def main(server: Server) -> None:
        reader, writer = await asyncio.open_connection(*server.addresses[0][:2])
        writer.write(b"GET /slow?token=secret HTTP/1.1\r\nHost: h\r\n\r\n")
        while not (
            found := json.loads((await asyncio.to_thread(ask, server, "/debug/requests"))[1])[
                "requests"
            ]
        ):
            pass
        [one] = found
        assert (one["method"], one["path"], one["state"]) == ("GET", "/slow", "answer, silent")
        assert one["awaits"][-1].endswith(" Event.wait")
        may_end.set()
        await reader.readuntil(b"\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    serve(main, app, write_timeout=0)


def test_nothing_of_it_is_left() -> None:
    async def main(server: Server) -> None:
        assert ask(server, "/livez")[0] == 200

    _, server = serve(main)
    assert {t.name for t in threading.enumerate()} & {"gomicro admin", "gomicro heartbeat"} == set()
    with pytest.raises(ConnectionRefusedError):
        ask(server, "/livez")


def test_a_client_that_never_ends_does_not_hold_the_end() -> None:
    clients: list[socket.socket] = []

    async def main(server: Server) -> None:
        host, port = server.admin_addresses[0]
        idle = socket.create_connection((host, port))
        idle.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert idle.recv(9) == b"HTTP/1.1 "
        slow = socket.create_connection((host, port))
        slow.sendall(b"GET /debug/profile?seconds=30 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        half = socket.create_connection((host, port))
        half.sendall(b"GET /li")
        clients.extend((idle, slow, half))
        while "sample" not in await asyncio.to_thread(lambda: ask(server, "/debug/stacks")[1]):
            pass

    began = time.monotonic()
    assert serve(main)[0] == 0
    assert time.monotonic() - began < 15
    for client in clients:
        client.close()


def test_an_address_that_is_taken_is_an_error_of_the_start() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = ServerConfig(
            host="127.0.0.1", port=0, admin_port=taken.getsockname()[1], blocked_after=0
        )
        with pytest.raises(StartupError, match=r"cannot listen on 127\.0\.0\.1:"):
            asyncio.run(Server(answering(), config).serve())


def test_an_address_that_is_taken_at_the_last_moment_is_one_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closed: list[bool] = []

    def taken(sock: socket.socket) -> None:
        closed.append(False)
        raise StartupError("cannot listen")

    monkeypatch.setattr(module, "listen", taken)
    with pytest.raises(StartupError):
        module.admin_sockets(ServerConfig(admin_port=0))
    assert closed == [False]


def test_an_admin_listener_that_fails_is_told_and_the_service_goes_on(entries: Entries) -> None:
    def broken() -> Any:
        raise RuntimeError("no app")

    sock = socket.create_server(("127.0.0.1", 0))
    listener = SideListener(broken, ServerConfig(), [sock], get_logger("gomicro.admin"))
    listener.start()
    listener._thread.join(20)
    assert sock.fileno() == -1  # so whoever asks is refused, and does not wait
    listener.stop()
    assert [entry["event"] for entry in entries] == ["admin listener failed"]


def test_one_that_cannot_even_begin_is_told_too(
    entries: Entries, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_loop() -> None:
        raise OSError("no descriptor is left")

    monkeypatch.setattr(side_listener, "loop_factory", no_loop)
    sock = socket.create_server(("127.0.0.1", 0))
    log = get_logger("gomicro.admin")
    listener = SideListener(lambda: answering(), ServerConfig(), [sock], log)
    listener.start()
    listener.stop()
    assert sock.fileno() == -1
    assert [entry["event"] for entry in entries] == ["admin listener failed"]


def test_nothing_is_imported_where_nobody_asked_for_it() -> None:
    async def main() -> None:
        server = Server(answering(), ServerConfig(host="127.0.0.1", port=0, blocked_after=0))
        task = asyncio.create_task(server.serve())
        await server.started()
        assert "gomicro heartbeat" not in {t.name for t in threading.enumerate()}
        assert server.admin_addresses == []
        server.shutdown()
        await task

    asyncio.run(main())
