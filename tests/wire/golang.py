"""The Go program, running: what gomicro is compared with."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.errors import UnavailableError
from tests.benchmarks.peers.golang import go_program
from tests.integration.process import PATIENCE, Process

__all__ = ["UnavailableError", "running_go"]


@contextlib.contextmanager
def running_go(directory: Path) -> Iterator[int]:
    """The port of the Go program, built into a directory with the first Go toolchain found.

    Raises UnavailableError where there is none.
    """
    program = go_program(".")(directory)
    port = _free_port()
    process = Process(program, env={"PORT": str(port)})
    try:
        _await_listener(process, port)
        yield port
    finally:
        process.kill()


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def _await_listener(process: Process, port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert process.running, process.errors()
            assert time.monotonic() < deadline, "the Go program does not listen"
            time.sleep(0.02)  # it says nothing when it does
        else:
            return
