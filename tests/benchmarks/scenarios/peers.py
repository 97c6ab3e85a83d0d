"""Every server in one table, relative to the Go program: what the chart is drawn from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tests.benchmarks.bench import Bench
from tests.benchmarks.findings import Finding
from tests.benchmarks.load import GOODBYE, HELLO
from tests.benchmarks.peers.catalogue import (
    BARE,
    FASTAPI,
    GO,
    STARLETTE,
    gomicro,
    gomicro_app,
    granian,
    hypercorn,
    uvicorn,
)

OTHERS = [
    gomicro("--no-access-log"),
    gomicro(name="gomicro, access log"),
    gomicro_app(BARE),
    gomicro_app(STARLETTE),
    gomicro_app(FASTAPI),
    granian(BARE),
    granian(STARLETTE),
    uvicorn(BARE),
    uvicorn(STARLETTE),
    uvicorn(FASTAPI),
    uvicorn(STARLETTE, access_log=True),
    hypercorn(STARLETTE),
]


def run(bench: Bench) -> Iterator[Finding]:
    """The rate of each peer that is there, over one start of each and without a target."""
    bench = replace(bench, plan=replace(bench.plan, starts=1))
    others = bench.available(OTHERS)
    for load in (GOODBYE, HELLO):
        for comparison in bench.compare(load, GO, *others):
            yield comparison.rate()
