"""More comes than can be served: what is answered, who is told so, and who is not."""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextvars import Context
from typing import Any

import pytest

from gomicro.connection.lag import LONG_TURN, LOOK_AGAIN, QUEUE
from gomicro.connection.overload import RETRY_AFTER, Overload
from gomicro.connection.phase import Phase
from tests.connection.harness import (
    GET,
    App,
    Clock,
    Peer,
    VirtualLoop,
    answering,
    make_service,
    ok,
    post,
    quiet,
    request,
    virtually,
)

pytestmark = pytest.mark.usefixtures("eager")

LAG = 0.06
FIRST = LAG / 3 + 2 * LAG * 2 / 3
"""Seconds that a turn may take after one that shed nobody."""


def clock() -> Clock:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop.clock


def busy(seconds: float) -> App:
    """An application that computes for so long before it answers; on `/quick` it need not."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] != "/quick":
            clock().now += float(scope["query_string"] or seconds)
        await answering()(scope, receive, send)

    return app


QUICK = request("GET", target="/quick")


async def poll(service: Any, requests: Iterable[bytes]) -> list[Peer]:
    """So many requests, each on a connection of its own, that one turn of the loop finds ready."""
    peers = [Peer(service) for _ in requests]
    for peer, data in zip(peers, requests, strict=True):
        peer.wire.deliver(data)
    await asyncio.sleep(0)  # they begin when the turn has read them all
    return peers


def statuses(peers: list[Peer]) -> list[bytes]:
    return [peer.sent()[9:12] for peer in peers]


def shed(*, close: bool = False, body: bytes = b"Service Unavailable\n") -> bytes:
    """A pattern for the answer to a request that is shed."""
    lines = [
        rb"HTTP/1\.1 503 Service Unavailable",
        rb"date: now",
        rb"retry-after: [1-5]",
        rb"content-type: text/plain; charset=utf-8",
        rb"content-length: 20",
    ]
    if close:
        lines.append(rb"connection: close")
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def play(app: App, main: Callable[[Any], Awaitable[None]], **options: Any) -> list[Any]:
    async def run() -> None:
        await main(make_service(app, **options))

    return virtually(run)


def test_a_request_that_stands_beyond_the_longest_lag_is_shed_and_the_next_turn_serves_again() -> (
    None
):
    async def main(service: Any) -> None:
        first = await poll(service, [GET] * 200)
        said = statuses(first)
        served = said.count(b"200")
        assert said == [b"200"] * served + [b"503"] * (200 - served)
        assert FIRST <= served * 0.002 <= FIRST + 0.006
        assert service.overload.shed == {"lag": 200 - served, "in_flight": 0}
        await quiet()
        assert set(statuses(await poll(service, [GET] * 20))) == {b"200"}

    play(busy(0.002), main)


def test_the_shed_keep_their_connection_and_are_served_later() -> None:
    async def main(service: Any) -> None:
        *_, last = await poll(service, [GET] * 150)
        assert re.fullmatch(shed(), last.sent())
        await asyncio.sleep(1)
        last.wire.written.clear()
        await last.send(GET)
        assert last.sent() == ok()
        assert last.closed_after() is None

    play(busy(0.002), main)


def test_the_shed_are_asked_to_come_again_at_different_times() -> None:
    async def main(service: Any) -> None:
        answers = b"".join(peer.sent() for peer in await poll(service, [GET] * 100))
        seconds = re.findall(rb"retry-after: (\d+)", answers)
        counts = [seconds.count(b"%d" % number) for number in RETRY_AFTER]
        assert sum(counts) == len(seconds)
        assert max(counts) - min(counts) <= 1

    play(busy(0.002), main)


@pytest.mark.parametrize("before", [0, 1, 30])
def test_a_handler_that_blocks_the_loop_once_makes_nobody_be_shed(before: int) -> None:
    async def main(service: Any) -> None:
        blocking = request("GET", target="/?3.0")
        peers = await poll(service, [*[GET] * before, blocking, *[QUICK] * 500])
        assert set(statuses(peers)) == {b"200"}

    play(busy(0.002), main)


def test_slow_handlers_are_no_queue_before_the_write_timeout_is_near() -> None:
    async def main(service: Any) -> None:
        said = statuses(await poll(service, [GET] * 50))
        assert 0.4 <= said.count(b"200") * 0.05 <= 0.5
        await quiet()

    play(busy(0.05), main)


@pytest.mark.parametrize("write_timeout", [0, 30])
def test_few_clients_are_no_queue_whatever_they_take(write_timeout: float) -> None:
    """They cannot bring more, and who stands last is served long before the deadline."""

    async def main(service: Any) -> None:
        peers = await poll(service, [GET] * 64)
        for _ in range(3):
            for peer in peers:
                peer.wire.deliver(GET)
            await quiet()
        assert [peer.sent() for peer in peers] == [ok() * 4] * 64

    play(busy(0.05), main, write_timeout=write_timeout)


def test_without_a_write_timeout_slow_handlers_are_a_queue_when_there_are_many() -> None:
    async def main(service: Any) -> None:
        said = statuses(await poll(service, [GET] * 100))
        assert QUEUE <= said.count(b"200") <= QUEUE + 4
        await quiet()

    play(busy(0.05), main, write_timeout=0)


def test_a_burst_that_is_served_in_time_is_served_whole() -> None:
    async def main(service: Any) -> None:
        for _ in range(20):
            assert set(statuses(await poll(service, [GET] * 35))) == {b"200"}
            await asyncio.sleep(0.1)

    assert play(busy(0.002), main, access_log=False) == []


def test_without_a_limit_everything_is_served() -> None:
    async def main(service: Any) -> None:
        assert set(statuses(await poll(service, [GET] * 2000))) == {b"200"}
        await quiet()

    play(busy(0.002), main, max_lag=0)


@pytest.mark.parametrize(
    ("sent", "close", "body"),
    [
        pytest.param(post(b"abc"), False, True, id="with all of its body"),
        pytest.param(request("HEAD"), False, False, id="HEAD"),
        pytest.param(request("GET", "Upgrade: x", "Connection: upgrade"), False, True, id="other"),
        pytest.param(b"GET / HTTP/1.0\r\n\r\n", True, True, id="HTTP/1.0"),
        pytest.param(request("GET", "Connection: close"), True, True, id="Connection: close"),
        pytest.param(post(b"abc")[:-1], True, True, id="with a part of its body"),
        pytest.param(
            request("POST", "Content-Length: 3", "Expect: 100-continue"), True, True, id="Expect"
        ),
        pytest.param(
            request("POST", "Transfer-Encoding: chunked", body=b"1\r\na\r\n"),
            True,
            True,
            id="chunked",
        ),
        pytest.param(b"CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n", True, True, id="CONNECT"),
    ],
)
def test_any_request_can_be_shed(sent: bytes, close: bool, body: bool) -> None:
    async def main(service: Any) -> None:
        *_, last = await poll(service, [*[GET] * 100, sent])
        expected = shed(close=close) if body else shed(body=b"")
        assert re.fullmatch(expected, last.sent())
        await asyncio.sleep(2)
        assert last.wire.closed is close
        assert last.wire.half_closed is close

    play(busy(0.002), main)


def test_each_of_many_requests_in_one_packet_has_its_answer() -> None:
    async def main(service: Any) -> None:
        *_, last = await poll(service, [*[GET] * 100, GET * 5])
        assert re.fullmatch(shed() * 5, last.sent())
        assert last.closed_after() is None

    play(busy(0.002), main)


def test_a_client_that_has_closed_its_side_is_told_and_closed() -> None:
    async def main(service: Any) -> None:
        peers = [Peer(service) for _ in range(101)]
        service.arrivals.apart = 101  # nobody waits: the end would have what came begin before it
        for peer in peers[:-1]:
            peer.wire.deliver(GET)
        peers[-1].wire.deliver(GET[:10])
        peers[-1].wire.deliver(GET[10:])
        peers[-1].wire.end()
        await quiet()
        assert re.fullmatch(shed(), peers[-1].sent())
        assert peers[-1].wire.closed

    play(busy(0.002), main)


def test_a_client_that_takes_no_answer_is_not_read_from() -> None:
    async def main(service: Any) -> None:
        peers = [Peer(service) for _ in range(101)]
        peers[-1].wire.stuck = True
        peers[-1].wire.set_write_buffer_limits(high=10)
        for peer in peers:
            peer.wire.deliver(GET * 3)
        await asyncio.sleep(0)
        assert re.fullmatch(shed(), peers[-1].sent())
        peers[-1].wire.stuck = False
        peers[-1].wire.take()
        await quiet()
        assert peers[-1].sent().count(b"HTTP/1.1 ") == 3

    play(busy(0.002), main)


def test_while_the_service_stops_the_shed_are_closed() -> None:
    async def main(service: Any) -> None:
        service.phase = Phase.DRAINING
        *_, last = await poll(service, [GET] * 150)
        assert re.fullmatch(shed(close=True), last.sent())
        await quiet()

    play(busy(0.002), main)


def test_a_handshake_is_shed_as_any_request_is() -> None:
    async def main(service: Any) -> None:
        fields = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13")
        handshake = request("GET", *fields, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")
        *_, last = await poll(service, [*[GET] * 100, handshake])
        assert re.fullmatch(shed(), last.sent())

    play(busy(0.002), main, websockets="websockets-sansio")


def test_the_log_has_a_line_a_second_at_most_and_counts_all() -> None:
    async def main(service: Any) -> None:
        for _ in range(35):
            await poll(service, [GET] * 100)
            await asyncio.sleep(0.1)
        await asyncio.sleep(10)
        count.append(service.overload.shed["lag"])

    count: list[int] = []
    lines = play(busy(0.002), main, access_log=False)
    assert {(line["event"], line["log_level"]) for line in lines} == {("requests shed", "warning")}
    assert 6 <= len(lines) <= 8
    assert sum(line["lag"] for line in lines) == count[0] > 0
    assert sum(line["in_flight"] for line in lines) == 0


def test_a_shed_request_has_no_line_of_its_own() -> None:
    async def main(service: Any) -> None:
        said = statuses(await poll(service, [GET] * 150))
        served.append(said.count(b"200"))
        await quiet()

    served: list[int] = []
    lines = play(busy(0.002), main)
    assert [line["event"] for line in lines] == ["request"] * served[0] + ["requests shed"]


# Clients that wait for their answer, and clients that do not.


def ask_again(
    connections: int, cost: float, seconds: float, *, late: bool = False, **options: Any
) -> Counter[bytes]:
    """Clients that each ask again as soon as they are answered, whose handlers compute for `cost`
    seconds; if they are `late`, who was shed misses a turn of the loop. How they were answered in
    the second half of the time.
    """
    said: Counter[bytes] = Counter()

    async def main(service: Any) -> None:
        peers: list[Peer] = []
        missing: set[Peer] = set()
        began = clock().now
        while clock().now < began + seconds:
            peers += [Peer(service) for _ in range(min(64, connections - len(peers)))]
            asking = [peer for peer in peers if peer not in missing]
            missing.clear()
            for peer in asking:
                peer.wire.written.clear()
                peer.wire.deliver(GET)
            await asyncio.sleep(0 if asking else 0.001)
            for peer in asking:
                status = peer.sent()[9:12]
                if late and status == b"503":
                    missing.add(peer)
                if peer.wire.written_at > began + seconds / 2:
                    said[status] += 1

    play(busy(cost), main, access_log=False, **options)
    return said


@pytest.mark.parametrize(
    ("connections", "cost"), [(64, 0.004), (100, 0.001), (200, 0.001), (500, 0.0005), (800, 1e-4)]
)
def test_clients_that_ask_again_when_they_are_answered_are_served_however_many(
    connections: int, cost: float
) -> None:
    said = ask_again(connections, cost, 6.0, write_timeout=30.0)
    assert set(said) == {b"200"}


@pytest.mark.parametrize(("connections", "cost"), [(90, 0.004), (100, 0.003), (200, 0.001)])
def test_clients_that_come_back_late_when_they_are_shed_are_soon_served_as_well(
    connections: int, cost: float
) -> None:
    said = ask_again(connections, cost, 12.0, late=True, write_timeout=30.0)
    assert set(said) == {b"200"}


def test_no_client_is_kept_in_mind_for_long() -> None:
    async def main(service: Any) -> None:
        for _ in range(3):
            await poll(service, [GET] * 200)
            await quiet()
        lag = service.overload._lag
        assert len(lag._askers | lag._askers_before) > 100
        await asyncio.sleep(2)
        assert not lag._askers | lag._askers_before

    play(busy(0.002), main)


def test_where_many_clients_would_wait_for_long_some_are_shed() -> None:
    said = ask_again(1000, 0.001, 8.0, write_timeout=30.0)
    assert said[b"503"] > said[b"200"] > 1500


def come(load: float, cost: float, seconds: float) -> tuple[list[float], int]:
    """Requests that come whatever the answers are, `load` times what can be served, on connections
    that are free or new; the clients wait for a second. The seconds that each answer took that the
    application gave in time, and how many were asked for in all.
    """
    waits: list[float] = []
    gaps = random.Random(1)
    count = 0

    async def main(service: Any) -> None:
        nonlocal count
        free: list[Peer] = []
        began = comes = clock().now
        while comes < began + seconds:
            due, asked = [], []
            while comes <= clock().now:
                due.append((comes, free.pop() if free else Peer(service)))
                comes += gaps.expovariate(load / cost)
            for came, peer in due:
                if clock().now > came + 1:
                    peer.wire.lose(None)
                    continue
                peer.wire.written.clear()
                peer.wire.deliver(GET)
                asked.append((came, peer))
            count += len(due)
            await asyncio.sleep(0 if due else max(1e-6, comes - clock().now))
            for came, peer in asked:
                free.append(peer)
                if peer.sent().startswith(b"HTTP/1.1 200 "):
                    waits.append(peer.wire.written_at - came)
                else:
                    clock().now += 2e-5  # what it takes to shed

    play(busy(cost), main, access_log=False, write_timeout=30.0)
    return sorted(waits), count


@pytest.mark.parametrize("load", [2, 5, 10])
def test_where_more_comes_than_can_be_served_what_is_served_is_served_soon(load: float) -> None:
    waits, _ = come(load, cost=0.002, seconds=4)
    assert len(waits) >= 0.9 * 4 / 0.002
    assert waits[int(len(waits) * 0.99)] <= 0.2


def test_where_all_that_comes_can_be_served_nobody_is_shed() -> None:
    waits, count = come(0.9, cost=0.002, seconds=4)
    assert len(waits) == count


# In flight.


def test_connections_that_wait_for_a_request_are_not_in_flight() -> None:
    async def main(service: Any) -> None:
        idle = await poll(service, [GET] * 10)
        assert statuses(idle) == [b"200"] * 10
        assert service.overload.in_flight == 0

    play(busy(0), main, max_in_flight=1)


# The turn.


def gates(loop: asyncio.AbstractEventLoop, **limits: Any) -> Overload:
    options: dict[str, Any] = {"max_lag": LAG, "write_timeout": 1.0, "max_in_flight": 0, **limits}
    return Overload(connections=range(1000), log=None, context=Context(), **options)


def test_no_turn_is_watched_that_nobody_asked_about_for_long() -> None:
    """Else an idle service would never sleep."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        overload = gates(loop)
        assert not overload.closed(loop.clock.now, loop, None)
        loop.clock.now += 2 * LONG_TURN
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        began = loop.clock.now
        await asyncio.sleep(3600)  # fails where something is ready in every turn
        assert loop.clock.now - began == pytest.approx(3600)
        assert overload.looks_at == pytest.approx(began + LOOK_AGAIN)

    virtually(main)


def test_a_turn_that_was_not_known_from_its_beginning_counts_from_where_it_was() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        overload = gates(loop)
        now = clock().now
        found = [overload.closed(now + step * 0.002, loop, step) for step in range(100)]
        assert FIRST <= found.index(True) * 0.002 <= FIRST + 0.006
        assert set(found[found.index(True) :]) == {True}

    virtually(main)
