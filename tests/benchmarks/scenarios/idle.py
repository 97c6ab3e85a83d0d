"""What an idle keep-alive connection costs: memory of its own, and throughput of the others."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tests.benchmarks.bench import Bench
from tests.benchmarks.clients import idle_connections, require_open
from tests.benchmarks.compare import Comparison, alternate
from tests.benchmarks.findings import Finding, at_least, at_most
from tests.benchmarks.load import GOODBYE
from tests.benchmarks.peers.catalogue import BARE, GO, gomicro, uvicorn
from tests.benchmarks.peers.server import Peer

GOMICRO = gomicro("--no-access-log")
TARGETS = ((GOMICRO, at_most(4_000)), (GO, None), (uvicorn(BARE), None))


def run(bench: Bench) -> Iterator[Finding]:
    """At most 4 kB a connection, and at least 0.95 of the rate that is had without them."""
    for peer, target in TARGETS:
        samples = tuple(_bytes_each(bench, peer) for _ in range(bench.plan.starts))
        yield Finding(
            load=f"{bench.plan.idle:,} idle connections, memory of one",
            subject=peer.name,
            unit="bytes",
            samples=samples,
            target=target,
        )
    yield _throughput(bench).rate(at_least(0.95))


def _bytes_each(bench: Bench, peer: Peer) -> float:
    """Growth of the server's resident memory, per connection that has gone idle."""
    with bench.start(peer) as server:
        bench.warm_up(server, GOODBYE)
        before = server.settled_memory()
        with idle_connections(server.port, bench.plan.idle) as clients:
            grown = server.settled_memory() - before
            require_open(clients)
        return grown / bench.plan.idle


def _throughput(bench: Bench) -> Comparison:
    """Two servers of a kind, one of which holds the idle connections."""
    count = bench.plan.idle
    found = Comparison(load=GOODBYE, subject=f"{count:,} idle", against="none idle")
    for _ in range(bench.plan.starts):
        with bench.start(GOMICRO) as alone, bench.start(GOMICRO) as burdened:
            for server in (alone, burdened):
                bench.warm_up(server, GOODBYE)
            with idle_connections(burdened.port, count) as clients:
                (turns,) = alternate(
                    partial(bench.slice, alone, GOODBYE),
                    [partial(bench.slice, burdened, GOODBYE)],
                    bench.plan.rounds,
                )
                require_open(clients)
        found.turns += turns
    return found
