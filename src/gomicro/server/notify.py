"""systemd, or another manager that speaks sd_notify(3): datagrams to the socket NOTIFY_SOCKET."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import MutableMapping
from contextlib import AbstractContextManager
from typing import Any

__all__ = ["Systemd"]

PATIENCE = 1.0
"""Seconds that a manager has to make room for a datagram."""


class Systemd:
    """The manager at a Unix socket, @ for NUL at the beginning of an abstract one's name.

    `watchdog`: as in `Manager`. What it cannot be told is logged, the first time of several.
    """

    def __init__(self, address: str, watchdog: float, log: Any) -> None:
        self.watchdog = watchdog
        self._address = address
        self._log = log
        self._deaf = False

    @classmethod
    def named_by(cls, environment: MutableMapping[str, str], log: Any) -> Systemd:
        """The manager that these variables name, which are taken out of it."""
        address = environment.pop("NOTIFY_SOCKET")
        pid = environment.pop("WATCHDOG_PID", "") or str(os.getpid())
        usec = environment.pop("WATCHDOG_USEC", "")
        meant = pid == str(os.getpid()) and usec.isdecimal()
        return cls(address, int(usec) / 1e6 if meant else 0.0, log)

    def ready(self, status: str) -> None:
        self._tell("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        now = time.monotonic_ns() // 1000
        self._tell("RELOADING=1", f"MONOTONIC_USEC={now}", "STATUS=reloading")

    def stopping(self, status: str) -> None:
        self._tell("STOPPING=1", f"STATUS={status}")

    def alive(self) -> None:
        self._tell("WATCHDOG=1")

    def guarding(self) -> AbstractContextManager[None]:
        from gomicro.server.watchdog import guarding

        return guarding(self)

    def _tell(self, *lines: str) -> None:
        address = self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                sock.settimeout(PATIENCE)
                name = f"\0{address[1:]}" if address.startswith("@") else address
                sock.sendto("\n".join(lines).encode(), name)
        except OSError as error:
            if not self._deaf:
                self._log.warning(
                    "manager not told", told=lines[0], address=address, error=str(error)
                )
            self._deaf = True
        else:
            self._deaf = False
