"""Start to first answer, and SIGINT to gone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tests.benchmarks.bench import Bench, note
from tests.benchmarks.clients import idle_connections
from tests.benchmarks.compare import alternate, durations
from tests.benchmarks.findings import Finding, Target, at_most
from tests.benchmarks.peers.catalogue import GO, STARLETTE, gomicro, gomicro_app, uvicorn
from tests.benchmarks.peers.server import Peer

OURS = gomicro("--no-access-log")
THEIRS = uvicorn(STARLETTE)


def run(bench: Bench) -> Iterator[Finding]:
    """Up in 0.9 of uvicorn's time; gone within 50 ms with nothing connected, 100 ms with 1,000."""
    yield from _starts(bench, THEIRS, [OURS, gomicro_app(STARLETTE)], at_most(0.9))
    for peer, targets in (
        (OURS, (at_most(50), at_most(100))),
        (GO, (None, None)),
        (THEIRS, (None, None)),
    ):
        for connections, target in zip((0, bench.plan.leaving), targets, strict=True):
            yield _leaves(bench, peer, connections, target)


def _starts(bench: Bench, baseline: Peer, others: list[Peer], target: Target) -> Iterator[Finding]:
    """Seconds from launch to first answer, after one start each that fills the caches."""
    for peer in (baseline, *others):
        _start(bench, peer)
    first, *rest = [partial(_start, bench, peer) for peer in (baseline, *others)]
    turns = alternate(first, rest, bench.plan.commands)
    for peer, taken in zip(others, turns, strict=True):
        yield durations("start to first answer", peer.name, baseline.name, taken, target)


def _start(bench: Bench, peer: Peer) -> float:
    with bench.start(peer) as server:
        note(f"  start to first answer  {peer.name:<24} {server.started_in * 1e3:6.0f} ms")
        return server.started_in


def _leaves(bench: Bench, peer: Peer, connections: int, target: Target | None) -> Finding:
    """Milliseconds from SIGINT to gone, with so many idle keep-alive connections."""
    samples = tuple(_leave(bench, peer, connections) for _ in range(bench.plan.commands))
    return Finding(
        load=f"SIGINT to gone, {connections:,} idle",
        subject=peer.name,
        unit="ms",
        samples=samples,
        target=target,
    )


def _leave(bench: Bench, peer: Peer, connections: int) -> float:
    with bench.start(peer) as server:
        with idle_connections(server.port, connections):
            taken = server.interrupt() * 1e3
        note(f"  SIGINT to gone, {connections:<6,} {peer.name:<24} {taken:6.1f} ms")
        return taken
