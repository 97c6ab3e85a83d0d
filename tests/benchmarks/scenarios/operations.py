"""What it costs that an operator can look in, and that the service stands firm."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tests.benchmarks.bench import Bench
from tests.benchmarks.clients import scraping
from tests.benchmarks.compare import Comparison, alternate
from tests.benchmarks.findings import Finding, at_least
from tests.benchmarks.load import GOODBYE, HELLO, Load, Slice
from tests.benchmarks.peers.catalogue import gomicro

OFF = gomicro(
    "--no-access-log", "--blocked-after", "0", "--max-lag", "0", "--request-id-header", "never",
    name="all off",
)  # fmt: skip
ON = gomicro("--no-access-log", "--admin-port", "{admin}", name="all on, scraped each second")


def run(bench: Bench) -> Iterator[Finding]:
    """With the admin listener, metrics, watch and gates at least 0.97 of the rate with none."""
    for load in (GOODBYE, HELLO):
        yield _compare(bench, load).rate(at_least(0.97))


def _compare(bench: Bench, load: Load) -> Comparison:
    """Two servers of a kind, one of which is scraped while it is under load."""
    found = Comparison(load=load, subject=ON.name, against=OFF.name)
    for _ in range(bench.plan.starts):
        with bench.start(OFF) as off, bench.start(ON) as on:

            def scraped() -> Slice:
                with scraping(on.admin):
                    return bench.slice(on, load)

            for server in (off, on):
                bench.warm_up(server, load)
            (turns,) = alternate(partial(bench.slice, off, load), [scraped], bench.plan.rounds)
        found.turns += turns
    return found
