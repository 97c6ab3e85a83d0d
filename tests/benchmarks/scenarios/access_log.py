"""What a line a request costs."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.bench import Bench
from tests.benchmarks.findings import Finding, at_least
from tests.benchmarks.load import GOODBYE, HELLO
from tests.benchmarks.peers.catalogue import gomicro


def run(bench: Bench) -> Iterator[Finding]:
    """With access log at least 0.85 of the rate without."""
    silent = gomicro("--no-access-log", name="no access log")
    for load in (GOODBYE, HELLO):
        (comparison,) = bench.compare(load, silent, gomicro(name="access log"))
        yield comparison.rate(at_least(0.85))
