"""What a manager is told: a stand-in for systemd at a real socket."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from gomicro.log import get_logger
from gomicro.server import notify
from gomicro.server.manager import Nobody, find_manager
from gomicro.server.notify import Systemd

LOG = get_logger("gomicro.server")


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "notify"))
        sock.settimeout(20)
        yield sock


def told(systemd: socket.socket) -> list[str]:
    return systemd.recv(4096).decode().split("\n")


def test_each_step_is_told_in_a_datagram(systemd: socket.socket) -> None:
    manager = Systemd(systemd.getsockname(), 0, LOG)
    manager.ready("listening on 127.0.0.1:80")
    assert told(systemd) == ["READY=1", "STATUS=listening on 127.0.0.1:80"]
    before = time.monotonic_ns() // 1000
    manager.reloading()
    first, moment, *_ = told(systemd)
    assert first == "RELOADING=1"
    assert before <= int(moment.removeprefix("MONOTONIC_USEC=")) <= time.monotonic_ns() // 1000
    manager.stopping("leaving service: SIGTERM")
    assert told(systemd) == ["STOPPING=1", "STATUS=leaving service: SIGTERM"]
    manager.alive()
    assert told(systemd) == ["WATCHDOG=1"]


def test_an_abstract_socket_is_written_with_an_at_sign() -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux has abstract sockets")
    name = f"gomicro-notify-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(f"\0{name}")
        sock.settimeout(20)
        Systemd(f"@{name}", 0, LOG).alive()
        assert told(sock) == ["WATCHDOG=1"]


def test_a_manager_that_is_not_there_is_logged_once_until_it_is_back(tmp_path: Path) -> None:
    path = str(tmp_path / "notify")
    manager = Systemd(path, 0, LOG)
    with capture_logs() as entries:
        manager.ready("up")
        manager.alive()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.bind(path)
            manager.alive()
            assert sock.recv(100) == b"WATCHDOG=1"
        manager.alive()
    assert [(entry["event"], entry["told"]) for entry in entries] == [
        ("manager not told", "READY=1"),
        ("manager not told", "WATCHDOG=1"),
    ]
    assert entries[0]["address"] == path
    assert "No such file" in entries[0]["error"]


def test_a_manager_that_reads_nothing_holds_nobody_up(
    systemd: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify, "PATIENCE", 0.01)
    manager = Systemd(systemd.getsockname(), 0, LOG)
    with capture_logs() as entries:
        for _ in range(10_000):
            manager.alive()
            if entries:
                break
    assert [entry["error"] for entry in entries] == ["timed out"]


MINE = str(os.getpid())


@pytest.mark.parametrize(
    ("variables", "watchdog"),
    [
        pytest.param({}, 0.0, id="not asked for"),
        pytest.param({"WATCHDOG_USEC": "1500000"}, 1.5, id="of whoever is told"),
        pytest.param({"WATCHDOG_USEC": "1500000", "WATCHDOG_PID": MINE}, 1.5, id="of this process"),
        pytest.param({"WATCHDOG_USEC": "1500000", "WATCHDOG_PID": "1"}, 0.0, id="of another"),
        pytest.param({"WATCHDOG_USEC": "soon", "WATCHDOG_PID": MINE}, 0.0, id="no number"),
    ],
)
def test_the_manager_is_taken_from_the_environment(
    variables: dict[str, str], watchdog: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**variables, "NOTIFY_SOCKET": "/run/no/such"}.items():
        monkeypatch.setenv(name, value)
    manager = find_manager(LOG)
    assert isinstance(manager, Systemd)
    assert manager.watchdog == watchdog
    assert not {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} & os.environ.keys()


@pytest.mark.parametrize("address", [None, ""])
def test_without_an_address_there_is_no_manager(
    address: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    if address is not None:
        monkeypatch.setenv("NOTIFY_SOCKET", address)
    manager = find_manager(LOG)
    assert isinstance(manager, Nobody)
    assert manager.watchdog == 0
