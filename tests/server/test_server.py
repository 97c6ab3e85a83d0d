"""A service's life, from its sockets to its exit status, in this process."""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import shutil
import signal
import socket
import ssl
import sys
import threading
import time
import warnings
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import closing, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
from structlog.testing import capture_logs

from gomicro import Server, ServerConfig
from gomicro.connection.deadlines import DRAIN
from gomicro.connection.phase import Phase
from gomicro.errors import StartupError
from gomicro.server import assembly
from gomicro.server.assembly import loop_factory
from gomicro.server.drain import Drain
from tests.certificates import Certificate
from tests.connection.harness import CLOSE, GET, App, answering, echo, post
from tests.timing import assert_takes_less

Entries = list[MutableMapping[str, Any]]


@pytest.fixture
def entries() -> Iterator[Entries]:
    with capture_logs() as logged:
        yield logged


def events(entries: Entries) -> list[str]:
    """What was logged, but for requests, what the tests' applications do not know, and how long
    this process stood still.
    """
    beside = ("request", "application has no lifespan", "loop blocked", "loop no longer blocked")
    return [entry["event"] for entry in entries if entry["event"] not in beside]


def entry_of(entries: Entries, event: str) -> MutableMapping[str, Any]:
    return next(entry for entry in entries if entry["event"] == event)


async def logged(entries: Entries, event: str) -> None:
    """Wait until an event is logged; the loop goes on meanwhile."""
    while event not in events(entries):  # noqa: ASYNC110 -- a log tells nobody
        await asyncio.sleep(0)


async def started(server: Server, task: asyncio.Task[int]) -> int:
    """Wait until the server listens; returns its port."""
    try:
        await server.started()
    except StartupError:
        await task
        raise
    return server.addresses[0][1] or 0


def serve(
    app: App,
    main: Callable[[Server, int], Awaitable[None]] | None = None,
    **options: Any,
) -> int:
    """Run a server and a client of it in one loop; the server is shut down after the client."""

    async def run() -> int:
        server = Server(app, ServerConfig(host="127.0.0.1", port=0, **options))
        async with asyncio.timeout(20):
            task = asyncio.create_task(server.serve())
            port = await started(server, task)
            if main is not None:
                await main(server, port)
            server.shutdown()
            return await task

    return asyncio.run(run())


class Client:
    """A client on a real socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, port: int, **options: Any) -> Client:
        return cls(*await asyncio.open_connection("127.0.0.1", port, **options))

    async def ask(self, data: bytes) -> tuple[bytes, bytes]:
        """Send a request; the head and the body of its answer."""
        self.writer.write(data)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line[16:]) for line in head.split(b"\r\n") if line.startswith(b"content-length: ")
        )
        return head, await self.reader.readexactly(length)

    async def close(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()


def test_it_serves_and_stops_when_it_is_told_to(entries: Entries) -> None:
    async def main(server: Server, port: int) -> None:
        assert server.addresses == [("127.0.0.1", port)]
        client = await Client.connect(port)
        assert (await client.ask(post(b"World")))[1] == b"World"
        assert (await client.ask(GET))[1] == b""
        await client.close()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await echo(scope, receive, send)

    assert serve(app, main) == 0
    assert events(entries) == ["listening", "leaving service", "drained", "stopped"]
    listening, leaving = entry_of(entries, "listening"), entry_of(entries, "leaving service")
    assert listening["address"] == [f"127.0.0.1:{listening['port']}"]
    assert listening["tls"] is False
    assert (leaving["reason"], leaving["in_flight"]) == ("shutdown", 0)


def test_an_ipv6_address_is_logged_in_brackets(entries: Entries) -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("the machine has no IPv6")

    async def run() -> int:
        server = Server(answering(), ServerConfig(port=0))
        task = asyncio.create_task(server.serve())
        port = await started(server, task)
        client = await Client.connect(port)
        await client.ask(GET)
        await client.close()
        server.shutdown()
        return await task

    assert asyncio.run(run()) == 0
    listening = entry_of(entries, "listening")
    assert listening["address"] == [f"[::]:{listening['port']}"]
    request = next(entry for entry in entries if entry["event"] == "request")
    assert request["client"].startswith("127.0.0.1:")


def test_a_run_in_a_running_event_loop_is_told_what_to_do() -> None:
    """As in a notebook: no loop can run within another."""
    server = Server(answering(), ServerConfig(port=0))

    async def run() -> None:
        server.run()

    with pytest.raises(RuntimeError, match=r"an event loop runs here: await serve\(\), or"):
        asyncio.run(run())


def test_it_runs_in_any_thread_and_is_shut_down_from_any_other(entries: Entries) -> None:
    statuses: list[int] = []
    server = Server(answering(), ServerConfig(host="127.0.0.1", port=0))
    thread = threading.Thread(target=lambda: statuses.append(server.run()))
    thread.start()
    asyncio.run(server.started())
    with socket.create_connection(server.addresses[0], timeout=20) as client:
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert client.makefile("rb").read().endswith(b"\r\n\r\nok")
    server.shutdown()
    server.shutdown()
    thread.join(20)
    assert statuses == [0]
    server.shutdown()


# Phases.


def test_a_server_goes_through_its_phases() -> None:
    seen: list[Phase] = []

    async def startup() -> None:
        seen.append(server.phase)

    async def shutdown() -> None:
        seen.append(server.phase)

    async def run() -> None:
        async with asyncio.timeout(20):
            task = asyncio.create_task(server.serve())
            await started(server, task)
            seen.append(server.phase)
            server.shutdown()
            await task
            seen.append(server.phase)

    server = Server(Lifespan(startup, shutdown), ServerConfig(host="127.0.0.1", port=0))
    seen.append(server.phase)
    asyncio.run(run())
    new, starting, serving, stopping, stopped = seen
    assert (new, starting, serving) == (Phase.STARTING, Phase.STARTING, Phase.SERVING)
    assert stopping in (Phase.LEAVING, Phase.DRAINING)
    assert stopped is Phase.STOPPED


def test_a_shutdown_before_the_start_starts_nothing(entries: Entries) -> None:
    app = Lifespan()
    server = Server(app, ServerConfig(host="127.0.0.1", port=0))
    server.shutdown()
    assert server.run() == 0
    assert (app.told, server.phase) == ([], Phase.STOPPED)
    assert [(entry["event"], entry["reason"]) for entry in entries] == [
        ("start interrupted", "shutdown")
    ]
    with pytest.raises(StartupError, match="stopped before it listened"):
        asyncio.run(server.started())


def test_a_server_serves_once() -> None:
    server = Server(answering(), ServerConfig(host="127.0.0.1", port=0))
    server.shutdown()
    assert server.run() == 0
    with pytest.raises(RuntimeError, match="a server serves once"):
        server.run()


def test_whoever_waits_for_the_start_hears_why_it_failed() -> None:
    async def run() -> None:
        task = asyncio.create_task(server.serve())
        async with asyncio.timeout(20):
            with pytest.raises(StartupError, match="no way"):
                await server.started()
            with pytest.raises(StartupError, match="no way"):
                await task

    server = Server(Lifespan(failed="startup"), ServerConfig(host="127.0.0.1", port=0))
    asyncio.run(run())
    assert server.phase is Phase.STOPPED


def test_to_give_up_waiting_for_the_start_harms_nobody() -> None:
    async def main(server: Server, port: int) -> None:
        waiting = asyncio.create_task(server.started())
        waiting.cancel()
        with suppress(asyncio.CancelledError):
            await waiting
        await server.started()

    assert serve(answering(), main) == 0


def test_a_server_whose_task_is_cancelled_closes_all_and_stops_its_application() -> None:
    async def run() -> None:
        server = Server(app, ServerConfig(host="127.0.0.1", port=0))
        async with asyncio.timeout(20):
            task = asyncio.create_task(server.serve())
            client = await Client.connect(await started(server, task))
            await client.ask(GET)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert server.phase is Phase.STOPPED
            with suppress(ConnectionResetError):
                assert await client.reader.read() == b""
            await client.close()

    app = Lifespan()
    asyncio.run(run())
    assert app.told == ["startup", "shutdown"]


def test_a_run_that_is_cancelled_says_so() -> None:
    async def startup() -> None:
        for task in asyncio.all_tasks():
            task.cancel()

    with pytest.raises(asyncio.CancelledError):
        Server(Lifespan(startup=startup), ServerConfig(host="127.0.0.1", port=0)).run()


def test_whatever_the_drain_raises_the_application_is_stopped_and_the_status_is_1(
    entries: Entries, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def finish(self: object, ends_at: float) -> bool:
        raise ValueError("a defect")

    monkeypatch.setattr(Drain, "finish", finish)
    app = Lifespan()
    assert serve(app) == 1
    assert app.told == ["startup", "shutdown"]
    assert entry_of(entries, "shutdown failed")["log_level"] == "error"


def test_requests_in_flight_and_idle_connections_are_answered_with_close(entries: Entries) -> None:
    release = asyncio.Event()
    begun = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        if scope["method"] == "POST":
            begun.set()
            await release.wait()
        await answering()(scope, receive, send)

    async def main(server: Server, port: int) -> None:
        busy, idle = await Client.connect(port), await Client.connect(port)
        await idle.ask(GET)
        asked = asyncio.create_task(busy.ask(post(b"")))
        await begun.wait()
        server.shutdown()
        await logged(entries, "leaving service")
        head, _ = await idle.ask(GET)
        assert CLOSE in head
        release.set()
        head, body = await asked
        assert CLOSE in head
        assert body == b"ok"
        for client in (busy, idle):
            assert await client.reader.read() == b""
            await client.close()

    assert serve(app, main) == 0
    leaving = next(entry for entry in entries if entry["event"] == "leaving service")
    assert (leaving["in_flight"], leaving["connections"]) == (1, 2)


def test_a_grace_that_is_used_up_ends_with_status_1(entries: Entries) -> None:
    begun = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        begun.set()
        await asyncio.sleep(100)

    async def main(server: Server, port: int) -> None:
        client = await Client.connect(port)
        client.writer.write(GET)
        await begun.wait()
        server.shutdown()
        assert await client.reader.read() == b""
        await client.close()

    assert serve(app, main, shutdown_grace=0.1, write_timeout=0.0) == 1
    assert "grace used up" in events(entries)
    used_up = next(entry for entry in entries if entry["event"] == "grace used up")
    assert used_up["requests"] == ["GET /"]


def test_whoever_runs_the_server_may_leave_when_the_grace_is_used_up() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        server.shutdown()
        await asyncio.sleep(100)

    def ask() -> None:
        while not server.addresses:
            time.sleep(0.001)
        with socket.create_connection(server.addresses[0]) as client:
            client.sendall(GET)
            assert client.recv(1) == b""

    def leave(status: int) -> NoReturn:
        raise SystemExit(status)

    config = ServerConfig(host="127.0.0.1", port=0, shutdown_grace=0.1, write_timeout=0.0)
    server = Server(app, config)
    client = threading.Thread(target=ask)
    client.start()
    with pytest.raises(SystemExit, match="1"):
        server.run(leave=leave)
    client.join()


# Lifespan.


class Lifespan:
    """An application with a lifespan, which does what the test says."""

    def __init__(
        self,
        startup: Callable[[], Awaitable[None]] | None = None,
        shutdown: Callable[[], Awaitable[None]] | None = None,
        failed: str = "",
    ) -> None:
        self.told: list[str] = []
        self._acts = {"startup": startup, "shutdown": shutdown}
        self._failed = failed

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await answering(scope["state"]["word"])(scope, receive, send)
            return
        while "shutdown" not in self.told:
            event = (await receive())["type"].removeprefix("lifespan.")
            self.told.append(event)
            scope["state"]["word"] = b"from the lifespan"
            act = self._acts[event]
            if act is not None:
                await act()
            if self._failed == event:
                await send({"type": f"lifespan.{event}.failed", "message": "no way"})
                return
            await send({"type": f"lifespan.{event}.complete"})


def test_the_application_is_told_to_start_and_to_stop() -> None:
    async def main(server: Server, port: int) -> None:
        assert app.told == ["startup"]
        client = await Client.connect(port)
        assert (await client.ask(GET))[1] == b"from the lifespan"
        await client.close()

    app = Lifespan()
    assert serve(app, main) == 0
    assert app.told == ["startup", "shutdown"]


def test_an_application_that_fails_to_stop_ends_with_status_1(entries: Entries) -> None:
    assert serve(Lifespan(failed="shutdown")) == 1
    failed = next(e for e in entries if e["event"] == "application failed to stop")
    assert failed["reason"] == "no way"


def test_an_application_that_does_not_stop_within_the_grace_ends_with_status_1(
    entries: Entries,
) -> None:
    async def forever() -> None:
        await asyncio.sleep(1000)

    assert serve(Lifespan(shutdown=forever), shutdown_grace=0.01) == 1
    failed = next(e for e in entries if e["event"] == "application failed to stop")
    assert failed["reason"] == "it did not stop within the shutdown grace"


def test_an_application_that_fails_to_start_is_a_startup_error(entries: Entries) -> None:
    with pytest.raises(StartupError, match="the application failed to start: no way"):
        serve(Lifespan(failed="startup"))
    assert events(entries) == []


@pytest.mark.parametrize(
    ("stop", "status"),
    [
        pytest.param(lambda server: server.shutdown(), 0, id="shutdown"),
        pytest.param(lambda _: signal.raise_signal(signal.SIGINT), 130, id="SIGINT"),
        pytest.param(lambda _: signal.raise_signal(signal.SIGTERM), 143, id="SIGTERM"),
    ],
)
def test_a_start_that_is_interrupted_ends_the_application_and_says_so_by_its_status(
    entries: Entries, stop: Callable[[Server], None], status: int, request: Any
) -> None:
    ended: list[str] = []

    async def run() -> int:
        async def forever() -> None:
            stop(server)
            try:
                await asyncio.sleep(1000)
            finally:
                ended.append("ended")

        server = Server(Lifespan(startup=forever), ServerConfig(host="127.0.0.1", port=0))
        async with asyncio.timeout(20):
            return await server.serve()

    assert asyncio.run(run()) == status
    assert ended == ["ended"]
    assert events(entries) == ["start interrupted"]
    assert entries[0]["reason"] == request.node.callspec.id


# What cannot start.


def test_a_taken_port_is_a_startup_error_before_the_application_is_started() -> None:
    app = Lifespan()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartupError, match=rf"cannot listen on 127\.0\.0\.1:{port}: "):
            Server(app, ServerConfig(host="127.0.0.1", port=port)).run()
    assert app.told == []


def test_an_application_is_told_to_stop_if_its_port_is_taken_while_it_starts() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", 0))

        async def listen() -> None:
            other.listen()

        app = Lifespan(startup=listen)
        config = ServerConfig(host="127.0.0.1", port=other.getsockname()[1])
        with pytest.raises(StartupError, match="cannot listen on"):
            asyncio.run(Server(app, config).serve())
    assert app.told == ["startup", "shutdown"]


@pytest.mark.parametrize(
    ("app", "says"),
    [
        pytest.param(None, "which is called, not None$", id="None"),
        pytest.param(3, "which is called, not 3$", id="a number"),
        pytest.param("main:app", r"not 'main:app': import it \(from main import app\)", id="text"),
    ],
)
def test_what_is_no_application_is_refused_at_once(app: Any, says: str) -> None:
    with pytest.raises(TypeError, match=says):
        Server(app)


@pytest.mark.parametrize("config", [8080, {"port": 1}])
def test_what_is_no_configuration_is_refused_at_once(config: Any) -> None:
    with pytest.raises(TypeError, match="by a ServerConfig, not by "):
        Server(answering(), config)


@pytest.mark.parametrize("workers", [1, 2, "auto"])
def test_workers_are_not_left_out_without_a_word(workers: Any) -> None:
    async def main() -> None:
        async with Server(answering(), ServerConfig(port=0, workers=workers)).running():
            pass

    with capture_logs() as entries:
        asyncio.run(main())
    told = [entry["hint"] for entry in entries if entry["event"] == "workers left out"]
    assert told == ([] if workers == 1 else ["a Server is one process: gomicro.Fleet has workers"])


def test_an_application_that_cannot_be_looked_at_is_a_startup_error() -> None:
    class Lazy:
        @property
        def __call__(self) -> Any:
            raise RuntimeError("not bound")

    with pytest.raises(StartupError, match="cannot use the application: RuntimeError: not bound"):
        Server(Lazy(), ServerConfig(host="127.0.0.1", port=0)).run()


def test_a_bad_certificate_is_a_startup_error(certificate: Certificate) -> None:
    config = ServerConfig(port=0, tls_cert=certificate.cert, tls_key="/no/key.pem")
    with pytest.raises(StartupError, match=r"cannot read the key '/no/key.pem'"):
        Server(answering(), config).run()


# TLS.


@pytest.mark.parametrize("timeout", [15.0, 0.0])
def test_it_serves_https(timeout: float, certificate: Certificate, entries: Entries) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await answering(scope["scheme"].encode())(scope, receive, send)

    async def main(server: Server, port: int) -> None:
        context = ssl.create_default_context(cafile=certificate.cert)
        client = await Client.connect(port, ssl=context, server_hostname="localhost")
        assert (await client.ask(GET))[1] == b"https"
        assert (await client.ask(GET))[1] == b"https"
        await client.close()

    options = {"tls_cert": certificate.cert, "tls_key": certificate.key}
    status = serve(app, main, read_timeout=timeout, write_timeout=timeout, **options)
    assert status == 0
    assert entry_of(entries, "listening")["tls"] is True


def test_a_client_that_never_shakes_hands_is_cut(certificate: Certificate) -> None:
    async def main(server: Server, port: int) -> None:
        client = await Client.connect(port)
        assert await client.reader.read() == b""
        await client.close()

    options = {"tls_cert": certificate.cert, "tls_key": certificate.key}
    assert serve(answering(), main, read_timeout=0.1, **options) == 0


# WebSockets.


@pytest.mark.parametrize("websockets", [True, False])
def test_websockets_are_offered_unless_they_are_not_wanted_and_closed_at_the_end(
    websockets: bool,
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await answering()(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            await receive()
        else:
            raise NotImplementedError

    async def run() -> bytes:
        config = ServerConfig(host="127.0.0.1", port=0, shutdown_grace=15)
        server = Server(app, config, websockets=websockets)
        async with asyncio.timeout(20):
            task = asyncio.create_task(server.serve())
            client = await Client.connect(await started(server, task))
            client.writer.write(
                b"GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
            )
            head = await client.reader.readuntil(b"\r\n\r\n")
            server.shutdown()
            # A WebSocket is told that the service restarts; the client answers by closing.
            await client.reader.read(64)
            await client.close()
            assert await task == 0
            return head

    head = asyncio.run(run())
    assert head.startswith(b"HTTP/1.1 101 " if websockets else b"HTTP/1.1 200 OK")


# Signals.


def test_sigterm_gives_idle_connections_their_time(entries: Entries) -> None:
    async def main(server: Server, port: int) -> None:
        client = await Client.connect(port)
        await client.ask(GET)
        signal.raise_signal(signal.SIGTERM)
        await logged(entries, "leaving service")
        head, _ = await client.ask(GET)
        assert CLOSE in head
        await client.close()

    assert serve(answering(), main) == 0
    leaving = next(entry for entry in entries if entry["event"] == "leaving service")
    assert leaving["reason"] == "SIGTERM"


@pytest.mark.parametrize(
    "signals",
    [[signal.SIGINT], [signal.SIGTERM, signal.SIGINT], [signal.SIGINT, signal.SIGTERM]],
    ids=lambda signals: "+".join(s.name for s in signals),
)
def test_sigint_closes_idle_connections_at_once(
    signals: list[signal.Signals], entries: Entries
) -> None:
    took: list[float] = []

    async def main(server: Server, port: int) -> None:
        client = await Client.connect(port)
        await client.ask(GET)
        began = time.monotonic()
        for number in signals:
            signal.raise_signal(number)
            await asyncio.sleep(0)
        assert await client.reader.read() == b""
        took.append(time.monotonic() - began)
        await client.close()

    def stop_one() -> float:
        assert serve(answering(), main) == 0
        return took[-1]

    assert_takes_less(DRAIN, stop_one)
    leaving = next(entry for entry in entries if entry["event"] == "leaving service")
    assert leaving["reason"] == signals[0].name


def raises_and_leaves_all_behind(error: type[BaseException], run: Callable[[], object]) -> None:
    """An interrupt closes no connection: let what is left go where nobody is warned of it, and no
    captured log line holds on to it.
    """
    logging.disable()
    try:
        raises(error, run)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
    finally:
        logging.disable(logging.NOTSET)


def raises(error: type[BaseException], run: Callable[[], object]) -> None:
    """A frame of its own, so that no traceback keeps alive what the error left behind."""
    with pytest.raises(error):
        run()


def interrupts() -> None:
    signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGINT)


def test_a_second_sigint_interrupts(entries: Entries) -> None:
    async def main(server: Server, port: int) -> None:
        interrupts()

    raises_and_leaves_all_behind(KeyboardInterrupt, lambda: serve(answering(), main))


def test_a_second_sigint_cancels_also_while_an_application_keeps_the_loop_busy() -> None:
    """The application is answered for, whatever it raises; `run` makes KeyboardInterrupt of it."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        interrupts()
        await answering()(scope, receive, send)

    async def main(server: Server, port: int) -> None:
        client = await Client.connect(port)
        client.writer.write(GET)
        with suppress(ConnectionResetError):
            await client.reader.read()
        await client.close()

    raises_and_leaves_all_behind(asyncio.CancelledError, lambda: serve(app, main))


@pytest.mark.parametrize("tls", [True, False])
def test_sighup_renews_a_certificate_and_is_ignored_without(
    tls: bool, certificate: Certificate, entries: Entries
) -> None:
    async def main(server: Server, port: int) -> None:
        signal.raise_signal(signal.SIGHUP)
        await logged(entries, "certificate renewed" if tls else "signal ignored")

    files = {"tls_cert": certificate.cert, "tls_key": certificate.key} if tls else {}
    assert serve(answering(), main, **files) == 0


def test_a_certificate_that_cannot_be_renewed_stays(
    certificate: Certificate, entries: Entries, tmp_path: Path
) -> None:
    key = tmp_path / "key.pem"
    shutil.copy(certificate.key, key)

    async def main(server: Server, port: int) -> None:
        key.unlink()
        signal.raise_signal(signal.SIGHUP)
        await logged(entries, "certificate refused")
        context = ssl.create_default_context(cafile=certificate.cert)
        client = await Client.connect(port, ssl=context, server_hostname="localhost")
        assert (await client.ask(GET))[1] == b"ok"
        await client.close()

    assert serve(answering(), main, tls_cert=certificate.cert, tls_key=str(key)) == 0
    refused = entry_of(entries, "certificate refused")
    assert (refused["certificate"], refused["key"]) == (certificate.cert, str(key))


def test_a_signal_before_there_is_a_service_is_nothing() -> None:
    server = Server(answering())
    server._on_other(signal.SIGHUP)
    assert server.phase is Phase.STARTING


# The event loop.


def test_uvloop_is_used_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    uvloop = pytest.importorskip("uvloop")
    make = loop_factory()
    assert make is not None
    with closing(make()) as loop:
        assert isinstance(loop, uvloop.Loop)
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert loop_factory() is None


def test_without_descriptors_for_a_loop_a_server_fails_to_start_and_leaves_those_it_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("uvloop")
    pairs, closed = [(13, 14), (11, 12)], list[int]()

    def few() -> tuple[int, int]:
        if not pairs:
            raise OSError(errno.EMFILE, "Too many open files")
        return pairs.pop()

    monkeypatch.setattr(assembly, "os", SimpleNamespace(pipe=few, close=closed.append))
    with pytest.raises(StartupError, match="cannot make an event loop: Too many open files"):
        Server(answering()).run()
    assert closed == [11, 12, 13, 14]


def test_the_default_configuration_is_the_commands() -> None:
    assert Server(answering()).config == ServerConfig()
