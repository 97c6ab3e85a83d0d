"""Leaving service: connections are accepted for a while still, and whoever wants to is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from gomicro import Server, ServerConfig
from gomicro.connection.phase import Phase
from gomicro.server.leaving import Delay
from tests.connection.harness import CLOSE, GET, App, Peer, answering, make_service, ok, virtually

DELAY = 10.0


def during(delay: Delay, main: Callable[[Any], Awaitable[None]]) -> float:
    """How long a delay lasts, and what a service of it is asked meanwhile."""
    lasted: list[float] = []

    async def run() -> None:
        service = make_service(answering())
        began = asyncio.get_running_loop().time()
        waiting = asyncio.create_task(delay.wait(service))
        await main(service)
        await waiting
        lasted.append(asyncio.get_running_loop().time() - began)

    virtually(run)
    return lasted[0]


def test_connections_are_kept_in_the_first_half_and_closed_by_their_answers_in_the_second() -> None:
    async def main(service: Any) -> None:
        await asyncio.sleep(DELAY * 0.4)
        kept = Peer(service)
        await kept.send(GET)
        assert (service.phase, kept.sent()) == (Phase.LEAVING, ok())
        await asyncio.sleep(DELAY * 0.2)
        kept.wire.written.clear()
        await kept.send(GET)
        new = Peer(service)
        await new.send(GET)
        assert service.phase is Phase.PARTING
        assert kept.sent() == new.sent() == ok(b"ok", CLOSE)

    assert during(Delay(DELAY), main) == pytest.approx(DELAY, abs=0.01)


@pytest.mark.parametrize("after", [0.0, DELAY * 0.3, DELAY * 0.7])
def test_a_delay_ends_when_it_is_hurried(after: float) -> None:
    delay = Delay(DELAY)

    async def main(service: Any) -> None:
        await asyncio.sleep(after)
        delay.hurry()

    assert during(delay, main) == pytest.approx(after, abs=0.01)


def test_without_a_delay_nothing_waits() -> None:
    async def main(service: Any) -> None:
        """Do nothing."""

    assert during(Delay(0), main) == pytest.approx(0, abs=0.01)


# A server, on real sockets.


def serve(
    app: App, main: Callable[[Server, int], Awaitable[None]], **options: Any
) -> tuple[int, list[Any]]:
    """Run a server until `main` has shut it down; its status, and what it logged."""

    async def run() -> int:
        server = Server(app, ServerConfig(host="127.0.0.1", port=0, **options))
        async with asyncio.timeout(30):
            task = asyncio.create_task(server.serve())
            await server.started()
            await main(server, server.addresses[0][1] or 0)
            return await task

    with capture_logs() as entries:
        return asyncio.run(run()), entries


async def ask(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer[9:12]


async def leaving(server: Server) -> None:
    """Wait until the server has begun to leave; the loop goes on meanwhile."""
    while server.phase is Phase.SERVING:  # noqa: ASYNC110 -- a phase tells nobody
        await asyncio.sleep(0)


def test_a_server_that_leaves_accepts_until_the_delay_is_over() -> None:
    async def main(server: Server, port: int) -> None:
        server.shutdown()
        await leaving(server)
        assert server.phase is Phase.LEAVING
        assert await ask(port) == b"200"
        assert server.phase in (Phase.LEAVING, Phase.PARTING)

    status, entries = serve(answering(), main, shutdown_delay=2.0)
    assert status == 0
    (entry,) = [entry for entry in entries if entry["event"] == "leaving service"]
    assert entry["delay"] == 2.0


def test_whoever_asks_hears_of_it_while_the_loop_is_blocked() -> None:
    async def main(server: Server, port: int) -> None:
        server.shutdown()
        assert server.phase is Phase.LEAVING

    assert serve(answering(), main)[0] == 0


def test_a_second_order_ends_the_delay() -> None:
    async def main(server: Server, port: int) -> None:
        server.shutdown()
        await leaving(server)
        assert await ask(port) == b"200"
        server.shutdown()

    assert serve(answering(), main, shutdown_delay=3600)[0] == 0


def test_the_grace_counts_from_the_end_of_the_delay() -> None:
    """A grace that had begun with the delay would be over when that is."""
    servers: list[Server] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while servers[0].phase in (Phase.LEAVING, Phase.PARTING):  # noqa: ASYNC110 -- tells nobody
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        await answering()(scope, receive, send)

    async def main(server: Server, port: int) -> None:
        servers.append(server)
        server.shutdown()
        await leaving(server)
        assert await ask(port) == b"200"

    assert serve(app, main, shutdown_delay=1.0, shutdown_grace=1.0)[0] == 0


async def stream(scope: Any, receive: Any, send: Any) -> None:
    """A stream of events that ends when it is told that the service leaves."""
    fields = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": fields})
    await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
    await scope["extensions"]["gomicro.shutdown"]
    assert scope["extensions"]["gomicro.shutdown"].is_set()
    await send({"type": "http.response.body", "body": b"data: bye\n\n"})


def test_a_stream_is_told_that_the_service_leaves_and_ends_by_itself() -> None:
    async def main(server: Server, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET)
        await reader.readuntil(b"data: 1\n\n")
        server.shutdown()
        assert b"data: bye\n\n" in await reader.read()
        writer.close()
        await writer.wait_closed()

    status, entries = serve(stream, main, write_timeout=0)
    assert status == 0
    assert "grace used up" not in {entry["event"] for entry in entries}


def test_each_request_has_extensions_of_its_own() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(dict(scope["extensions"]))
        scope["extensions"]["mine"] = {}
        await answering()(scope, receive, send)

    async def main() -> None:
        service = make_service(app)
        peer = Peer(service)
        for _ in range(3):
            await peer.send(GET)
        assert len(seen) == 3
        for extensions in seen:
            assert extensions.items() >= service.extensions.items()
            assert "mine" not in extensions

    virtually(main)


@pytest.mark.parametrize(
    "error",
    [ValueError("no"), SystemExit(7), KeyboardInterrupt(), asyncio.CancelledError()],
    ids=repr,
)
def test_what_is_registered_is_called_when_no_more_is_accepted_and_an_awaitable_waited_for(
    error: BaseException,
) -> None:
    told: list[Any] = []

    async def main(server: Server, port: int) -> None:
        async def slowly() -> None:
            told.append("begun")
            await asyncio.sleep(0.05)
            told.append("ended")

        def fails() -> None:
            raise error

        server.register_on_shutdown(lambda: told.append(server.phase))
        server.register_on_shutdown(fails)
        server.register_on_shutdown(slowly)
        assert told == []
        server.shutdown()

    status, entries = serve(answering(), main, shutdown_delay=0.05)
    assert (status, told) == (0, [Phase.DRAINING, "begun", "ended"])
    (failed,) = [entry for entry in entries if entry["log_level"] == "error"]
    assert failed["event"] == "shutdown callback failed"
    assert entries[-1]["event"] == "stopped"


def test_a_callback_that_does_not_end_is_cut_by_the_grace() -> None:
    cut: list[bool] = []

    async def main(server: Server, port: int) -> None:
        async def endless() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                cut.append(True)

        server.register_on_shutdown(endless)
        server.shutdown()

    status, entries = serve(answering(), main, shutdown_grace=0.05)
    assert (status, cut) == (1, [True])
    assert "shutdown callback failed" not in [entry["event"] for entry in entries]
