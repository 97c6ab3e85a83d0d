"""A fleet under systemd: a stand-in for the manager, over real sockets."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fleet.conftest import MakeFleet
from tests.integration.gate import Gate
from tests.integration.manager import AS_SYSTEMD, Manager
from tests.integration.peer import Peer, get, take_answer
from tests.integration.process import GOMICRO, PATIENCE


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    with Manager(tmp_path) as manager:
        yield manager


def test_systemd_is_told_when_all_are_ready_of_a_restart_and_of_the_end(
    fleet: MakeFleet, manager: Manager
) -> None:
    service = fleet(2, env=manager.environment)
    up = {"READY": "1", "STATUS": f"listening on 127.0.0.1:{service.port}"}
    assert manager.hears() == up
    assert len(service.await_ready().entries("worker ready")) == 2
    before = time.monotonic_ns() // 1000
    assert service.restart()["event"] == "restart done"
    reloading = manager.hears()
    assert reloading["RELOADING"] == "1"
    assert before <= int(reloading["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000
    assert manager.hears() == up
    assert service.stop(signal.SIGTERM) == 0
    assert manager.hears() == {"STOPPING": "1", "STATUS": "leaving service: SIGTERM"}
    assert manager.hears(0) == {}


def test_a_fleet_whose_only_worker_is_blocked_gives_no_sign_of_life(
    fleet: MakeFleet, manager: Manager, gate: Gate
) -> None:
    env = {**manager.environment, **gate.environment, "WATCHDOG_USEC": "400000"}
    service = fleet(1, "--write-timeout=0", env=env).await_ready()
    assert manager.hears_of("WATCHDOG")
    with Peer(service.port) as peer:
        peer.send(get("/gate"))
        service.await_entry("worker blocked")
        # Four times as long as between two signs: those are heard that were given before, and
        # those of a supervisor that stood still itself, and does not know any more.
        deadline = time.monotonic() + PATIENCE
        while manager.hears(0.8):
            assert time.monotonic() < deadline
        gate.open()
        assert peer.answer().status == 200
    assert manager.hears_of("WATCHDOG")


def test_sockets_that_systemd_passes_stay_open_through_a_restart_and_are_answered(
    fleet: MakeFleet,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number, port = server.fileno(), server.getsockname()[1]
        service = fleet(
            1,
            command=(*AS_SYSTEMD, GOMICRO),
            env={"LISTEN_FDS": "1", "TAKEN": str(number)},
            pass_fds=(number,),
            where=(),
        ).await_ready()
        assert service.restart()["event"] == "restart done"
        assert take_answer(port, get()).status == 200
        assert service.stop(signal.SIGTERM) == 0
        # The port is systemd's: who comes now waits for the next service.
        with Peer(port) as peer:
            peer.send(get())
            after = fleet(
                1,
                command=(*AS_SYSTEMD, GOMICRO),
                env={"LISTEN_FDS": "1", "TAKEN": str(number)},
                pass_fds=(number,),
                where=(),
            )
            assert peer.answer().status == 200
            assert after.await_entry("worker ready")
