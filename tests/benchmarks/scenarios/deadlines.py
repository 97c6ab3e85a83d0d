"""What the deadlines cost."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.bench import Bench
from tests.benchmarks.findings import Finding, at_least
from tests.benchmarks.load import GOODBYE, HELLO
from tests.benchmarks.peers.catalogue import gomicro

NO_DEADLINES = (
    "--read-timeout", "0", "--read-header-timeout", "0", "--write-timeout", "0",
    "--idle-timeout", "0",
)  # fmt: skip


def run(bench: Bench) -> Iterator[Finding]:
    """With every deadline at its default at least 0.97 of the rate with none."""
    none = gomicro("--no-access-log", *NO_DEADLINES, name="no deadlines")
    for load in (GOODBYE, HELLO):
        (comparison,) = bench.compare(load, none, gomicro("--no-access-log", name="deadlines"))
        yield comparison.rate(at_least(0.97))
