"""SIGHUP: a restart that nobody notices, over real processes, counted request by request."""

from __future__ import annotations

import asyncio
import itertools
import signal
from pathlib import Path

import pytest

from tests.fleet.conftest import LOCATES, Fleet, MakeFleet
from tests.fleet.load import KINDS, Load
from tests.integration.peer import Peer, get, take_answer


async def renew(service: Fleet, version: Path, text: str) -> None:
    """Put another version on disk, and have it served; returns when the old workers have left."""
    left = len(service.entries("worker left"))
    await asyncio.to_thread(version.write_text, text)
    service.send_signal(signal.SIGHUP)
    await asyncio.to_thread(service.await_at_least, "worker left", left + service.count)


async def answered_by(load: Load, version: str) -> None:
    """Wait until a version has answered."""
    await load.until(lambda: version in load.versions)


def test_restarts_under_clients_of_all_kinds_lose_nothing(fleet: MakeFleet, version: Path) -> None:
    service = fleet(2, "--no-access-log", env={"VERSION_FILE": str(version)}).await_ready()
    load = Load(service.port)

    async def play() -> None:
        load.start(24)
        await load.until(lambda: load.answered.keys() == KINDS.keys())
        for number in ("2", "3"):
            await renew(service, version, number)
            await answered_by(load, number)
        await load.stop()

    asyncio.run(play())
    assert load.losses == []
    assert set(load.versions) == {"1", "2", "3"}
    assert take_answer(service.port, get()).headers["x-version"] == "3"
    assert (service.stop(signal.SIGTERM), service.errors()) == (0, "")


def test_one_worker_never_goes_back_to_the_old_version(fleet: MakeFleet, version: Path) -> None:
    service = fleet(1, "--no-access-log", env={"VERSION_FILE": str(version)}).await_ready()
    load = Load(service.port)

    async def play() -> None:
        load.start(8, ("connects anew",))
        await answered_by(load, "1")
        await renew(service, version, "2")
        await answered_by(load, "2")
        await load.stop()

    asyncio.run(play())
    assert load.losses == []
    changes = [later for earlier, later in itertools.pairwise(load.versions) if earlier > later]
    # An answer of the old one may be read after one of the new one that was sent later.
    assert len(changes) <= 8
    assert take_answer(service.port, get()).headers["x-version"] == "2"


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("broken", "cannot import the application 'tests.fleet.app:app': RuntimeError: this ver"),
        ("refusing", "the application failed to start: this version refuses"),
    ],
)
def test_a_broken_version_ends_the_restart_and_the_old_workers_stay(
    fleet: MakeFleet, version: Path, broken: str, reason: str
) -> None:
    service = fleet(2, env={"VERSION_FILE": str(version)}).await_ready()
    pids = service.pids
    version.write_text(broken)
    given_up = service.restart()
    assert given_up["event"] == "restart given up"
    assert given_up["reason"].startswith(reason)
    assert service.pids == pids
    failed = service.entries("worker failed to start")
    assert [line.get("exception", "Traceback")[:9] for line in failed] == ["Traceback"]
    assert take_answer(service.port, get()).headers["x-version"] == "1"
    version.write_text("2")
    assert service.restart()["event"] == "restart done"
    assert take_answer(service.port, get()).headers["x-version"] == "2"
    assert (service.stop(signal.SIGTERM), service.errors()) == (0, "")


def test_a_version_that_is_never_ready_is_killed_with_the_line_it_is_at(
    fleet: MakeFleet, version: Path
) -> None:
    env = {"VERSION_FILE": str(version)}
    service = fleet(1, "--worker-start-timeout=15s", env=env, command=LOCATES).await_ready()
    version.write_text("stuck")
    given_up = service.restart()
    assert "not ready within 15 s (--worker-start-timeout), at " in given_up["reason"]
    assert "fleet/app.py:" in given_up["reason"]
    assert take_answer(service.port, get()).headers["x-version"] == "1"
    assert service.stop(signal.SIGTERM) == 0


def test_a_request_in_flight_is_finished_by_the_old_worker(fleet: MakeFleet) -> None:
    service = fleet(1, "--write-timeout=0").await_ready()
    (old,) = service.pids.values()
    with Peer(service.port) as peer:
        peer.send(get("/sleep/2"))
        service.await_entry("asleep")
        assert service.restart()["event"] == "restart done"
        answer = peer.answer()
    assert (answer.status, answer.headers["x-pid"]) == (200, str(old))
    assert take_answer(service.port, get()).headers["x-pid"] != str(old)


def test_configuration_is_read_anew(fleet: MakeFleet, tmp_path: Path) -> None:
    file = tmp_path / "gomicro.toml"
    file.write_text("[serve]\nmax-body-bytes = 100\n")
    service = fleet(1, "--config", str(file)).await_ready()
    post = b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n0123456789"
    assert take_answer(service.port, post).status == 200
    file.write_text("[serve]\nmax-body-bytes = 5\n")
    service.restart()
    assert take_answer(service.port, post).status == 413
    file.write_text("[serve]\nmax-body-bytes = many\n")
    assert service.restart()["reason"].startswith(f"{file}: is not a TOML file")
    assert take_answer(service.port, post).status == 413
