"""A fleet on a Unix socket: the file outlives its workers, and never another's service."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from pathlib import Path

from tests.fleet.conftest import Fleet, MakeFleet
from tests.integration.peer import Peer, get
from tests.integration.process import PATIENCE


def ask(path: Path) -> dict[str, str]:
    """The headers of an answer over a connection of its own."""
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(PATIENCE)
    with Peer(0, sock=sock) as peer:
        sock.connect(str(path))
        return peer.send(get()).answer().headers


def connects(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as sock:
        return sock.connect_ex(str(path)) == 0


def ready(service: Fleet) -> Fleet:
    """Wait until all workers are ready."""
    service.await_at_least("worker ready", service.count)
    return service


def await_count(found: set[str], count: int) -> None:
    """Wait until so many have been found."""
    deadline = time.monotonic() + PATIENCE
    while len(found) < count:
        assert time.monotonic() < deadline, found
        time.sleep(0.01)


def test_restarts_keep_the_file_and_lose_no_client_of_it(fleet: MakeFleet, tmp_path: Path) -> None:
    path = tmp_path / "s"
    service = ready(fleet(1, "--uds-mode=600", where=("--uds", str(path))))
    assert service.entries("listening")[0]["address"] == [f"unix:{path}"]
    inode = path.stat().st_ino
    pids, losses, over = set[str](), list[str](), threading.Event()

    def go_on_asking() -> None:
        while not over.is_set():
            try:
                pids.add(ask(path)["x-pid"])
            except (OSError, EOFError) as error:
                losses.append(repr(error))

    asking = threading.Thread(target=go_on_asking)
    asking.start()
    try:
        await_count(pids, 1)
        assert service.restart()["event"] == "restart done"
        await_count(pids, 2)
    finally:
        over.set()
        asking.join()
    assert losses == []
    assert len(pids) == 2
    assert (path.stat().st_ino, path.stat().st_mode & 0o777) == (inode, 0o600)
    assert (service.stop(signal.SIGTERM), service.errors()) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_a_second_fleet_does_not_take_the_file_of_one_that_lives(
    fleet: MakeFleet, tmp_path: Path
) -> None:
    path = tmp_path / "s"
    first = ready(fleet(1, where=("--uds", str(path))))
    second = fleet(1, where=("--uds", str(path)))
    assert second.wait() == 3
    assert second.errors() == f"gomicro: cannot listen on unix:{path}: already in use\n"
    assert ask(path)["x-pid"] == str(first.pids[1])


def test_a_fleet_takes_the_file_of_one_that_was_killed(fleet: MakeFleet, tmp_path: Path) -> None:
    path = tmp_path / "s"
    first = ready(fleet(1, "--shutdown-grace=2s", where=("--uds", str(path))))
    os.kill(first.popen.pid, signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE
    while connects(path):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert path.exists()
    second = ready(fleet(1, where=("--uds", str(path))))
    assert ask(path)["x-pid"] == str(second.pids[1])
    assert second.stop(signal.SIGTERM) == 0
    assert not path.exists()
