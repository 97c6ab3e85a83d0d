"""How many processors this process may use: its affinity, and the quota of its cgroup."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath

__all__ = ["cores"]


def cores(root: Path = Path("/")) -> int:
    """Whole processors, at least 1: those it may run on, or fewer if its cgroup (version 2 or 1)
    has a quota; a part of one counts as one. `root` is where /proc and /sys are.
    """
    return max(1, min([_allowed(), *map(math.ceil, _quotas(root))]))


def _allowed() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _quotas(root: Path) -> list[float]:
    """The quotas of the cgroups that this process is in, and of those around them."""
    found: list[float] = []
    with contextlib.suppress(OSError):
        for line in (root / "proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if not controllers:
                found += _along(root / "sys/fs/cgroup", path, _version_2)
            elif "cpu" in controllers.split(","):
                found += _along(root / "sys/fs/cgroup/cpu", path, _version_1)
    return found


def _along(mount: Path, path: str, read: Callable[[Path], tuple[str, str]]) -> list[float]:
    """The quotas from the mount down to a path of it; a container sees its own at the mount."""
    inner = PurePosixPath(path.lstrip("/"))
    found = []
    for part in (inner, *inner.parents):
        with contextlib.suppress(OSError, ValueError):
            quota, period = map(int, read(mount / part))  # "max", or -1, is none
            if quota > 0:
                found.append(quota / period)
    return found


def _version_2(directory: Path) -> tuple[str, str]:
    quota, period = (directory / "cpu.max").read_text().split()
    return quota, period


def _version_1(directory: Path) -> tuple[str, str]:
    quota = (directory / "cpu.cfs_quota_us").read_text()
    return quota, (directory / "cpu.cfs_period_us").read_text()
