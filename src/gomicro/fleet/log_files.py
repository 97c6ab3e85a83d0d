"""Log files that somebody has renamed: on SIGUSR1 they are opened anew, by the names they had."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from pathlib import Path

__all__ = ["LogFiles"]

_STREAMS = (1, 2)


class LogFiles:
    """Standard output and error, where they are regular files."""

    def __init__(self, paths: tuple[tuple[int, str], ...] | None = None) -> None:
        """`paths` are the descriptors and the names that they have; None: as it is now."""
        if paths is None:
            paths = tuple((number, path) for number in _STREAMS if (path := _path(number)))
        self.paths = paths

    def reopen(self) -> tuple[list[str], dict[str, str]]:
        """Open each file anew, for appending; the names of those that could be, and of the others
        why not. To those it is written as before.
        """
        failed: dict[str, str] = {}
        names = dict.fromkeys(path for _, path in self.paths)
        for number, path in self.paths:
            try:
                flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
                opened = os.open(path, flags, 0o666)
            except OSError as error:
                failed[path] = os.strerror(error.errno or 0)
            else:
                os.dup2(opened, number)
                os.close(opened)
        return [path for path in names if path not in failed], failed


def _path(number: int) -> str:
    """The name of the regular file that a descriptor is, "" if it is none."""
    with contextlib.suppress(OSError):
        if stat.S_ISREG(os.fstat(number).st_mode):
            if hasattr(fcntl, "F_GETPATH"):  # macOS
                return fcntl.fcntl(number, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0").decode()
            return str(Path(f"/proc/self/fd/{number}").readlink())
    return ""
