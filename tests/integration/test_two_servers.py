"""Two servers in one event loop, which hear the signals of their process together."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.peer import Peer, get
from tests.integration.process import Process

PROGRAM = """\
import asyncio
import os
import signal
import sys
import time

from gomicro import Server, ServerConfig, log

log.configure(level="error")
begun = 0


async def app(scope, receive, send):
    global begun
    if scope["type"] == "http":
        begun += 1
        print("begun", begun, flush=True)
        while any(server.phase.name == "SERVING" for server in servers):
            await asyncio.sleep(0.01)
        print("leaving", flush=True)
        while scope["path"] == "/for-ever":
            await asyncio.sleep(0.01)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"whole"})


config = ServerConfig(host="127.0.0.1", port=0, write_timeout=0)
servers = [Server(app, config), Server(app, config)]


async def main():
    tasks = [asyncio.create_task(server.serve()) for server in servers]
    for server in servers:
        await server.started()
    for number in map(int, sys.argv[1:]):  # of those that end before any signal
        servers[number].shutdown()
        await tasks[number]
    print("ports", *(server.addresses[0][1] for server in servers), flush=True)
    print("statuses", *await asyncio.gather(*tasks), flush=True)


def heard(number, frame):
    os.write(1, b"the program heard it\\n")  # it may come within print, whose buffer is taken then
    sys.exit(5)


signal.signal(signal.SIGTERM, heard)
try:
    asyncio.run(main())
except (KeyboardInterrupt, asyncio.CancelledError):  # the former may end within a handler
    print("interrupted", *(server.phase.name for server in servers), flush=True)
    sys.exit(7)
print("over", flush=True)
while True:  # a signal just before signal.pause() would be heard behind it
    time.sleep(0.05)
"""


@contextmanager
def running(directory: Path, *ended: int) -> Iterator[tuple[Process, list[int]]]:
    """The program, and the ports of its servers, of which those numbers have ended."""
    program = directory / "main.py"
    program.write_text(PROGRAM)
    process = Process(sys.executable, str(program), *map(str, ended))
    try:
        yield process, list(map(int, process.match(r"^ports (\d+) (\d+)").groups()))
    finally:
        process.kill()


def ends_as_before(process: Process) -> None:
    """Both servers have ended, and SIGTERM is the program's again."""
    process.match("^over")
    assert process.stop(signal.SIGTERM) == 5
    process.match("^the program heard it")
    assert process.errors() == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_one_signal_ends_both_and_no_request_is_lost(
    tmp_path: Path, number: signal.Signals
) -> None:
    with running(tmp_path) as (process, (first, second)), Peer(first) as one, Peer(second) as two:
        one.send(get())
        two.send(get())
        process.match("^begun 2")
        process.send_signal(number)
        assert [one.answer().body, two.answer().body] == [b"whole"] * 2
        assert process.match("^statuses (.*)")[1] == "0 0"
        ends_as_before(process)


@pytest.mark.parametrize("ended", [0, 1], ids=["the first", "the second"])
def test_where_one_has_ended_a_signal_loses_no_request_of_the_other(
    tmp_path: Path, ended: int
) -> None:
    with running(tmp_path, ended) as (process, ports), Peer(ports[1 - ended]) as peer:
        peer.send(get())
        process.match("^begun")
        process.send_signal(signal.SIGTERM)
        assert peer.answer().body == b"whole"
        assert process.match("^statuses (.*)")[1] == "0 0"
        ends_as_before(process)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_once_both_have_ended_signals_are_the_programs(
    tmp_path: Path, order: tuple[int, int]
) -> None:
    with running(tmp_path, *order) as (process, _):
        ends_as_before(process)


def test_a_second_sigint_interrupts_both(tmp_path: Path) -> None:
    with running(tmp_path) as (process, (first, second)), Peer(first) as one, Peer(second) as two:
        one.send(get("/for-ever"))
        two.send(get("/for-ever"))
        process.match("^begun 2")
        process.send_signal(signal.SIGINT)
        process.match("^leaving")  # the system merges two that come before either is seen
        process.send_signal(signal.SIGINT)
        assert process.wait() == 7
        assert process.match("^interrupted (.*)")[1] == "STOPPED STOPPED"
        one.cut()
        two.cut()


def test_sigquit_tells_of_the_requests_of_both(tmp_path: Path) -> None:
    with running(tmp_path) as (process, (first, second)), Peer(first) as one, Peer(second) as two:
        one.send(get("/one"))
        two.send(get("/two"))
        process.match("^begun 2")
        assert process.stop(signal.SIGQUIT) == 2
        assert "request GET '/one'" in process.errors()
        assert "request GET '/two'" in process.errors()
        one.cut()
        two.cut()
