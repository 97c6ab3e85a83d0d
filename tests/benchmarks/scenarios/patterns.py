"""Whether routing costs more with more patterns."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.bench import Bench
from tests.benchmarks.findings import Finding, at_least
from tests.benchmarks.load import Load
from tests.benchmarks.peers.catalogue import APPS, gomicro_app

ITEM = Load(name="GET /items/7", method="GET", path="/items/7")


def run(bench: Bench) -> Iterator[Finding]:
    """With 10,000 patterns at least 0.95 of the rate with one."""
    one = gomicro_app(f"{APPS}.patterns:one", "--factory")
    many = gomicro_app(f"{APPS}.patterns:many", "--factory")
    (comparison,) = bench.compare(ITEM, one, many)
    yield comparison.rate(at_least(0.95))
