"""Bodies of 8 MiB in and out, and readers that stop reading."""

from __future__ import annotations

from collections.abc import Iterator

from tests.benchmarks.bench import Bench
from tests.benchmarks.clients import stalled_readers
from tests.benchmarks.compare import Comparison, alternate
from tests.benchmarks.findings import Finding, at_least, at_most
from tests.benchmarks.load import GOODBYE, Load, Slice
from tests.benchmarks.peers.catalogue import BODIES, GO_BODIES, gomicro_app, uvicorn
from tests.benchmarks.peers.server import Peer

MIB = 1024 * 1024
UPLOAD = Load(
    name="8 MiB up", method="POST", path="/upload", text="x", times=8 * MIB, connections=4
)
DOWNLOAD = Load(name="8 MiB down", method="GET", path="/download", connections=4)
STALLED = 8
OURS, THEIRS = gomicro_app(BODIES), uvicorn(BODIES)


def run(bench: Bench) -> Iterator[Finding]:
    """No slower than uvicorn, peak memory within the body limit, others' p99 at most 1.5 times.

    Four clients at 8 MiB each have as much under way as one request may send: 32 MiB.
    """
    for load in (UPLOAD, DOWNLOAD):
        (comparison,) = bench.compare(load, THEIRS, OURS)
        yield comparison.rate(at_least(1.0))
    for peer, limit in ((OURS, at_most(32)), (THEIRS, None)):
        samples = tuple(_peak(bench, peer) for _ in range(bench.plan.starts))
        yield Finding(
            load="8 MiB up and down, peak memory",
            subject=peer.name,
            unit="MiB",
            samples=samples,
            target=limit,
        )
    for peer, limit in ((OURS, at_most(1.5)), (GO_BODIES, None), (THEIRS, None)):
        comparison = _beside_stalled_readers(bench, peer)
        yield comparison.rate()
        yield comparison.tail(limit)


def _peak(bench: Bench, peer: Peer) -> float:
    """Growth of resident memory, at its highest, in MiB."""
    with bench.start(peer) as server:
        bench.warm_up(server, GOODBYE)
        before = server.settled_memory()
        server.forget_peak()
        for load in (UPLOAD, DOWNLOAD):
            bench.slice(server, load)
        return (server.peak_memory() - before) / MIB


def _beside_stalled_readers(bench: Bench, peer: Peer) -> Comparison:
    """One server, alternately with and without clients that ask for 8 MiB and do not read."""
    found = Comparison(
        load=GOODBYE, subject=f"{peer.name}, {STALLED} stalled readers", against="none stalled"
    )
    for _ in range(bench.plan.starts):
        with bench.start(peer) as server:

            def alone() -> Slice:
                return bench.slice(server, GOODBYE)

            def beside() -> Slice:
                with stalled_readers(server.port, STALLED):
                    return bench.slice(server, GOODBYE)

            bench.warm_up(server, GOODBYE)
            (turns,) = alternate(alone, [beside], bench.plan.rounds)
        found.turns += turns
    return found
