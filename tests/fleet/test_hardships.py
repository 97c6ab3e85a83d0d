"""What workers live through, over real processes: crashes, full tables, renewed certificates."""

from __future__ import annotations

import shutil
import signal
import time
from contextlib import ExitStack
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.certificates import Pair, make_certificate, trusted
from tests.fleet.conftest import Fleet, MakeFleet
from tests.integration.peer import Peer, get, take_answer
from tests.integration.process import GOMICRO, PATIENCE

BARE = "tests.apps.bare:app"
PATIENT = ("--read-timeout=60s", "--write-timeout=60s")
LIMIT = 64
FEW_FILES = ("sh", "-c", f'ulimit -n {LIMIT}; exec "$0" "$@"', GOMICRO)


def cpu_seconds(service: Fleet) -> float:
    """Processor time of the supervisor and its workers."""
    spent = 0.0
    for pid in (service.popen.pid, *service.pids.values()):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        spent += (int(fields[11]) + int(fields[12])) / 100
    return spent


def test_a_worker_that_exits_is_replaced_and_one_that_keeps_doing_so_ever_later(
    fleet: MakeFleet,
) -> None:
    service = fleet(1).await_ready()
    for lives in (1, 2, 3):
        with Peer(service.port) as peer:
            peer.send(get("/exit/7")).cut()
        service.await_at_least("worker ready", lives + 1)
    died = service.entries("worker died")
    assert [(entry["level"], entry["worker"], entry["status"]) for entry in died] == [
        ("error", 1, 7)
    ] * 3
    assert [entry["again_in"] for entry in died] == [0.0, 0.1, 0.2]
    assert take_answer(service.port, get()).status == 200
    assert (service.stop(signal.SIGTERM), service.errors()) == (0, "")


def test_a_client_that_comes_while_the_only_worker_is_dead_waits_for_the_next(
    fleet: MakeFleet,
) -> None:
    service = fleet(1).await_ready()
    with Peer(service.port) as peer:
        peer.send(get("/exit/0")).cut()
    assert take_answer(service.port, get()).status == 200
    assert service.await_entry("worker died")["status"] == 0
    assert (service.stop(signal.SIGTERM), service.errors()) == (0, "")


def test_with_the_descriptors_used_up_each_worker_pauses_and_says_so_once_a_second(
    fleet: MakeFleet,
) -> None:
    service = fleet(2, *PATIENT, "--no-access-log", app=BARE, command=FEW_FILES).await_ready()
    with ExitStack() as stack:
        peers = [stack.enter_context(Peer(service.port)) for _ in range(3 * LIMIT)]
        for peer in peers:
            peer.send(get("/hello"))
        for pid in service.pids.values():
            service.await_entry("accepting paused", pid=pid)
        spent = cpu_seconds(service)
        for pid in service.pids.values():
            lines = await_paused(service, pid, 4)
            moments = [datetime.fromisoformat(line["time"]) for line in lines]
            pauses = [later - before for before, later in pairwise(moments)]
            assert min(pauses).total_seconds() > 0.9
            assert {(line["limit"], line["value"]) for line in lines} == {("RLIMIT_NOFILE", LIMIT)}
        assert cpu_seconds(service) - spent < 1.0  # they wait, and do not try without end
        for peer in peers:
            assert peer.answer().body == b"hello"
            peer.sock.close()
    assert (service.stop(signal.SIGTERM), service.errors()) == (0, "")


def await_paused(service: Fleet, pid: int, count: int) -> list[dict[str, Any]]:
    """The lines in which a worker says that it pauses, once there are so many."""
    deadline = time.monotonic() + PATIENCE
    while len(lines := service.entries("accepting paused", pid=pid)) < count:
        assert time.monotonic() < deadline, lines
        time.sleep(0.05)
    return lines


def test_a_fleet_with_too_few_descriptors_for_all_of_it_says_so(fleet: MakeFleet) -> None:
    """An admin listener's event loop has its own before a worker is started."""
    few = ("sh", "-c", 'ulimit -n 20; exec "$0" "$@"', GOMICRO)
    service = fleet(6, "--admin-port=0", app=BARE, command=few)
    assert service.wait() == 3
    assert "Too many open files" in service.errors()


def test_a_restart_serves_the_certificate_that_is_on_disk(fleet: MakeFleet, tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    first = pair.become("first")
    flags = (f"--tls-cert={pair.cert}", f"--tls-key={pair.key}")
    service = fleet(2, *flags, app=BARE).await_ready()
    assert trusted(service.port, first)
    second = pair.become("second")
    assert service.restart()["event"] == "restart done"
    for _ in range(10):  # whichever worker it is
        assert (trusted(service.port, first), trusted(service.port, second)) == (False, True)
    assert (service.stop(signal.SIGTERM), service.errors()) == (0, "")


def test_a_certificate_that_does_not_fit_its_key_ends_the_restart_and_the_one_before_stays(
    fleet: MakeFleet, tmp_path: Path
) -> None:
    pair = Pair(tmp_path)
    first = pair.become("first")
    flags = (f"--tls-cert={pair.cert}", f"--tls-key={pair.key}")
    service = fleet(2, *flags, app=BARE).await_ready()
    other = make_certificate(tmp_path, "IP:127.0.0.1")
    shutil.copy(other.cert, pair.cert)
    given_up = service.restart()
    assert given_up["event"] == "restart given up"
    assert "is not the key of the certificate" in given_up["reason"]
    for _ in range(4):
        assert trusted(service.port, first)
    assert (service.stop(signal.SIGTERM), service.errors()) == (0, "")
