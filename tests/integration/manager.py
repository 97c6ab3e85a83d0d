"""A stand-in for systemd: it hears what a service tells its manager."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from types import TracebackType

from tests.integration.process import PATIENCE

__all__ = ["AS_SYSTEMD", "Manager"]

AS_SYSTEMD = ("bash", "-c", 'LISTEN_PID=$$ exec "$0" "$@" 3<&"$TAKEN"')
"""Runs a command with one descriptor passed, the one that TAKEN is here."""


class Manager:
    """A socket that notifications come to. A context that closes it."""

    def __init__(self, directory: Path) -> None:
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._sock.bind(str(directory / "notify"))
        self.environment = {"NOTIFY_SOCKET": str(directory / "notify")}

    def __enter__(self) -> Manager:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._sock.close()

    def hears(self, patience: float = PATIENCE) -> dict[str, str]:
        """The next notification, by its names; {} if none comes."""
        self._sock.settimeout(patience)
        try:
            lines = self._sock.recv(4096).decode().split("\n")
        except (TimeoutError, BlockingIOError):
            return {}
        return dict(line.split("=", 1) for line in lines)

    def hears_of(self, name: str) -> dict[str, str]:
        """The next notification that has this name; waits for it."""
        ends_at = time.monotonic() + PATIENCE
        while time.monotonic() < ends_at:
            found = self.hears()
            if name in found:
                return found
        raise AssertionError(f"nothing was heard of {name}")
