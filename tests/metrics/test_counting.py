"""Counting what a service does, and what a scrape is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gomicro.metrics.counting import Counting
from gomicro.metrics.families import ACTIVE_REQUESTS, CONNECTIONS
from gomicro.metrics.gauges import active_requests, connections
from gomicro.metrics.render import Gauges, Renderer
from gomicro.metrics.store import SIZE, Store, read
from tests.connection.harness import (
    GET,
    App,
    Peer,
    answering,
    make_service,
    post,
    request,
    sending,
    start,
    virtually,
)

Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


class Counted:
    """A service that is counted."""

    def __init__(self, app: App, **options: Any) -> None:
        self.service = make_service(app, admin_port=0, **options)
        self.lost = 0
        self.memory = memoryview(bytearray(SIZE))
        self.counting = Counting(Store(self.memory), self.service, lambda: self.lost)
        self.counting.begin()

    def samples(self) -> Samples:
        """What a scrape is told, read by prometheus-client's own parser."""
        gauges: Gauges = {
            ACTIVE_REQUESTS: {(m,): n for m, n in active_requests(self.service).items()},
            CONNECTIONS: {(s,): n for s, n in connections(self.service).items()},
        }
        text, _ = Renderer().text("", read(self.counting.copy()), gauges)
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text.decode())
            for sample in family.samples
        }

    def __getitem__(self, name: str) -> dict[tuple[str, ...], float]:
        """One metric's values by those of its labels, in the labels' order."""
        return {
            tuple(value for _, value in sorted(labels)): count
            for (found, labels), count in self.samples().items()
            if found == name
        }


def play(main: Callable[[], Awaitable[None]]) -> list[Any]:
    return virtually(main)


REQUESTS = "http_server_request_duration_seconds"


def test_requests_are_counted_by_method_route_and_status_with_their_time() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope["route"] = "GET /users/{id}"
        await asyncio.sleep(0.3)
        await answering(status=201)(scope, receive, send)

    async def main() -> None:
        it = Counted(app)
        peer = Peer(it.service)
        for _ in range(3):
            await peer.send(GET)
            await asyncio.sleep(0.5)
        key = ("GET", "201", "/users/{id}")
        assert it[f"{REQUESTS}_count"] == {key: 3}
        assert it[f"{REQUESTS}_sum"][key] == pytest.approx(0.9)
        buckets = {k[-1]: v for k, v in _buckets(it).items()}
        assert buckets["0.25"] == 0
        assert buckets["0.5"] == buckets["+Inf"] == 3

    entries = play(main)
    assert [e["event"] for e in entries].count("request") == 3  # logged as before


def _buckets(it: Counted) -> dict[tuple[str, ...], float]:
    order = ("http_request_method", "http_route", "http_response_status_code", "le")
    return {
        tuple(dict(labels)[name] for name in order): value
        for (found, labels), value in it.samples().items()
        if found == f"{REQUESTS}_bucket"
    }


def test_the_buckets_are_the_conventions() -> None:
    async def main() -> None:
        it = Counted(answering())
        await Peer(it.service).send(GET)
        ends = [float(key[-1]) for key in _buckets(it)]
        assert ends == [
            0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, float("inf")
        ]  # fmt: skip

    play(main)


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [(0.001, "0.005"), (0.005, "0.005"), (0.006, "0.01"), (10, "10.0"), (11, "+Inf")],
)
def test_a_request_is_in_the_buckets_from_the_first_that_is_as_long(
    seconds: float, bucket: str
) -> None:
    async def main() -> None:
        it = Counted(answering(), access_log=False)
        count, over = it.service.on_request, []
        it.service.on_request = lambda exchange, *_: over.append(exchange)
        peer = Peer(it.service)
        await peer.send(GET)
        over[0].started_at = -seconds
        count(over[0], peer.connection, 0.0)
        counts = list(_buckets(it).items())
        first = [key[-1] for key, _ in counts].index(bucket)
        assert [value for _, value in counts] == [0] * first + [1] * (len(counts) - first)

    play(main)


def test_where_nothing_is_logged_all_is_counted() -> None:
    async def main() -> None:
        it = Counted(answering(), access_log=False)
        await Peer(it.service).send(GET)
        assert sum(it[f"{REQUESTS}_count"].values()) == 1

    assert [e["event"] for e in play(main)] == []


def test_a_path_is_never_a_route_and_a_made_up_method_is_no_label() -> None:
    async def main() -> None:
        it = Counted(answering())
        peer = Peer(it.service)
        for number in range(50):
            await peer.send(request(f"MADE{number}", target=f"/users/{number}"))
        assert it[f"{REQUESTS}_count"] == {("_OTHER", "200", ""): 50}
        assert it.counting._known == {}

    play(main)


class Route:
    """As Starlette's: it cannot be hashed."""

    __hash__ = None  # type: ignore[assignment] # as a class that defines __eq__ has it

    def __init__(self, path: object) -> None:
        self.path = path


@pytest.mark.parametrize(
    ("key", "value", "route"),
    [
        ("route", Route("/items/{item}"), "/items/{item}"),
        ("route", Route(["unhashable"]), ""),
        ("path_template", "/books/{book}", "/books/{book}"),
    ],
)
def test_the_route_is_the_frameworks(key: str, value: object, route: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope[key] = value
        await answering()(scope, receive, send)

    async def main() -> None:
        it = Counted(app)
        peer = Peer(it.service)
        for _ in range(2):
            await peer.send(GET)
        assert it[f"{REQUESTS}_count"] == {("GET", "200", route): 2}

    play(main)


def test_routes_without_end_are_bounded() -> None:
    numbers = iter(range(10_000))

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope["route"] = f"/made/up/{next(numbers)}"
        await answering()(scope, receive, send)

    async def main() -> None:
        it = Counted(app, access_log=False)
        peer = Peer(it.service)
        for _ in range(5000):
            await peer.send(GET)
        counts = it[f"{REQUESTS}_count"]
        assert 900 < len(counts) < 2000
        assert sum(counts.values()) == 5000
        assert counts["_OTHER", "_OTHER", "_OTHER"] == 5001 - len(counts)
        assert len(it.counting._known) == 4096

    play(main)


def test_a_request_that_was_never_answered_has_no_status() -> None:
    async def main() -> None:
        it = Counted(sending(), write_timeout=1.0)

        async def hangs(scope: Any, receive: Any, send: Any) -> None:
            await asyncio.sleep(5)

        it.service.app = hangs
        await Peer(it.service).send(GET)
        await asyncio.sleep(6)
        assert it[f"{REQUESTS}_count"] == {("GET", "", ""): 1}

    play(main)


def test_deadlines_that_pass_are_counted_by_which() -> None:
    async def hangs(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await asyncio.sleep(9)

    async def main() -> None:
        it = Counted(hangs, read_timeout=1.0, write_timeout=2.0, idle_timeout=3.0)
        peers = [Peer(it.service) for _ in range(3)]
        await peers[0].send(GET)
        await peers[1].send(post(b"abc")[:-1])
        await asyncio.sleep(20)
        it.service.app = answering()
        peers.append(Peer(it.service))
        await peers[3].send(GET)
        await asyncio.sleep(20)
        assert it["gomicro_deadlines_passed_total"] == {
            ("header",): 1, ("read",): 1, ("write",): 2, ("idle",): 1
        }  # fmt: skip

    play(main)


def test_lag_lost_lines_and_shed_requests_are_counted() -> None:
    async def main() -> None:
        it = Counted(answering())
        it.lost = 7
        it.service.overload.shed["lag"] = 3
        for seconds in (0.0004, 0.03, 20.0):
            it.counting.lag(seconds)
        assert it["gomicro_log_lines_lost_total"] == {(): 7}
        assert it["gomicro_requests_shed_total"] == {("lag",): 3}
        assert it["gomicro_event_loop_lag_seconds_count"] == {(): 3}
        assert it["gomicro_event_loop_lag_seconds_sum"][()] == pytest.approx(20.0304)
        buckets = it["gomicro_event_loop_lag_seconds_bucket"]
        assert [buckets[(end,)] for end in ("0.001", "0.05", "10.0", "+Inf")] == [1, 2, 2, 3]

    play(main)


def test_counters_go_on_from_those_of_a_predecessor() -> None:
    async def main() -> None:
        it = Counted(answering())
        it.lost = 7
        await Peer(it.service).send(GET)
        it.counting.lag(0.0)  # with each sign of life all is copied
        service = make_service(answering(), admin_port=0)
        successor = Counting(Store(it.memory), service, lambda: 1)
        successor.begin()
        await Peer(service).send(GET)
        successor.copy()
        it.counting = successor
        assert it["gomicro_log_lines_lost_total"] == {(): 8}
        assert it[f"{REQUESTS}_count"] == {("GET", "200", ""): 2}

    play(main)


def test_requests_in_flight_and_connections_are_counted_when_asked_for() -> None:
    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.5)
        await answering()(scope, receive, send)

    async def main() -> None:
        it = Counted(slow)
        peers = [Peer(it.service) for _ in range(4)]
        await peers[0].send(GET)
        await peers[1].send(request("BREW"))
        await peers[2].send(GET[:5])
        assert it["http_server_active_requests"] == {("GET",): 1, ("_OTHER",): 1}
        assert it["gomicro_connections"] == {("answer",): 2, ("head",): 1, ("new",): 1}
        await asyncio.sleep(0.7)
        assert it["http_server_active_requests"] == {}

    play(main)


def test_a_connection_that_became_another_protocols_is_counted_as_that() -> None:
    class Other:
        """As a WebSocket's."""

    async def main() -> None:
        service: Any = make_service(answering())
        service.connections.add(Other())
        assert connections(service) == {"upgraded": 1}

    asyncio.run(main())
    assert start()["status"] == 200
