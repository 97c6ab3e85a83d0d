"""Orders that come while a restart is under way, in each of its phases."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fleet.conftest import Fleet, MakeFleet
from tests.fleet.load import Load
from tests.integration.peer import Peer, get
from tests.integration.process import PATIENCE


def begins(service: Fleet, version: Path) -> None:
    """A restart has begun, and its first worker starts."""
    service.send_signal(signal.SIGHUP)
    service.await_at_least("worker started", service.count + 1)


def hangs(service: Fleet, version: Path) -> None:
    """Its first worker will never be ready."""
    version.write_text("stuck")
    begins(service, version)
    time.sleep(0.5)


def replaces(service: Fleet, version: Path) -> None:
    """Its first worker is ready, and the one before leaves."""
    begins(service, version)
    service.await_at_least("worker ready", service.count + 1)


PHASES = [pytest.param(phase, id=phase.__name__) for phase in (begins, hangs, replaces)]


def nobody_left(service: Fleet) -> None:
    """Every process that was ever started has ended."""
    for entry in service.entries("worker started"):
        assert not Path(f"/proc/{entry['pid']}").exists()


@pytest.mark.parametrize("phase", PHASES)
def test_sigterm_in_each_phase_of_a_restart_answers_what_has_come(
    fleet: MakeFleet, version: Path, phase: Callable[[Fleet, Path], None]
) -> None:
    service = fleet(1, "--write-timeout=0", env={"VERSION_FILE": str(version)}).await_ready()
    with Peer(service.port) as slow, Peer(service.port) as other:
        slow.send(get("/sleep/3"))
        other.send(get("/sleep/2"))
        phase(service, version)
        began = time.monotonic()
        service.send_signal(signal.SIGTERM)
        assert (slow.answer().status, other.answer().status) == (200, 200)
    assert (service.wait(), service.errors()) == (0, "")
    assert time.monotonic() - began < 15
    nobody_left(service)


def test_a_client_that_came_before_sigterm_is_answered_however_the_restart_stands(
    fleet: MakeFleet, version: Path
) -> None:
    """As long as it is not refused, a connection is served; there is no reset."""
    service = fleet(2, "--no-access-log", env={"VERSION_FILE": str(version)}).await_ready()
    load = Load(service.port)

    async def play() -> None:
        load.start(12, ("connects anew", "keeps alive"))
        await load.until(lambda: load.answered.total() > 100)
        service.send_signal(signal.SIGHUP)
        await asyncio.to_thread(service.await_at_least, "worker started", 3)
        service.send_signal(signal.SIGTERM)
        await asyncio.to_thread(service.wait)
        await load.stop()

    asyncio.run(play())
    # When nobody listens any more a connect is refused, as it must be.
    assert [loss for loss in load.losses if "Connect call failed" not in loss] == []


def test_sighup_during_sigterm_starts_nobody(fleet: MakeFleet) -> None:
    service = fleet(1, "--write-timeout=0").await_ready()
    with Peer(service.port) as slow:
        slow.send(get("/sleep/1"))
        service.send_signal(signal.SIGTERM)
        service.await_entry("leaving service")
        for _ in range(3):
            service.send_signal(signal.SIGHUP)
        assert slow.answer().status == 200
    assert (service.wait(), service.errors()) == (0, "")
    assert len(service.entries("worker started")) == 1
    assert service.entries("restart begun") == []


def test_sighup_twice_ends_with_workers_that_began_after_the_second(
    fleet: MakeFleet, version: Path
) -> None:
    service = fleet(1, env={"VERSION_FILE": str(version)}).await_ready()
    service.send_signal(signal.SIGHUP)
    service.await_at_least("worker started", 2)
    version.write_text("2")
    service.send_signal(signal.SIGHUP)
    service.await_at_least("restart begun", 2)
    deadline = time.monotonic() + PATIENCE
    while not service.entries("restart done", generation=3):
        assert time.monotonic() < deadline, service.log
        time.sleep(0.02)
    with Peer(service.port) as peer:
        assert peer.send(get()).answer().headers["x-version"] == "2"
    assert service.stop(signal.SIGTERM) == 0
    nobody_left(service)
