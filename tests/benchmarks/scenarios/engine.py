"""A user's own application on gomicro's engine and on uvicorn, without access log in both."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.bench import Bench
from tests.benchmarks.findings import Finding, at_least
from tests.benchmarks.load import GOODBYE, HELLO
from tests.benchmarks.peers.catalogue import BARE, FASTAPI, STARLETTE, gomicro_app, uvicorn

TARGETS = {BARE: at_least(1.8), STARLETTE: at_least(1.4), FASTAPI: at_least(1.1)}


def run(bench: Bench) -> Iterator[Finding]:
    """1.8 times uvicorn's rate for a bare ASGI function, 1.4 for Starlette, 1.1 for FastAPI."""
    for application, target in TARGETS.items():
        for load in (GOODBYE, HELLO):
            (comparison,) = bench.compare(load, uvicorn(application), gomicro_app(application))
            yield comparison.rate(target)
