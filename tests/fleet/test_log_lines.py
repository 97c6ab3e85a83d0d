"""The lines of several workers in one pipe."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import threading
import time
from contextlib import ExitStack, suppress

from tests.fleet.conftest import MakeFleet
from tests.integration.peer import Peer, get
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

    async def play(peers: list[Peer]) -> None:
        await asyncio.gather(*(asyncio.to_thread(ask_often, peer) for peer in peers))

    with ExitStack() as stack:
        asyncio.run(play(one_of_each(4, port, stack)))
    slow.set()
    assert service.stop(signal.SIGTERM) == 0
    reader.join()
    entries = [json.loads(line) for line in b"".join(lines).splitlines()]
    long = [entry for entry in entries if entry["event"] == "long"]
    lost = sum(entry["lines"] for entry in entries if entry["event"] == "log lines lost")
    assert len(long) + lost == 4 * 80
    assert len(long) > 100
    assert {entry["worker"] for entry in long} == {1, 2, 3, 4}
    assert len({entry["pid"] for entry in long}) == 4


def one_of_each(workers: int, port: int, stack: ExitStack) -> list[Peer]:
    """A kept connection to each worker, whose line that says it is ready is not logged here."""
    peers: dict[str, Peer] = {}
    deadline = time.monotonic() + PATIENCE
    while len(peers) < workers:
        assert time.monotonic() < deadline
        time.sleep(0.02)
        with suppress(ConnectionRefusedError):
            peer = stack.enter_context(Peer(port))
            pid = peer.send(get()).answer().headers["x-pid"]
            if peers.setdefault(pid, peer) is not peer:
                peer.sock.close()
    return list(peers.values())


def ask_often(peer: Peer) -> None:
    for _ in range(80):
        assert peer.send(get(f"/log/{LONG}")).answer().status == 200


def read_slowly(descriptor: int, lines: list[bytes], at_full_speed: threading.Event) -> None:
    with os.fdopen(descriptor, "rb", buffering=0) as pipe:
        while data := pipe.read(8192):
            lines.append(data)
            if not at_full_speed.is_set():
                time.sleep(0.001)
