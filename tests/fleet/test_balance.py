"""Connections among workers, in a sequence and in a burst."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from tests.fleet.conftest import Fleet, MakeFleet
from tests.integration.peer import Peer, get

COUNT = 100
MOST = 0.1
TRIES = 20


@pytest.mark.parametrize("wounded", [False, True], ids=["", "after a worker has died"])
def test_four_workers_share_connections_within_a_tenth(fleet: MakeFleet, wounded: bool) -> None:
    service = fleet(4, "--no-access-log").await_ready()
    if wounded:
        os.kill(service.pids[2], signal.SIGKILL)
        service.await_at_least("worker ready", 5)
    assert unevenness(service, in_a_sequence) <= MOST
    assert unevenness(service, in_a_burst) <= MOST


def unevenness(service: Fleet, connect: Callable[[Fleet], Counter[str]]) -> float:
    """How far the farthest is from its share, at the best of some times: a process that the
    system does not let run for a while cannot take what is left to it. Workers that left nothing
    to each other would be farther away at each of them.
    """
    found: list[float] = []
    while len(found) < TRIES and (not found or found[-1] > MOST):
        found.append(_unevenness(connect(service)))
    return min(found)


def _unevenness(shares: Counter[str]) -> float:
    counts = [*shares.values(), 0, 0, 0, 0][:4]  # who has none is as far as one can be
    return max(abs(count * 4 / COUNT - 1) for count in counts)


def in_a_sequence(service: Fleet) -> Counter[str]:
    """Who has how many connections, each of which is answered before the next."""
    with ExitStack() as stack:
        peers = (stack.enter_context(Peer(service.port)) for _ in range(COUNT))
        return Counter(peer.send(get()).answer().headers["x-pid"] for peer in peers)


def in_a_burst(service: Fleet) -> Counter[str]:
    with ExitStack() as stack:
        peers = [stack.enter_context(Peer(service.port)) for _ in range(COUNT)]
        return Counter(peer.send(get()).answer().headers["x-pid"] for peer in peers)
