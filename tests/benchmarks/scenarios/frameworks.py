"""Frameworks on gomicro's engine, on granian and on uvicorn, without a log of requests."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.bench import Bench
from tests.benchmarks.findings import Finding, at_least, at_most
from tests.benchmarks.load import GOODBYE, HELLO, Load
from tests.benchmarks.peers.catalogue import FASTAPI, STARLETTE, gomicro_app, granian, uvicorn

ITEM = Load(name="GET /items/7", method="GET", path="/items/7")
TARGETS = (
    (STARLETTE, GOODBYE, granian, at_least(1.1)),
    (STARLETTE, GOODBYE, uvicorn, at_least(1.6)),
    (STARLETTE, HELLO, granian, at_least(1.5)),
    (STARLETTE, HELLO, uvicorn, at_least(1.6)),
    (FASTAPI, ITEM, granian, at_least(1.05)),
    (FASTAPI, ITEM, uvicorn, at_least(1.25)),
)


def run(bench: Bench) -> Iterator[Finding]:
    """Starlette ÷ granian 1.1 and 1.5, FastAPI with a checked model 1.05; more against uvicorn."""
    for application, load, peer, target in TARGETS:
        (comparison,) = bench.compare(load, peer(application), gomicro_app(application))
        yield comparison.rate(target)
        yield comparison.tail(at_most(1.0))
