"""The lines of several workers in one pipe."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
import time
from contextlib import suppress

from tests.fleet.conftest import MakeFleet
from tests.integration.peer import Peer, get, take_answer
from tests.integration.process import PATIENCE
from tests.ports import unused_port

LONG = 10_000


def test_four_workers_that_write_10_kb_lines_into_one_pipe_tear_none(fleet: MakeFleet) -> None:
    """The reader is slow, so that the pipe is full most of the time."""
    read, write = os.pipe()
    port = unused_port()
    service = fleet(4, "--log-level=error", "--port", str(port), stdout=write)
    os.close(write)
    lines: list[bytes] = []
    slow = threading.Event()
    reader = threading.Thread(target=read_slowly, args=(read, lines, slow))
    reader.start()
    await_listener(port)

    async def play() -> None:
        await asyncio.gather(*(asyncio.to_thread(ask_often, port) for _ in range(8)))

    asyncio.run(play())
    slow.set()
    assert service.stop(signal.SIGTERM) == 0
    reader.join()
    entries = [json.loads(line) for line in b"".join(lines).splitlines()]
    long = [entry for entry in entries if entry["event"] == "long"]
    lost = sum(entry["lines"] for entry in entries if entry["event"] == "log lines lost")
    assert len(long) + lost == 8 * 40
    assert len(long) > 100
    assert len({entry["worker"] for entry in long}) > 1
    assert {entry["pid"] for entry in long} > set()


def await_listener(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        with suppress(ConnectionRefusedError), Peer(port):
            return
        assert time.monotonic() < deadline
        time.sleep(0.02)


def ask_often(port: int) -> None:
    for _ in range(40):
        assert take_answer(port, get(f"/log/{LONG}")).status == 200


def read_slowly(descriptor: int, lines: list[bytes], at_full_speed: threading.Event) -> None:
    with os.fdopen(descriptor, "rb", buffering=0) as pipe:
        while data := pipe.read(8192):
            lines.append(data)
            if not at_full_speed.is_set():
                time.sleep(0.001)
