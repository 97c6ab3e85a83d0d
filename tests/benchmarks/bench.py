"""What the scenarios of one run share: plan, CPUs, directory, and how a slice is taken."""

from __future__ import annotations

import os
import sys
import time
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.benchmarks.compare import Comparison, alternate
from tests.benchmarks.errors import BenchmarkError, UnavailableError
from tests.benchmarks.load import HELLO, Load, Slice, run_wrk
from tests.benchmarks.machine import THIS, Cores, Interpreter
from tests.benchmarks.peers.server import Peer, Server, running

HELLO_LINE = b"Hello world"
TURN = 1.0  # seconds: longer than a turn of the loop takes


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much is measured.

    A comparison is taken over `starts` fresh starts of its servers (a process keeps some luck, good
    or bad, for its lifetime), each with `rounds` alternations of slices of `seconds`. `commands` is
    how often a whole process is timed. `idle` and `leaving` are numbers of connections: held while
    memory and throughput are measured, and open when a server is interrupted.
    """

    seconds: int = 3
    warm_up: int = 1
    rounds: int = 4
    starts: int = 3
    commands: int = 20
    idle: int = 10_000
    leaving: int = 1_000


QUICK = Plan(seconds=1, rounds=2, starts=1, commands=3, idle=1_000, leaving=100)


@dataclass(kw_only=True)
class Bench:
    """One run. `skipped` tells which peers were left out, and why."""

    plan: Plan
    cores: Cores
    directory: Path
    interpreter: Interpreter = THIS
    skipped: dict[str, str] = field(default_factory=dict)

    def start(self, peer: Peer) -> AbstractContextManager[Server]:
        """A running server on the servers' CPU; raises UnavailableError."""
        return running(peer, self.directory, self.cores.server, self.interpreter)

    def available(self, peers: list[Peer]) -> list[Peer]:
        """The peers that start; the others are noted as skipped."""
        found = []
        for peer in peers:
            try:
                with self.start(peer):
                    found.append(peer)
            except UnavailableError as missing:
                self.skipped[peer.name] = missing.reason
        return found

    def slice(self, server: Server, load: Load) -> Slice:
        """One slice of load on a server, whose log is checked and then emptied."""
        before = server.cpu_seconds()
        answered = run_wrk(load, server.port, self.plan.seconds, secure=server.peer.secure)
        taken = Slice(
            requests=answered.requests,
            seconds=answered.seconds,
            p50=answered.p50,
            p99=answered.p99,
            busy=(server.cpu_seconds() - before) / answered.seconds,
        )
        if load is HELLO and server.peer.logs_hello:
            _require_lines(server, answered.requests)
        os.truncate(server.log, 0)
        note(
            f"  {load.name:<22} {server.peer.name:<29} {taken.rate:>9,.0f}/s"
            f"  p99 {taken.p99:6.2f} ms  busy {taken.busy:4.0%}"
        )
        return taken

    def warm_up(self, server: Server, load: Load) -> None:
        """Load that is not measured."""
        run_wrk(load, server.port, self.plan.warm_up, secure=server.peer.secure)
        os.truncate(server.log, 0)

    def compare(self, load: Load, baseline: Peer, *others: Peer) -> list[Comparison]:
        """The others against the baseline under one load, in alternating slices."""
        found = [
            Comparison(load=load, subject=other.name, against=baseline.name) for other in others
        ]
        for _ in range(self.plan.starts):
            with ExitStack() as stack:
                servers = [stack.enter_context(self.start(peer)) for peer in (baseline, *others)]
                for server in servers:
                    self.warm_up(server, load)
                first, *rest = [partial(self.slice, server, load) for server in servers]
                turns = alternate(first, rest, self.plan.rounds)
            for comparison, taken in zip(found, turns, strict=True):
                comparison.turns += taken
        return found


def note(line: str) -> None:
    """Say on standard error how far the run has come."""
    print(line, file=sys.stderr, flush=True)


def _require_lines(server: Server, requests: int) -> None:
    """Hello's line counts as logged if it is in the file: one a request, or the slice is void.

    A line may be written after its answer, with the others of that turn of the loop.
    """
    ends_at = time.monotonic() + TURN
    while (lines := server.log.read_bytes().count(HELLO_LINE)) < requests:
        if time.monotonic() >= ends_at:
            raise BenchmarkError(
                f"{server.peer.name} logged {lines} lines of Hello for {requests} requests"
            )
        time.sleep(0.01)
