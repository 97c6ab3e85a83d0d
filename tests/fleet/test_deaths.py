"""Workers and supervisors that die, over real processes."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from pathlib import Path

import pytest

from tests.fleet.conftest import LOCATES, MakeFleet
from tests.fleet.load import Load
from tests.integration.gate import Gate
from tests.integration.peer import Peer, get, take_answer
from tests.integration.process import PATIENCE
from tests.ports import unused_port


def gone(pid: int) -> bool:
    """Whether a process ends, before patience does."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
            if state(pid) == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.02)
    return False


def state(pid: int) -> str:
    """What a process does, in a letter (proc_pid_stat(5))."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


def stop(pid: int) -> None:
    """Stop a process, and wait until it has: a signal is only sent by the call."""
    os.kill(pid, signal.SIGSTOP)
    deadline = time.monotonic() + PATIENCE
    while state(pid) != "T":
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_worker_that_is_killed_costs_what_it_had_in_flight_and_is_replaced(
    fleet: MakeFleet,
) -> None:
    service = fleet(2, "--no-access-log").await_ready()
    pids = service.pids
    load = Load(service.port)

    async def play() -> None:
        load.start(24, ("connects anew",))
        await load.until(lambda: load.answered.total() > 100)
        os.kill(pids[1], signal.SIGKILL)
        await asyncio.to_thread(service.await_at_least, "worker ready", 3)
        await load.stop()

    asyncio.run(play())
    assert len(load.losses) <= 24  # one request a client
    assert not [loss for loss in load.losses if "Refused" in loss]
    died = service.await_entry("worker died")
    assert (died["worker"], died["pid"], died["signal"]) == (1, pids[1], "SIGKILL")
    assert died["again_in"] == 0
    assert (service.stop(signal.SIGTERM), service.errors()) == (0, "")


def test_clients_that_the_kernel_has_queued_survive_the_death_of_a_worker(fleet: MakeFleet) -> None:
    """Both are stopped, so that all wait in the queue; one dies, and the other takes them."""
    service = fleet(2).await_ready()
    one, other = service.pids.values()
    stop(one)
    stop(other)
    peers = [Peer(service.port).send(get()) for _ in range(20)]
    os.kill(one, signal.SIGKILL)
    os.kill(other, signal.SIGCONT)
    for peer in peers:
        with peer:
            assert peer.answer().status == 200


def test_when_the_supervisor_is_killed_the_workers_finish_and_end(fleet: MakeFleet) -> None:
    port = unused_port()
    service = fleet(2, "--write-timeout=0", "--port", str(port)).await_ready()
    pids = service.pids
    with Peer(port) as peer:
        peer.send(get("/sleep/1"))
        service.await_entry("asleep")
        service.popen.kill()
        assert peer.answer().status == 200
    assert all(gone(pid) for pid in pids.values())
    with socket.create_server(("127.0.0.1", port)):
        pass  # the port is free
    assert service.wait() == -signal.SIGKILL  # and all that was logged has been read
    reasons = {entry["reason"] for entry in service.entries("leaving service")}
    assert reasons == {"supervisor gone"}


def test_a_worker_that_blocks_ends_a_little_after_the_grace_when_the_supervisor_is_killed(
    fleet: MakeFleet,
) -> None:
    service = fleet(1, "--write-timeout=0", "--shutdown-grace=100ms").await_ready()
    (pid,) = service.pids.values()
    with Peer(service.port) as peer:
        peer.send(get("/block/60"))
        service.await_entry("blocking")
        service.popen.kill()
        assert gone(pid)
        peer.cut()


def test_a_worker_whose_application_is_being_imported_ends_when_the_supervisor_is_killed(
    fleet: MakeFleet, version: Path
) -> None:
    version.write_text("stuck")
    service = fleet(1, env={"VERSION_FILE": str(version)})
    pid = service.await_entry("worker started")["pid"]
    service.popen.kill()
    assert gone(pid)


def test_a_service_whose_application_is_broken_ends_with_its_error(
    fleet: MakeFleet, version: Path
) -> None:
    version.write_text("broken")
    service = fleet(2, env={"VERSION_FILE": str(version)})
    assert service.wait() == 3
    said = service.errors()
    assert said.startswith(
        "gomicro: cannot import the application 'tests.fleet.app:app': RuntimeError: this version"
    )
    assert said.count('    raise RuntimeError("this version is broken")\n') == 1
    assert said.endswith("\nRuntimeError: this version is broken\n")
    assert "importlib" not in said
    traces = [entry for entry in service.entries("worker failed to start") if "exception" in entry]
    assert len(traces) == 1
    assert 'raise RuntimeError("this version is broken")' in traces[0]["exception"]
    assert "importlib" in traces[0]["exception"]


def test_an_error_is_heard_however_long_it_is(fleet: MakeFleet, version: Path) -> None:
    """More than a socket keeps, as of an application that is told of a whole page by its model."""
    version.write_text("long")
    service = fleet(2, env={"VERSION_FILE": str(version)})
    assert service.wait() == 3
    said = service.errors()
    assert said.startswith("gomicro: cannot import the application 'tests.fleet.app:app': Runt")
    assert said.endswith(f"\nRuntimeError: {'x' * 1_000_000}\n")


def test_people_are_shown_the_traceback_from_the_applications_own_frame_on(
    fleet: MakeFleet, version: Path
) -> None:
    version.write_text("broken")
    service = fleet(2, "--log-format=console", env={"VERSION_FILE": str(version)})
    assert service.wait() == 3
    assert service.stdout is not None
    said = b"".join(service.stdout.all()).decode()
    assert said.count('raise RuntimeError("this version is broken")') == 1
    assert "importlib" not in said


def test_a_port_that_is_taken_is_an_error_before_any_worker_is_started(fleet: MakeFleet) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        service = fleet(1, "--port", str(taken.getsockname()[1]))
        assert service.wait() == 3
    assert "cannot listen on 127.0.0.1:" in service.errors()
    assert service.entries("worker started") == []


def test_a_blocked_worker_is_reported_with_its_line_and_not_killed(
    fleet: MakeFleet, gate: Gate
) -> None:
    flags = ("--write-timeout=0",)
    service = fleet(1, *flags, env=gate.environment, command=LOCATES).await_ready()
    with Peer(service.port) as peer:
        peer.send(get("/gate"))
        blocked = service.await_entry("worker blocked")
        assert "tests/fleet/app.py:" in blocked["at"]
        assert blocked["at"].endswith(" act")
        gate.open()
        assert peer.answer().status == 200
    assert service.await_entry("worker runs again")["blocked"] >= 2
    assert (service.stop(signal.SIGTERM), service.errors()) == (0, "")


def one_thread_can_be_asked() -> bool:
    """Whether the system can send a signal to a process's first thread alone."""
    if sys.platform != "linux":
        return False
    descriptor = os.pidfd_open(os.getpid())
    try:
        signal.pidfd_send_signal(descriptor, 0, None, 1)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def is_asked(pid: int) -> bool:
    """Whether a process that is stopped will be asked where it is when it goes on."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    pending = [int(line.split()[1], 16) for line in lines if line.startswith(("SigPnd", "ShdPnd"))]
    return any(signals >> (signal.SIGURG - 1) & 1 for signals in pending)


@pytest.mark.skipif(not one_thread_can_be_asked(), reason="Linux can since 6.9")
def test_of_a_blocked_worker_that_was_stopped_it_is_the_event_loops_line(
    fleet: MakeFleet, gate: Gate
) -> None:
    environment = {**gate.environment, "THREADS": "9"}
    service = fleet(1, "--write-timeout=0", env=environment, command=LOCATES).await_ready()
    with Peer(service.port) as peer:
        peer.send(get("/gate"))
        service.await_entry("blocking")
        stop(service.pids[1])
        deadline = time.monotonic() + PATIENCE
        while not is_asked(service.pids[1]):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        os.kill(service.pids[1], signal.SIGCONT)
        assert service.await_entry("worker blocked")["at"].endswith(" act")
        gate.open()
        assert peer.answer().status == 200
    assert (service.stop(signal.SIGTERM), service.errors()) == (0, "")


def test_a_worker_that_blocks_longer_than_the_worker_timeout_is_killed_and_replaced(
    fleet: MakeFleet,
) -> None:
    service = fleet(1, "--write-timeout=0", "--worker-timeout=3s").await_ready()
    with Peer(service.port) as peer:
        peer.send(get("/block/60"))
        killed = service.await_entry("worker killed")
        assert "no sign of life for" in killed["reason"]
        peer.cut()
    service.await_at_least("worker ready", 2)
    assert take_answer(service.port, get()).status == 200
    assert (service.stop(signal.SIGTERM), service.errors()) == (0, "")
