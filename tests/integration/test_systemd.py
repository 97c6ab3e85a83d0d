"""A service under systemd: a stand-in for the manager, over real sockets."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.certificates import Certificate
from tests.integration.conftest import Serve
from tests.integration.gate import Gate
from tests.integration.manager import Manager
from tests.integration.peer import Peer, get
from tests.integration.process import PATIENCE

APP = "tests.apps.bare:app"
SLOW_START = """
import asyncio
from pathlib import Path

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        Path("begun").touch()
        while not Path("may-go-on").exists():
            await asyncio.sleep(0.02)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
"""


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    with Manager(tmp_path) as manager:
        yield manager


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_systemd_is_told_of_each_step(
    serve: Serve, manager: Manager, certificate: Certificate, tls: bool
) -> None:
    files = (f"--tls-cert={certificate.cert}", f"--tls-key={certificate.key}") if tls else ()
    service = serve(APP, *files, env=manager.environment)
    up = {"READY": "1", "STATUS": f"listening on 127.0.0.1:{service.port}"}
    assert manager.hears() == up
    before = time.monotonic_ns() // 1000
    service.send_signal(signal.SIGHUP)
    reloading = manager.hears()
    assert reloading["RELOADING"] == "1"
    assert before <= int(reloading["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000
    assert manager.hears() == up
    service.await_entries("certificate renewed" if tls else "signal ignored", 1)
    assert service.stop(signal.SIGTERM) == 0
    assert manager.hears() == {"STOPPING": "1", "STATUS": "leaving service: SIGTERM"}
    assert manager.hears(0) == {}


def test_nothing_is_told_before_the_application_has_started(
    serve: Serve, manager: Manager, tmp_path: Path
) -> None:
    """Not even on a reload: it would be told with READY at its end."""
    (tmp_path / "slow_start.py").write_text(SLOW_START)
    service = serve("slow_start:app", env=manager.environment, cwd=tmp_path)
    await_file(tmp_path / "begun")
    service.send_signal(signal.SIGHUP)
    service.await_entry("signal ignored")
    assert manager.hears(0) == {}
    (tmp_path / "may-go-on").touch()
    assert manager.hears()["READY"] == "1"


def await_file(path: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} has not come"
        time.sleep(0.02)


def test_a_blocked_loop_gives_no_sign_of_life(serve: Serve, manager: Manager, gate: Gate) -> None:
    env = {**manager.environment, **gate.environment, "WATCHDOG_USEC": "400000"}
    service = serve(APP, "--write-timeout=0", env=env)
    for _ in range(3):
        assert manager.hears_of("WATCHDOG") == {"WATCHDOG": "1"}
    with Peer(service.port) as peer:
        peer.send(get("/gate"))
        service.await_entry("blocking")
        while manager.hears(0):
            pass
        assert manager.hears(0.8) == {}
        gate.open()
        assert peer.answer().body == b"unblocked"
    assert manager.hears_of("WATCHDOG") == {"WATCHDOG": "1"}


def test_a_manager_that_has_gone_costs_a_line(serve: Serve, tmp_path: Path) -> None:
    service = serve(APP, env={"NOTIFY_SOCKET": str(tmp_path / "gone")})
    entry = service.await_entry("manager not told")
    assert (entry["told"], entry["address"]) == ("READY=1", str(tmp_path / "gone"))
    with Peer(service.port) as peer:
        assert peer.send(get("/hello")).answer().body == b"hello"
