"""The seed's `main` against the library: a program of ten lines, as a process."""

from __future__ import annotations

import json
import signal
import socket
import sys
from pathlib import Path

import pytest

from tests.integration.peer import Peer, get, take_answer
from tests.integration.process import Process

PROGRAM = """\
from gomicro import Goodbye, Hello, ServeMux, Server, ServerConfig, get_logger, log

log.configure()
logger = get_logger("product-api")

mux = ServeMux()
mux.handle("/", Hello(logger))
mux.handle("/goodbye", Goodbye(logger))

server = Server(mux, ServerConfig(host="127.0.0.1", port=0))
raise SystemExit(server.run())
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_program_serves_until_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    program = tmp_path / "main.py"
    program.write_text(PROGRAM)
    process = Process(sys.executable, str(program), env={"NO_COLOR": "1", "FORCE_COLOR": ""})
    try:
        port = int(process.match(r'"listening".*"port":(\d+)')[1])
        hello = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nWorld"
        with Peer(port) as peer:
            assert peer.send(hello).answer().body == b"Hello World\n"
        assert take_answer(port, get("/goodbye")).body == b"Byee\n"
        assert (process.stop(number), process.errors()) == (0, "")
        assert process.stdout is not None
        logged = [json.loads(line) for line in process.stdout.so_far()]
        assert {"listening", "Hello world", "request"} <= {line["event"] for line in logged}
    finally:
        process.kill()


def test_a_program_that_cannot_start_ends_with_a_short_traceback(tmp_path: Path) -> None:
    """The way there through the server and the event loop helps nobody."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        program = tmp_path / "main.py"
        program.write_text(PROGRAM.replace("port=0", f"port={port}"))
        process = Process(sys.executable, str(program))
        assert process.wait() == 1
    lines = process.errors().splitlines()
    said = f"gomicro.errors.StartupError: cannot listen on 127.0.0.1:{port}: Address already in use"
    assert lines[-1] == said
    assert sum(line.startswith("  File ") for line in lines) == 2


THREADED = """\
import signal
import threading

from gomicro import Server, ServerConfig


async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"from a thread"})


signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
server = Server(app, ServerConfig(host="127.0.0.1", port=0))
thread = threading.Thread(target=lambda: print("status", server.run(), flush=True))
thread.start()
signal.sigwait([signal.SIGUSR1])
server.shutdown()
thread.join()
"""


def test_a_server_in_a_thread_is_stopped_by_its_program(tmp_path: Path) -> None:
    """Signals are the main thread's business; `shutdown` may be called from any."""
    program = tmp_path / "main.py"
    program.write_text(THREADED)
    process = Process(sys.executable, str(program), env={"NO_COLOR": "1", "FORCE_COLOR": ""})
    try:
        port = int(process.match(r"listening.*port=(\d+)")[1])
        answer = take_answer(port, get("/", "Connection: close"))
        assert answer.body == b"from a thread"
        process.send_signal(signal.SIGUSR1)
        assert (process.wait(), process.errors()) == (0, "")
        assert process.match(r"status (\d+)")[1] == "0"
    finally:
        process.kill()


BUSY = """\
import asyncio
import sys
import time

from gomicro import Server, ServerConfig


async def app(scope, receive, send):
    if scope["type"] == "http":
        before = server.phase.name
        print("busy", flush=True)
        while True:
            if scope["path"] == "/block":
                time.sleep(0.01)
            else:
                await asyncio.sleep(0.01)
            if server.phase.name != before:
                before = server.phase.name
                print("phase", before, flush=True)
    else:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()


server = Server(app, ServerConfig(host="127.0.0.1", port=0, write_timeout=0))
try:
    print("status", server.run())
except KeyboardInterrupt:
    print("interrupted", server.phase.name, flush=True)
    sys.exit(7)
"""


HALF_DONE = """\
import signal
import sys
import gomicro.server.drain
from gomicro import Server, ServerConfig
from gomicro.server.drain import left


async def app(scope, receive, send):
    assert scope["type"] == "http"


interrupt = "def left(ends_at, **_): signal.raise_signal(signal.SIGINT); return left_of(ends_at)"
interrupt = compile(interrupt, gomicro.server.drain.__file__, "exec")
exec(interrupt, vars(gomicro.server.drain) | {"signal": signal, "left_of": left}, globals())
gomicro.server.drain.left = left
server = Server(app, ServerConfig(host="127.0.0.1", port=0))
try:
    print("status", server.run())
except KeyboardInterrupt:
    print("interrupted", server.phase.name, flush=True)
    sys.exit(7)
"""


def test_a_second_sigint_leaves_nothing_of_the_servers_half_done(tmp_path: Path) -> None:
    """It comes here between the making of a coroutine and its first step."""
    program = tmp_path / "main.py"
    program.write_text(HALF_DONE)
    process = Process(sys.executable, str(program), env={"NO_COLOR": "1", "FORCE_COLOR": ""})
    try:
        process.match(r"listening.*port=(\d+)")
        process.send_signal(signal.SIGINT)
        assert (process.wait(), process.errors()) == (7, "")
        assert process.match("^interrupted (.*)")[1] == "STOPPED"
    finally:
        process.kill()


@pytest.mark.parametrize("path", ["/block", "/wait"])
def test_a_second_sigint_interrupts_a_program_whose_handler_is_busy(
    tmp_path: Path, path: str
) -> None:
    """Whatever becomes of a KeyboardInterrupt within a handler, `run` raises it."""
    program = tmp_path / "main.py"
    program.write_text(BUSY)
    process = Process(sys.executable, str(program), env={"NO_COLOR": "1", "FORCE_COLOR": ""})
    try:
        port = int(process.match(r"listening.*port=(\d+)")[1])
        with Peer(port) as peer:
            peer.send(get(path))
            process.match("^busy")
            process.send_signal(signal.SIGINT)
            process.match("^phase")  # the system merges two that come before either is seen
            process.send_signal(signal.SIGINT)
            assert process.wait() == 7
            peer.cut()
        assert process.match("^interrupted (.*)")[1] == "STOPPED"
        if path == "/wait":
            assert process.errors() == ""
    finally:
        process.kill()
