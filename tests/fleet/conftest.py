"""What the tests of a fleet share: fleets that never outlive their test."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.process import NOBODY_IS_SHED, PATIENCE, Service, command_with

APP = "tests.fleet.app:app"

LOCATES = command_with({"gomicro.fleet.watch.ANSWER": 3600.0})
"""The command, whose supervisor waits for a worker to tell its line for an hour instead of half a
second: on a busy machine a worker may stand still for longer.
"""


class Fleet(Service):
    """`gomicro serve --workers`, of the application that says who answers."""

    def __init__(self, workers: int, *arguments: str, app: str = APP, **options: Any) -> None:
        super().__init__(app, "--workers", str(workers), NOBODY_IS_SHED, *arguments, **options)
        self.count = workers

    def await_ready(self) -> Fleet:
        """Wait until all workers are ready."""
        assert self.port
        self.await_at_least("worker ready", self.count)
        return self

    def await_at_least(self, event: str, count: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while len(self.entries(event)) < count:
            assert time.monotonic() < deadline, self.log
            time.sleep(0.02)

    def restart(self) -> dict[str, Any]:
        """Have all workers replaced, and wait for that; the line that says so."""
        done = len(self.entries("restart done")) + len(self.entries("restart given up"))
        self.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + PATIENCE
        while True:
            ends = self.entries("restart done") + self.entries("restart given up")
            if len(ends) > done:
                return max(ends, key=lambda entry: str(entry["time"]))
            assert time.monotonic() < deadline, self.log
            time.sleep(0.02)

    @property
    def pids(self) -> dict[int, int]:
        """By its number the process of each worker that is ready and has not ended."""
        pids: dict[int, int] = {}
        for entry in self.log:
            if entry["event"] == "worker ready":
                pids[entry["worker"]] = entry["pid"]
            elif entry["event"] == "worker died" and pids.get(entry["worker"]) == entry["pid"]:
                del pids[entry["worker"]]
        return pids

    def kill(self) -> None:
        """End it and all its workers, whatever they do."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        super().kill()


MakeFleet = Callable[..., Fleet]


@pytest.fixture
def fleet() -> Iterator[MakeFleet]:
    """Start fleets that end with the test."""
    started: list[Fleet] = []

    def start(*arguments: Any, **options: Any) -> Fleet:
        started.append(Fleet(*arguments, **options))
        return started[-1]

    try:
        yield start
    finally:
        for one in started:
            one.kill()


@pytest.fixture
def version(tmp_path: Path) -> Path:
    """The file that says which version of the application is on disk."""
    file = tmp_path / "version"
    file.write_text("1")
    return file
