"""The work of one request without sockets: bytes in, bytes out.

    python -m tests.benchmarks.protocol

prints calls, bytecode instructions and nanoseconds for each GET /goodbye on a kept connection. The
first two are the same in every run, so that a change of a per cent shows, also on a busy machine.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable
from typing import Any

from gomicro.config import ServerConfig
from gomicro.connection.http1 import HTTP1
from gomicro.connection.service import Service
from gomicro.handlers import Goodbye
from tests.work import calls, instructions

__all__ = ["Connection", "calls_per_request", "instructions_per_request", "main"]

REQUEST = b"GET /goodbye HTTP/1.1\r\nHost: localhost:9090\r\nAccept: */*\r\n\r\n"
EAGER = sys.version_info >= (3, 12)
"""Whether a request is answered within the call that brings it."""


class _Log:
    def info(self, event: str) -> None:
        """Drop an event."""


class _Transport(asyncio.Transport):
    """Takes everything at once, and keeps the last of it."""

    last = b""

    def write(self, data: Any) -> None:
        self.last = data

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0


class Connection:
    """A kept connection of the built-in Goodbye, without access log."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        # All of them come in one turn of the loop, which no service would take.
        service = Service(ServerConfig(access_log=False, max_lag=0), Goodbye(_Log()))
        self._protocol = HTTP1(service, self.loop)
        self._transport = _Transport({"peername": ("127.0.0.1", 4711)})
        self._protocol.connection_made(self._transport)

    def serve(self, requests: int) -> bytes:
        """Answer that many requests; returns the last answer."""
        self.loop.run_until_complete(self._serve(requests))
        return bytes(self._transport.last)

    async def _serve(self, requests: int) -> None:
        receive = self._protocol.data_received
        for _ in range(requests):
            receive(REQUEST)
            if not EAGER:
                await asyncio.sleep(0)

    def close(self) -> None:
        """End the connection and its loop."""
        self._protocol.connection_lost(None)
        self.loop.close()


def calls_per_request(connection: Connection, requests: int = 100) -> float:
    """Calls of Python and C functions for one request."""
    return _warm(calls, connection, requests)


def instructions_per_request(connection: Connection, requests: int = 100) -> float:
    """Bytecode instructions for one request."""
    return _warm(instructions, connection, requests)


def _warm(
    count: Callable[[Callable[[], object]], int], connection: Connection, requests: int
) -> float:
    """Count with all caches warm."""
    connection.serve(requests)
    return count(lambda: connection.serve(requests)) / requests


def nanoseconds_per_request(connection: Connection, requests: int, repeats: int) -> float:
    """The best of the repeats: what disturbs a measurement only makes it longer."""
    connection.serve(requests)
    times = []
    for _ in range(repeats):
        began = time.perf_counter_ns()
        connection.serve(requests)
        times.append((time.perf_counter_ns() - began) / requests)
    return min(times)


def main() -> int:
    """Print the three numbers."""
    parser = argparse.ArgumentParser(description=__doc__, add_help=True)
    parser.add_argument("--requests", type=int, default=20_000, metavar="N", help="in one repeat")
    parser.add_argument("--repeats", type=int, default=7, metavar="N", help="the best one counts")
    options = parser.parse_args()
    connection = Connection()
    try:
        print(f"calls        {calls_per_request(connection):8.1f}")
        print(f"instructions {instructions_per_request(connection):8.1f}")
        best = nanoseconds_per_request(connection, options.requests, options.repeats)
        print(f"nanoseconds  {best:8.0f}")
    finally:
        connection.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
