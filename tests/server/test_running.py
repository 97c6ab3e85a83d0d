"""A server that serves while a context lasts, on real sockets."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from gomicro import Server, ServerConfig
from gomicro.connection.phase import Phase
from gomicro.errors import ShutdownError, StartupError
from gomicro.server import running
from tests.certificates import make_certificate
from tests.connection.harness import GET, App, answering

LOCAL = ServerConfig(host="127.0.0.1", port=0)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with capture_logs():
        yield


def fetch(url: str) -> bytes:
    """The body of an answer."""
    with urllib.request.urlopen(url, timeout=20) as answer:
        body: bytes = answer.read()
        return body


def failing(stage: str) -> App:
    """An application that says that it cannot start, or stop."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while scope["type"] == "lifespan":
            asked = (await receive())["type"]
            outcome = "failed" if asked == f"lifespan.{stage}" else "complete"
            await send({"type": f"{asked}.{outcome}", "message": "no database"})
        await answering()(scope, receive, send)

    return app


class Returning:
    """An application whose call is no coroutine, but returns one: Emmett's, for example."""

    def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        return answering(body=b"here")(scope, receive, send)


class InTwoSteps:
    """An application of ASGI 2."""

    def __init__(self, scope: Any) -> None:
        self.scope = scope

    async def __call__(self, receive: Any, send: Any) -> None:
        await answering(body=b"here")(self.scope, receive, send)


@pytest.mark.parametrize(
    "app",
    [
        pytest.param(Returning(), id="an object"),
        pytest.param(Returning().__call__, id="a method"),
        pytest.param(lambda scope, receive, send: Returning()(scope, receive, send), id="a lambda"),
        pytest.param(partial(answering(body=b"here")), id="a partial"),
        pytest.param(InTwoSteps, id="a class of ASGI 2"),
        pytest.param(lambda scope: InTwoSteps(scope), id="a function of ASGI 2"),
        pytest.param(lambda *args: InTwoSteps(*args), id="a wrapper of ASGI 2"),
    ],
)
def test_it_serves_what_is_an_application_in_any_form(app: Any) -> None:
    with Server(app, LOCAL).running() as url:
        assert fetch(url) == b"here"


def test_what_does_not_say_what_it_takes_fails_when_it_is_asked() -> None:
    server = Server(min, LOCAL)
    with server.running() as url, pytest.raises(urllib.error.HTTPError, match="500") as failed:
        fetch(url)
    failed.value.close()


def test_it_serves_in_a_thread_while_the_context_lasts() -> None:
    server = Server(answering(body=b"here"), LOCAL)
    with server.running() as url:
        assert url == f"http://127.0.0.1:{server.addresses[0][1]}"
        assert fetch(url) == b"here"
        assert server.phase is Phase.SERVING
    assert server.phase.value == Phase.STOPPED.value
    assert "gomicro" not in {thread.name for thread in threading.enumerate()}


def test_it_serves_in_the_running_loop_while_the_context_lasts() -> None:
    async def main() -> Server:
        server = Server(answering(body=b"here"), LOCAL)
        async with server.running() as url:
            assert await asyncio.to_thread(fetch, url) == b"here"
        return server

    assert asyncio.run(main()).phase is Phase.STOPPED


@pytest.mark.parametrize(
    ("host", "name"), [("", "localhost"), ("localhost", "localhost"), ("0.0.0.0", "127.0.0.1")]
)
def test_the_url_has_a_host_that_this_machine_can_ask(host: str, name: str) -> None:
    server = Server(answering(body=b"here"), ServerConfig(host=host, port=0))
    with server.running() as url:
        assert url == f"http://{name}:{server.addresses[0][1]}"
        assert fetch(url) == b"here"


def test_an_address_of_ipv6_is_in_brackets() -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("the machine has no IPv6")
    with Server(answering(body=b"here"), ServerConfig(host="::1", port=0)).running() as url:
        assert url.startswith("http://[::1]:")
        assert fetch(url) == b"here"


def test_on_a_unix_socket_the_url_has_a_host_alone(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    with Server(answering(body=b"here"), ServerConfig(uds=path)).running() as url:
        assert url == "http://localhost"
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)
            client.sendall(GET)
            client.shutdown(socket.SHUT_WR)
            assert client.makefile("rb").read().endswith(b"here")


def test_on_a_socket_that_listens_already_the_url_has_its_address() -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    with Server(answering(body=b"here"), ServerConfig(fd=listening.detach())).running() as url:
        assert url == f"http://127.0.0.1:{port}"
        assert fetch(url) == b"here"


def test_with_a_certificate_the_url_is_of_https(tmp_path: Path) -> None:
    made = make_certificate(tmp_path, "DNS:localhost")
    config = ServerConfig(port=0, tls_cert=made.cert, tls_key=made.key)
    with Server(answering(), config).running() as url:
        assert url.startswith("https://localhost:")


def test_what_goes_wrong_at_the_start_is_raised_where_the_context_is_entered() -> None:
    with (
        pytest.raises(StartupError, match="no database"),
        Server(failing("startup"), LOCAL).running(),
    ):
        pytest.fail("it was entered")
    assert "gomicro" not in {thread.name for thread in threading.enumerate()}


def test_what_goes_wrong_at_the_start_is_raised_in_the_running_loop_as_well() -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            config = ServerConfig(host="127.0.0.1", port=taken.getsockname()[1])
            async with Server(answering(), config).running():
                pytest.fail("it was entered")

    with pytest.raises(StartupError, match="cannot listen"):
        asyncio.run(main())


@pytest.mark.parametrize("error", [KeyboardInterrupt, asyncio.CancelledError], ids=repr)
def test_whatever_an_application_raises_at_the_start_nobody_waits_for_ever(
    error: type[BaseException],
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        raise error

    with (
        pytest.raises(StartupError, match=f"failed to start: {error.__name__}"),
        Server(app, LOCAL).running(),
    ):
        pytest.fail("it was entered")

    async def main() -> None:
        async with Server(app, LOCAL).running():
            pytest.fail("it was entered")

    with pytest.raises(StartupError, match=f"failed to start: {error.__name__}"):
        asyncio.run(main())


def test_nobody_waits_for_a_thread_that_died_before_the_server_began(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail() -> None:
        raise MemoryError

    monkeypatch.setattr(running, "loop_factory", fail)
    with pytest.raises(MemoryError), Server(answering(), LOCAL).running():
        pytest.fail("it was entered")


def test_an_application_that_fails_to_stop_is_an_error() -> None:
    with (
        pytest.raises(ShutdownError, match="did not stop in order"),
        Server(failing("shutdown"), LOCAL).running(),
    ):
        pass


def test_an_application_that_fails_to_stop_is_an_error_in_the_running_loop_as_well() -> None:
    async def main() -> None:
        async with Server(failing("shutdown"), LOCAL).running():
            pass

    with pytest.raises(ShutdownError, match="did not stop in order"):
        asyncio.run(main())


@pytest.mark.parametrize("says", [True, False], ids=["after it has said so", "only raises"])
def test_the_cause_is_what_the_application_raised_when_it_was_to_stop(says: bool) -> None:
    error = OSError("still open")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            if says:
                await send({"type": "lifespan.shutdown.failed", "message": "still open"})
            raise error

    async def main() -> None:
        async with Server(app, LOCAL).running():
            pass

    with pytest.raises(ShutdownError) as caught, Server(app, LOCAL).running():
        pass
    assert caught.value.__cause__ is error
    with pytest.raises(ShutdownError) as caught:
        asyncio.run(main())
    assert caught.value.__cause__ is error


def test_an_error_of_the_block_is_the_one_that_is_raised() -> None:
    with pytest.raises(KeyError), Server(failing("shutdown"), LOCAL).running():
        raise KeyError

    async def main() -> None:
        async with Server(failing("shutdown"), LOCAL).running():
            raise KeyError

    with pytest.raises(KeyError):
        asyncio.run(main())


def test_a_server_that_has_been_run_cannot_be_entered() -> None:
    server = Server(answering(), LOCAL)
    with server.running():
        pass
    with pytest.raises(RuntimeError, match="serves once"):
        server.running()


def test_a_context_is_entered_once() -> None:
    context = Server(answering(), LOCAL).running()
    with context:
        pass
    with pytest.raises(RuntimeError, match="serves once"), context:
        pytest.fail("it was entered")


def test_of_two_contexts_of_one_server_the_second_cannot_be_entered() -> None:
    server = Server(answering(body=b"here"), LOCAL)
    first, second = server.running(), server.running()
    with first as url:
        with pytest.raises(RuntimeError, match="serves once"), second:
            pytest.fail("it was entered")
        assert fetch(url) == b"here"


def test_a_context_is_entered_once_in_the_running_loop_as_well() -> None:
    async def main() -> None:
        server = Server(answering(), LOCAL)
        first, second = server.running(), server.running()
        async with first:
            with pytest.raises(RuntimeError, match="serves once"):
                async with second:
                    pytest.fail("it was entered")
            assert server.phase is Phase.SERVING
        with pytest.raises(RuntimeError, match="serves once"):
            async with first:
                pytest.fail("it was entered")

    asyncio.run(main())


def test_of_two_that_enter_at_once_one_is_told() -> None:
    async def main() -> None:
        server = Server(answering(), LOCAL)

        async def enter() -> None:
            async with server.running():
                assert server.phase is Phase.SERVING

        ended = await asyncio.gather(enter(), enter(), return_exceptions=True)
        assert [type(one) for one in ended] == [type(None), RuntimeError]

    asyncio.run(main())


def test_requests_in_flight_are_answered_and_idle_connections_closed_at_the_end() -> None:
    begun = threading.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            begun.set()
            while server.phase is Phase.SERVING:  # noqa: ASYNC110 -- a phase tells nobody
                await asyncio.sleep(0.01)
            await answering(body=b"late")(scope, receive, send)

    server = Server(app, ServerConfig(host="127.0.0.1", port=0, write_timeout=0, idle_timeout=0))
    with server.running():
        idle = socket.create_connection(server.addresses[0])
        busy = socket.create_connection(server.addresses[0])
        busy.sendall(GET)
        assert begun.wait(20)
    with idle, busy:
        idle.settimeout(20)
        busy.settimeout(20)
        assert idle.recv(100) == b""
        assert busy.makefile("rb").read().endswith(b"late")


def test_signals_stay_the_programs() -> None:
    before = signal.getsignal(signal.SIGTERM)

    async def main() -> None:
        async with Server(answering(), LOCAL).running():
            assert signal.getsignal(signal.SIGTERM) is before

    asyncio.run(main())


def test_a_cancelled_start_leaves_nothing() -> None:
    async def forever(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.Event().wait()

    complaints: list[object] = []

    async def main() -> set[str]:
        asyncio.get_running_loop().set_exception_handler(lambda _, said: complaints.append(said))

        async def enter() -> None:
            async with Server(forever, LOCAL).running():
                pytest.fail("it was entered")

        task = asyncio.create_task(enter())
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()
        await asyncio.sleep(0)
        gc.collect()
        return {other.get_name() for other in asyncio.all_tasks()}

    assert "gomicro" not in asyncio.run(main())
    gc.collect()
    assert complaints == []


def test_cancelled_while_it_stops_it_cuts_what_is_left() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            begun.set()
            await asyncio.Event().wait()

    begun = asyncio.Event()

    async def main(client: socket.socket) -> None:
        server = Server(app, ServerConfig(host="127.0.0.1", port=0, write_timeout=0))

        async def serve() -> None:
            async with server.running():
                client.connect(server.addresses[0])
                client.sendall(GET)
                await begun.wait()
            pytest.fail("the request has no end")

        task = asyncio.create_task(serve())
        await reached(server, Phase.HURRYING)
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()
        await reached(server, Phase.STOPPED)

    with socket.socket() as client:
        asyncio.run(main(client))
        client.settimeout(20)
        assert client.recv(100) == b""


async def reached(server: Server, phase: Phase) -> None:
    """Wait until the server is that far."""
    async with asyncio.timeout(20):
        while server.phase.value != phase.value:  # noqa: ASYNC110 -- a phase tells nobody
            await asyncio.sleep(0.005)


def test_a_log_of_the_programs_that_fails_costs_no_connection() -> None:
    """Their lines are logged in the midst of what a connection does."""

    def refuse(*_: Any) -> Any:
        raise OSError("no space left")

    server = Server(answering(), LOCAL)
    structlog.configure(processors=[refuse])
    try:
        with server.running() as url:
            for _ in range(3):
                assert fetch(url) == b"ok"  # and closes
            for _ in range(100):
                if not server._service.connections:  # type: ignore[union-attr]
                    break
                time.sleep(0.1)
            assert not server._service.connections  # type: ignore[union-attr]
    finally:
        structlog.reset_defaults()
