"""The sorts of answers that applications give, many connections, and TLS, beside the best peers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tests.benchmarks.bench import Bench
from tests.benchmarks.findings import Finding, at_least, at_most
from tests.benchmarks.load import GOODBYE, Load
from tests.benchmarks.peers.catalogue import (
    ANSWERS,
    GO,
    STARLETTE,
    gomicro,
    gomicro_app,
    granian,
    secure,
    uvicorn,
)
from tests.certificates import make_certificate

LOADS = (
    Load(name="JSON of 1 kB", method="GET", path="/small"),
    Load(name="JSON of 100 kB", method="GET", path="/large"),
    Load(name="a file of 1 MB", method="GET", path="/file", connections=16),
    Load(name="100 parts", method="GET", path="/parts"),
)
CROWD = replace(GOODBYE, name="1,000 connections", connections=1000)


def run(bench: Bench) -> Iterator[Finding]:
    """None below uvicorn or granian; the slowest 1 % of 1,000 connections not above Go either."""
    for load in LOADS:
        for peer in (granian, uvicorn):
            (comparison,) = bench.compare(load, peer(ANSWERS), gomicro_app(ANSWERS))
            yield comparison.rate(at_least(1.0))
    for peer in (granian, uvicorn):
        (comparison,) = bench.compare(CROWD, peer(STARLETTE), gomicro_app(STARLETTE))
        yield comparison.rate(at_least(1.0))
        yield comparison.tail(at_most(1.0))
    (comparison,) = bench.compare(CROWD, GO, gomicro("--no-access-log"))
    yield comparison.rate(at_least(1.0))
    yield comparison.tail(at_most(1.0))
    make_certificate(bench.directory, "DNS:localhost")
    ours = secure(gomicro_app(STARLETTE), "--tls-cert", "--tls-key")
    for theirs in (
        secure(granian(STARLETTE), "--ssl-certificate", "--ssl-keyfile"),
        secure(uvicorn(STARLETTE), "--ssl-certfile", "--ssl-keyfile"),
    ):
        (comparison,) = bench.compare(GOODBYE, theirs, ours)
        yield comparison.rate(at_least(1.0))
