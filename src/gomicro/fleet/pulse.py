"""A worker's signs of life, and its place among the others that accept on the same sockets."""

from __future__ import annotations

import asyncio
import resource
import sys
import time
from pathlib import Path

from gomicro.connection.service import Service
from gomicro.fleet.records import Field, Record, Records
from gomicro.server.listener import Listener

__all__ = ["BEAT", "Pulse"]

BEAT = 0.25
"""Seconds between two heartbeats."""

FRESH_NS = 600_000_000
"""Nanoseconds for which a heartbeat is fresh. Nobody waits for a worker whose loop is blocked."""

_PAGE = resource.getpagesize()


class Pulse:
    """Writes this worker's record: at every beat of the event loop, and what has to do with
    accepting at once.
    """

    def __init__(
        self, record: Record, records: Records, service: Service, listener: Listener
    ) -> None:
        self._record = record
        self._records = records
        self._service = service
        self._listener = listener
        self._loop = asyncio.get_running_loop()
        self._accepting = records.column(Field.ACCEPTING)
        self._connections = records.column(Field.CONNECTIONS)
        self._heartbeats = records.column(Field.HEARTBEAT)

    def begin(self) -> None:
        """Accepting begins, and the heart to beat."""
        self._service.on_left = self._left
        self._record[Field.ACCEPTING] = 1
        self._beat()

    def leave(self) -> None:
        """Accept nothing more."""
        self._listener.rest()
        self._record[Field.ACCEPTING] = 0

    def gives_way(self) -> bool:
        """Whether a worker that accepts, and is not blocked, has fewer connections than this one.

        If not, this one is about to have one more, which the others see at once.
        """
        mine = self._count()
        alive_since = time.monotonic_ns() - FRESH_NS
        for index in range(self._records.used):
            if (
                self._accepting[index]
                and self._connections[index] < mine
                and self._heartbeats[index] >= alive_since
            ):
                return True
        self._record[Field.CONNECTIONS] = mine + 1
        return False

    def _left(self) -> None:
        self._listener.room()
        self._count()

    def _count(self) -> int:
        count = self._record[Field.CONNECTIONS] = self._listener.connected()
        return count

    def _beat(self) -> None:
        record, service = self._record, self._service
        record[Field.IN_FLIGHT] = len(service.tasks)
        record[Field.REQUESTS] = service.begun
        record[Field.MEMORY] = _memory()
        self._count()
        record[Field.HEARTBEAT] = time.monotonic_ns()
        self._loop.call_later(BEAT, self._beat)


def _memory() -> int:
    """Bytes of this process's resident set; where the system tells none, the most it ever had."""
    try:
        return int(_STATM.read_bytes().split()[1]) * _PAGE
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024


_STATM = Path("/proc/self/statm")
