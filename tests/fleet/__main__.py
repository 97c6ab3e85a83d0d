"""A fleet that is restarted under clients of all kinds: `python -m tests.fleet --restarts 20`.

Prints a line of JSON: whole answers by the kind of client, what was lost in the restarts and at
SIGTERM, and the supervisor's memory. The exit status is 1 if anything was lost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import time
from pathlib import Path

from tests.fleet.conftest import Fleet
from tests.fleet.load import Load


async def play(service: Fleet, load: Load, restarts: int, clients: int, every: float) -> int:
    """Restart it so often; how many losses there were before SIGTERM."""
    load.start(clients)
    await asyncio.sleep(1)
    for _ in range(restarts):
        began = time.monotonic()
        await asyncio.to_thread(service.restart)
        await asyncio.sleep(max(0.0, every - (time.monotonic() - began)))
    before = len(load.losses)
    service.send_signal(signal.SIGTERM)
    await load.stop()
    return before


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fleet", description=__doc__)
    parser.add_argument("--restarts", type=int, default=20)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--every", type=float, default=1.0, help="seconds from one to the next")
    given = parser.parse_args()
    service = Fleet(given.workers, "--no-access-log")
    try:
        service.await_ready()
        load = Load(service.port)
        status = Path(f"/proc/{service.popen.pid}/status").read_text()
        memory = int(status.split("VmRSS:")[1].split()[0])
        before = asyncio.run(play(service, load, given.restarts, given.clients, given.every))
        exit_status = service.wait()
    finally:
        service.kill()
    told = {
        "answers": load.answered,
        "workers_seen": len(load.pids),
        "restarts": len(service.entries("restart done")),
        "lost_in_restarts": load.losses[:before],
        "lost_at_sigterm": load.losses[before:],
        "exit_status": exit_status,
        "supervisor_kib": memory,
    }
    print(json.dumps(told))
    return 1 if load.losses or exit_status else 0


if __name__ == "__main__":
    sys.exit(main())
