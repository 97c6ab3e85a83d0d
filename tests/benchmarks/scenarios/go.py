"""The built-in service against the Go program it is a port of: throughput and the slowest 1 %."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.bench import Bench
from tests.benchmarks.findings import Finding, at_least, at_most
from tests.benchmarks.load import GOODBYE, HELLO, NEW_HEADS
from tests.benchmarks.peers.catalogue import GO, gomicro


def run(bench: Bench) -> Iterator[Finding]:
    """At least Go's rate, and at most 1.5 times its p99; Hello logs its line to a file in both."""
    for load in (GOODBYE, HELLO):
        (comparison,) = bench.compare(load, GO, gomicro("--no-access-log"))
        yield comparison.rate(at_least(1.0))
        yield comparison.tail(at_most(1.5))
    (comparison,) = bench.compare(NEW_HEADS, GO, gomicro("--no-access-log"))
    yield comparison.rate()
