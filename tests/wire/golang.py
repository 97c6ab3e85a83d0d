"""The Go program, running: what gomicro is compared with."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.errors import UnavailableError
from tests.benchmarks.machine import THIS
from tests.benchmarks.peers.golang import go_program
from tests.integration.process import NOBODY_IS_SHED, PATIENCE, Process
from tests.ports import unused_port

__all__ = ["AS_GO", "UnavailableError", "await_listener", "running_go"]

AS_GO = ("--no-access-log", NOBODY_IS_SHED)
"""Flags of a service that is compared with it: Go sheds nobody, however busy the machine is."""


@contextlib.contextmanager
def running_go(directory: Path) -> Iterator[int]:
    """The port of the Go program, built into a directory with the first Go toolchain found.

    Raises UnavailableError where there is none.
    """
    program = go_program(".")(directory, THIS)
    port = unused_port()
    process = Process(program, env={"PORT": str(port)}, stdout=subprocess.DEVNULL)
    try:
        await_listener(process, port)
        yield port
    finally:
        process.kill()


def await_listener(process: Process, port: int) -> None:
    """Wait until a process accepts connections on a port."""
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
