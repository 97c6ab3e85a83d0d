"""The client command against the least that a Python client with these libraries can take."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from functools import partial

from tests.benchmarks.bench import Bench
from tests.benchmarks.compare import alternate, durations
from tests.benchmarks.errors import BenchmarkError
from tests.benchmarks.findings import Finding, at_most
from tests.benchmarks.peers.catalogue import gomicro

IMPORTS = ("-c", "import click, http.client")
LIMIT = 20.0  # seconds for one command


def run(bench: Bench) -> Iterator[Finding]:
    """`gomicro hello World`, answer and all, in at most 1.15 times what the imports take."""
    peer = gomicro("--no-access-log")
    program = peer.program(bench.directory, bench.interpreter)
    imports = [str(bench.interpreter.executable), *IMPORTS]
    with bench.start(peer) as server:
        hello = [program, "hello", "World", "--url", f"http://127.0.0.1:{server.port}"]
        measures = [partial(_time, imports, b""), partial(_time, hello, b"Hello World\n")]
        for measure in measures:
            measure()
        (turns,) = alternate(measures[0], measures[1:], bench.plan.commands)
    yield durations(
        "one command", "gomicro hello World", "import click, http.client", turns, at_most(1.15)
    )


def _time(command: list[str], expected: bytes) -> float:
    """Seconds from launch to end; raises BenchmarkError if it fails or says something else."""
    began = time.perf_counter()
    ran = subprocess.run(command, capture_output=True, timeout=LIMIT, check=False)
    taken = time.perf_counter() - began
    if ran.returncode or ran.stdout != expected:
        raise BenchmarkError(f"{command[0]} exited {ran.returncode}: {ran.stderr.decode()[-200:]}")
    return taken
