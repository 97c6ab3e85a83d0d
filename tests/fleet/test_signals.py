"""The signals of a fleet that do not stop or restart it, over real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from gomicro.fleet.signals import Signals
from tests.fleet.conftest import MakeFleet
from tests.integration.peer import Peer, get, take_answer
from tests.integration.process import GOMICRO, PATIENCE


def test_ttin_adds_a_worker_and_ttou_has_one_leave(fleet: MakeFleet) -> None:
    service = fleet(1).await_ready()
    service.send_signal(signal.SIGTTIN)
    service.await_at_least("worker ready", 2)
    service.send_signal(signal.SIGTTOU)
    assert service.await_entry("worker left")["worker"] == 2
    service.send_signal(signal.SIGTTOU)
    assert service.await_entry("signal ignored")["signal"] == "SIGTTOU"
    service.send_signal(signal.SIGWINCH)
    service.send_signal(signal.SIGUSR2)
    service.await_entry("signal ignored", signal="SIGUSR2")
    assert service.entries("signal ignored", signal="SIGWINCH") == []
    assert take_answer(service.port, get()).status == 200
    assert (service.stop(signal.SIGTERM), service.errors()) == (0, "")


def test_sigterm_to_a_worker_has_it_replaced_first(fleet: MakeFleet) -> None:
    service = fleet(1).await_ready()
    (old,) = service.pids.values()
    os.kill(old, signal.SIGHUP)
    os.kill(old, signal.SIGINT)  # as a terminal sends them to all
    os.kill(old, signal.SIGTERM)
    left = service.await_entry("worker left")
    assert (left["pid"], left["status"]) == (old, 0)
    assert service.entries("worker ready")[1]["replaces"] == old
    assert service.entries("worker died") == []


def test_sigterm_to_all_processes_at_once_loses_nothing(fleet: MakeFleet) -> None:
    """As systemd sends it by default."""
    service = fleet(2).await_ready()
    with Peer(service.port) as peer:
        peer.send(get("/sleep/0.5"))
        service.await_entry("asleep")
        os.killpg(service.popen.pid, signal.SIGTERM)
        assert peer.answer().status == 200
    assert (service.wait(), service.errors()) == (0, "")


def test_a_second_sigint_ends_everything_at_once(fleet: MakeFleet) -> None:
    service = fleet(1, "--write-timeout=0").await_ready()
    with Peer(service.port) as peer:
        peer.send(get("/sleep/60"))
        service.await_entry("asleep")
        assert take_answer(service.port, get()).status == 200  # so the other has come to its wait
        os.killpg(service.popen.pid, signal.SIGINT)
        service.await_entry("worker leaving")
        os.killpg(service.popen.pid, signal.SIGINT)
        assert service.wait() == 130
        peer.cut()


def test_sigquit_writes_the_stacks_of_all_and_ends_with_2(fleet: MakeFleet) -> None:
    service = fleet(1, "--write-timeout=0").await_ready()
    with Peer(service.port) as peer:
        peer.send(get("/sleep/60"))
        service.await_entry("asleep")
        assert take_answer(service.port, get()).status == 200  # so the other has come to its wait
        assert service.stop(signal.SIGQUIT) == 2
        peer.cut()
    said = service.errors()
    assert "supervisor.py" in said
    assert "await asyncio.sleep(number)" in said


def test_usr1_opens_the_log_files_anew(fleet: MakeFleet, tmp_path: Path) -> None:
    log, old = tmp_path / "log", tmp_path / "log.1"
    with log.open("ab") as file:
        service = fleet(1, stdout=file.fileno())
    await_line(log, "worker ready")
    port = json.loads(next(line for line in log.read_text().splitlines() if '"listening"' in line))[
        "port"
    ]
    log.rename(old)
    service.send_signal(signal.SIGUSR1)
    await_line(log, "log files reopened")
    assert take_answer(port, get()).status == 200
    await_line(log, '"request"')
    assert '"request"' not in old.read_text()
    service.send_signal(signal.SIGHUP)
    await_line(log, "worker left")
    assert service.stop(signal.SIGTERM) == 0
    assert '"stopped"' in log.read_text()


def test_a_log_file_that_cannot_be_opened_anew_is_told_and_written_to_as_before(
    fleet: MakeFleet, tmp_path: Path
) -> None:
    log, old = tmp_path / "there" / "log", tmp_path / "gone" / "log"
    log.parent.mkdir()
    with log.open("ab") as file:
        service = fleet(1, stdout=file.fileno())
    await_line(log, "worker ready")
    log.parent.rename(old.parent)
    service.send_signal(signal.SIGUSR1)
    await_line(old, "log file not reopened")
    lines = [json.loads(line) for line in old.read_text().splitlines()]
    (told,) = (line for line in lines if line["event"] == "log file not reopened")
    assert (told["level"], told["file"], told["reason"]) == (
        "error",
        str(log),
        "No such file or directory",
    )
    assert service.stop(signal.SIGTERM) == 0
    assert '"stopped"' in old.read_text()


def test_signals_of_the_programs_own_are_not_the_fleets() -> None:
    """Its handlers are called as ever; a real-time signal has no name."""
    own = (signal.SIGALRM, signal.SIGRTMIN + 3)
    heard: list[int] = []
    told: list[signal.Signals] = []
    before = {number: signal.signal(number, lambda which, _: heard.append(which)) for number in own}
    try:
        with Signals(told.append) as signals:
            for number in (*own, signal.SIGHUP):
                signal.raise_signal(number)
            signals.deliver()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert heard == list(own)
    assert told == [signal.SIGHUP]


def test_process_1_reaps_what_it_did_not_start(fleet: MakeFleet) -> None:
    """In a namespace of its own, where the supervisor is process 1."""
    prefix = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
    if subprocess.run((*prefix, "true"), capture_output=True, check=False).returncode:
        pytest.skip("the system does not let this user make a namespace for processes")
    service = fleet(1, command=(*prefix, GOMICRO)).await_ready()
    (supervisor,) = children(service.popen.pid)
    assert take_answer(service.port, get("/orphan")).status == 200
    deadline = time.monotonic() + PATIENCE
    while len(left := children(supervisor)) > 1:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)
    assert take_answer(service.port, get()).status == 200


def children(pid: int) -> list[int]:
    """The processes that a process has not taken note of the end of."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def await_line(file: Path, text: str) -> None:
    """Wait until a log has such a line."""
    deadline = time.monotonic() + PATIENCE
    while not file.exists() or text not in file.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
