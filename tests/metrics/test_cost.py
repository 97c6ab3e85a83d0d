"""What a scrape costs a busy service, counted in calls: the same in every run."""

from __future__ import annotations

import asyncio
from typing import Any

from gomicro.metrics.counting import Counting
from gomicro.metrics.gauges import active_requests, connections
from gomicro.metrics.render import Renderer
from gomicro.metrics.store import SIZE, Store, read
from tests.benchmarks.protocol import Connection, calls_per_request
from tests.compiled import counts_python
from tests.connection.harness import Peer, answering, make_service, request
from tests.work import calls

BUSY = 10_000
"""Requests a second of a service that has no time to spare."""

EVERY = 15
"""Seconds between two scrapes, as Prometheus' own example has them."""

ROUTES = 30


async def calls_per_scrape() -> int:
    """Those of a scrape of a service with many routes."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope["route"] = scope["path"]
        await answering()(scope, receive, send)

    service = make_service(app, admin_port=0, access_log=False)
    counting = Counting(Store(memoryview(bytearray(SIZE))), service, int)
    counting.begin()
    peer = Peer(service)
    for number in range(ROUTES):
        await peer.send(request("GET", target=f"/route/{number}"))
    renderer = Renderer()

    def scrape() -> None:
        active_requests(service)
        connections(service)
        text, _ = renderer.text("", read(counting.copy()), {})
        assert text.count(b"duration_seconds_count{") == ROUTES

    scrape()
    return calls(scrape)


@counts_python
def test_a_scrape_is_less_than_a_hundredth_of_what_a_busy_service_does_meanwhile() -> None:
    connection = Connection()
    try:
        meanwhile = calls_per_request(connection) * BUSY * EVERY
        assert asyncio.run(calls_per_scrape()) < meanwhile / 100
    finally:
        connection.close()
