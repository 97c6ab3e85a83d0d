"""No room for another connection: it waits in the kernel's queue, and nobody is lost."""

from __future__ import annotations

import signal
import time
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest

from tests.integration.conftest import Serve
from tests.integration.peer import Peer, get, take_answer
from tests.integration.process import GOMICRO, NOBODY_IS_SHED, PATIENCE, Process, Service
from tests.ports import unused_port

APP = "tests.apps.bare:app"
PATIENT = ("--read-timeout=60s", "--write-timeout=60s", NOBODY_IS_SHED)
LIMIT = 64
FEW_FILES = ("sh", "-c", f'ulimit -n {LIMIT}; exec "$0" "$@"', GOMICRO)


def cpu_seconds(process: Process) -> float:
    fields = Path(f"/proc/{process.popen.pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def crowd(stack: ExitStack, service: Service, count: int) -> list[Peer]:
    """Clients that have each asked, whether they are accepted or not."""
    peers = [stack.enter_context(Peer(service.port)) for _ in range(count)]
    for peer in peers:
        peer.send(get("/hello"))
    return peers


def test_on_sigterm_with_the_descriptors_used_up_everybody_is_answered(serve: Serve) -> None:
    service = serve(APP, *PATIENT, command=FEW_FILES)
    with ExitStack() as stack:
        peers = crowd(stack, service, 2 * LIMIT)
        service.await_entry("accepting paused")
        service.send_signal(signal.SIGTERM)
        for peer in peers:
            assert peer.answer().body == b"hello"
            peer.sock.close()
        assert (service.wait(), service.errors()) == (0, "")
    assert service.entries("drained", in_flight=0)


def test_while_the_descriptors_are_used_up_a_line_a_second_names_the_limit(serve: Serve) -> None:
    service = serve(APP, *PATIENT, command=FEW_FILES)
    with ExitStack() as stack:
        peers = crowd(stack, service, LIMIT)
        entry = service.await_entry("accepting paused")
        spent = cpu_seconds(service)
        assert (entry["level"], entry["limit"], entry["value"]) == (
            "warning",
            "RLIMIT_NOFILE",
            LIMIT,
        )
        assert entry["reason"] == "Too many open files"
        assert 0 < entry["connections"] < LIMIT
        while len(lines := service.entries("accepting paused")) < 3:
            time.sleep(0.05)
        first, *_, last = (datetime.fromisoformat(line["time"]) for line in lines[:3])
        assert (last - first).total_seconds() >= 1.9
        assert cpu_seconds(service) - spent < 0.5  # it waits, and does not try without end
        for peer in peers:
            assert peer.answer().body == b"hello"
            peer.sock.close()
    assert (service.stop(signal.SIGTERM), service.errors()) == (0, "")


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_above_the_most_connections_a_client_waits_for_its_turn(
    serve: Serve, tls: bool, request: pytest.FixtureRequest
) -> None:
    flags = request.getfixturevalue("certificate").flags if tls else ()
    service = serve(APP, *PATIENT, "--max-connections=2", *flags)
    with ExitStack() as stack:
        first, _, third = (stack.enter_context(Peer(service.port)) for _ in range(3))
        entry = service.await_entry("accepting paused")
        assert (entry["limit"], entry["value"]) == ("--max-connections", 2)
        if tls:
            first.sock.close()
            assert third.send(b"GET / HTTP/1.1\r\n\r\n").rest().startswith(b"HTTP/1.0 400 ")
        else:
            first.sock.close()
            assert third.send(get("/hello")).answer().body == b"hello"
    assert (service.stop(signal.SIGTERM), service.errors()) == (0, "")


def test_many_short_connections_share_few_places(serve: Serve) -> None:
    service = serve(APP, NOBODY_IS_SHED, "--max-connections=3")
    for _ in range(5):
        with ExitStack() as stack:
            peers = [stack.enter_context(Peer(service.port)) for _ in range(20)]
            for peer in peers:
                peer.send(get("/hello", "Connection: close"))
            for peer in peers:
                assert peer.answer().body == b"hello"


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_standard_stream_that_was_closed_is_no_harm(closed: str) -> None:
    """The event loop's own descriptor would take its number, and be closed at exit."""
    port = unused_port()
    run = f'exec "$0" "$@" {closed}'
    process = Process("sh", "-c", run, GOMICRO, "serve", APP, "--host=127.0.0.1", f"--port={port}")
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                assert take_answer(port, get("/hello", "Connection: close")).body == b"hello"
                break
            except ConnectionRefusedError:
                assert process.running
                assert time.monotonic() < deadline
                time.sleep(0.02)
        assert (process.stop(signal.SIGTERM), process.errors()) == (0, "")
    finally:
        process.kill()
