"""Leaving service, in virtual time: what is begun is finished, and then it is over."""

from __future__ import annotations

import asyncio
from math import inf
from typing import Any

import pytest

from gomicro.connection.deadlines import DRAIN
from gomicro.connection.state import State
from gomicro.server.drain import NAMED_REQUESTS, Drain, in_flight, left
from tests.connection.harness import (
    CLOSE,
    GET,
    Clock,
    Peer,
    answering,
    make_service,
    ok,
    part,
    quiet,
    request,
    start,
    virtually,
)


def slow(seconds: float) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(seconds)
        await answering()(scope, receive, send)

    return app


def now() -> float:
    return asyncio.get_running_loop().time()


@pytest.mark.parametrize("patience", [0, DRAIN])
def test_a_service_without_connections_ends_at_once(patience: float) -> None:
    async def main() -> None:
        began = now()
        assert await Drain(make_service(answering()), patient=bool(patience)).finish(inf)
        assert now() == pytest.approx(began)

    (entry,) = virtually(main)
    assert (entry["event"], entry["in_flight"]) == ("drained", 0)


@pytest.mark.parametrize(("patience", "lasts"), [(0, 0), (DRAIN, DRAIN)])
def test_idle_connections_are_given_the_patience(patience: float, lasts: float) -> None:
    async def main() -> None:
        service = make_service(answering())
        peers = [Peer(service), Peer(service)]
        await peers[0].send(GET)
        began = now()
        assert await Drain(service, patient=bool(patience)).finish(inf)
        assert now() - began == pytest.approx(lasts, abs=0.001)
        assert all(peer.wire.closed for peer in peers)

    virtually(main)


def test_requests_in_flight_are_finished() -> None:
    async def main() -> None:
        service = make_service(slow(0.7))
        peer = Peer(service)
        await peer.send(GET)
        assert [head.method for head in in_flight(service)] == ["GET"]
        drain = asyncio.create_task(Drain(service, patient=False).finish(inf))
        await asyncio.sleep(0.8)
        assert peer.sent() == ok(b"ok", CLOSE)
        assert in_flight(service) == []
        peer.wire.end()
        assert await drain

    virtually(main)


def test_a_background_task_of_an_answered_request_is_waited_for() -> None:
    done: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await answering()(scope, receive, send)
        await asyncio.sleep(5)
        done.append("done")

    async def main() -> None:
        service = make_service(app)
        peer = Peer(service)
        await peer.send(GET)
        peer.wire.lose(None)
        assert await Drain(service, patient=False).finish(inf)
        assert done == ["done"]

    virtually(main)


def test_hurry_closes_what_is_idle() -> None:
    async def main() -> None:
        service = make_service(answering())
        Peer(service)
        began = now()
        drain = Drain(service, patient=True)
        finish = asyncio.create_task(drain.finish(inf))
        await asyncio.sleep(0.2)
        drain.hurry()
        assert await finish
        assert now() - began == pytest.approx(0.2, abs=0.001)

    virtually(main)


def test_a_connection_that_comes_while_the_service_leaves_is_waited_for() -> None:
    """The kernel's queue is accepted after the drain has begun."""

    async def main() -> None:
        service = make_service(slow(0.5))
        first = Peer(service)
        drain = Drain(service, patient=True)
        first.wire.lose(None)
        second = Peer(service)
        await second.send(GET)
        finish = asyncio.create_task(drain.finish(inf))
        await quiet()
        assert not finish.done()
        await asyncio.sleep(1)
        second.wire.end()
        assert await finish
        assert second.sent() == ok(b"ok", CLOSE)

    virtually(main)


def test_when_the_grace_is_used_up_what_is_left_is_named_and_cut() -> None:
    cancelled: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError as error:
            cancelled.append(str(error))
            raise

    async def main() -> None:
        service = make_service(app, write_timeout=0.0)
        peers = [Peer(service) for _ in range(3)]
        await peers[0].send(request("POST", target="/a"))
        await peers[1].send(request("GET", target="/b"))
        began = now()
        assert not await Drain(service, patient=False).finish(now() + 2)
        assert now() - began == pytest.approx(2, abs=0.001)
        await quiet()
        assert all(peer.wire.closed for peer in peers)
        assert not service.tasks

    (entry,) = [e for e in virtually(main) if e["event"] != "request"]
    assert entry["event"] == "grace used up"
    assert (entry["log_level"], entry["in_flight"]) == ("error", 2)
    assert sorted(entry["requests"]) == ["GET /b", "POST /a"]
    assert "--shutdown-grace" in entry["hint"]
    assert cancelled == ["the shutdown grace is used up"] * 2


async def answered_before(scope: Any, receive: Any, send: Any) -> None:
    """Whose head was written before the service was told to stop: its connection is kept."""
    await send(start())
    await asyncio.sleep(0.9)
    await send(part(b"a", more=False))


@pytest.mark.parametrize(
    ("app", "data"),
    [
        pytest.param(answered_before, [GET, b""], id="kept for one more request"),
        pytest.param(answered_before, [GET, b"GET"], id="kept, less than a request has come"),
        pytest.param(slow(0.9), [GET, b""], id="half-closed after its answer"),
        pytest.param(slow(0.9), [b"", b""], id="idle"),
    ],
)
def test_a_connection_that_is_owed_nothing_does_not_use_up_the_grace(
    app: Any, data: list[bytes]
) -> None:
    async def main() -> None:
        service = make_service(app)
        peer = Peer(service)
        await peer.send(data[0])
        await asyncio.sleep(0.5)
        drain = asyncio.create_task(Drain(service, patient=True).finish(now() + 0.7))
        await asyncio.sleep(0.5)
        await peer.send(data[1])
        assert await drain
        await quiet()
        assert peer.closed_after() == pytest.approx(0.5 + 0.7, abs=0.01)
        assert not service.connections

    (entry,) = [e for e in virtually(main) if e["event"] != "request"]
    assert (entry["event"], entry["log_level"], entry["in_flight"]) == ("drained", "info", 0)


def test_what_a_client_is_owed() -> None:
    """Also the answer to a request that waits for the end of its turn, and the rest of one; not the
    end of its connection.
    """

    async def main() -> None:
        peer = Peer(make_service(answering()))
        assert not peer.connection.owed()
        peer.connection.arrived = GET
        assert peer.connection.owed()
        peer.connection.arrived = b""
        peer.connection.state = State.CLOSING
        assert not peer.connection.owed()
        peer.wire.stuck = True
        peer.wire.write(b"a")
        assert peer.connection.owed()

    virtually(main)


@pytest.mark.parametrize(
    ("data", "stuck"),
    [
        pytest.param(GET[:-1], False, id="a head that is not complete"),
        pytest.param(GET, True, id="an answer that the client does not take"),
    ],
)
def test_a_connection_that_is_owed_something_uses_it_up(data: bytes, stuck: bool) -> None:
    async def main() -> None:
        service = make_service(answering(), read_header_timeout=9.0, write_timeout=9.0)
        peer = Peer(service)
        drain = asyncio.create_task(Drain(service, patient=True).finish(now() + 0.9))
        await quiet()
        peer.wire.stuck = stuck
        await peer.send(data)
        assert not await drain
        assert peer.closed_after() == pytest.approx(0.9, abs=0.01)

    assert virtually(main)[-1]["event"] == "grace used up"


def test_only_so_many_requests_are_named() -> None:
    async def main() -> None:
        service = make_service(slow(100), write_timeout=0.0)
        for _ in range(NAMED_REQUESTS + 5):
            await Peer(service).send(GET)
        assert not await Drain(service, patient=False).finish(now() + 1)
        await quiet()

    (entry,) = [e for e in virtually(main) if e["event"] != "request"]
    assert entry["in_flight"] == NAMED_REQUESTS + 5
    assert len(entry["requests"]) == NAMED_REQUESTS


class Other:
    """A connection of another protocol, which takes a moment to leave."""

    def __init__(self, service: Any) -> None:
        self.service = service
        self.cuts: list[str] = []
        service.connections.add(self)

    def in_flight(self) -> None:
        pass

    def owed(self) -> bool:
        return True

    def leave(self) -> None:
        asyncio.get_running_loop().call_later(0.1, self.service.connection_ended, self)

    def cut(self, by: str) -> None:
        self.cuts.append(by)
        self.service.connection_ended(self)


class Stubborn(Other):
    """One that will not go."""

    def leave(self) -> None:
        pass


class Broken(Other):
    """One that fails when it is told to go."""

    def leave(self) -> None:
        raise ValueError("not now")


def test_other_protocols_are_told_and_waited_for() -> None:
    async def main() -> None:
        service = make_service(answering())
        Other(service)
        assert in_flight(service) == []
        began = now()
        assert await Drain(service, patient=True).finish(inf)
        assert now() - began == pytest.approx(0.1, abs=0.001)

    virtually(main)


def test_a_connection_that_stays_is_cut() -> None:
    async def main() -> None:
        service = make_service(answering())
        other = Stubborn(service)
        assert not await Drain(service, patient=True).finish(now() + 1)
        assert other.cuts == ["grace"]

    assert [entry["event"] for entry in virtually(main)] == ["grace used up"]


def test_a_connection_that_fails_to_leave_is_cut_and_all_others_are_finished() -> None:
    async def main() -> None:
        service = make_service(slow(0.5))
        others = [Broken(service) for _ in range(3)]
        peer = Peer(service)
        await peer.send(GET)
        drain = asyncio.create_task(Drain(service, patient=True).finish(inf))
        await asyncio.sleep(1)
        assert peer.sent() == ok(b"ok", CLOSE)
        peer.wire.end()
        assert await drain
        assert [other.cuts for other in others] == [["grace"]] * 3

    entries = virtually(main)
    assert [entry["event"] for entry in entries].count("connection failed to close") == 3


def test_what_runs_on_after_its_answer_is_named_when_the_grace_is_used_up() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await answering()(scope, receive, send)
        await asyncio.sleep(100)

    async def main() -> None:
        service = make_service(app)
        peer = Peer(service)
        await peer.send(request("GET", target="/report"))
        peer.wire.lose(None)
        assert not await Drain(service, patient=False).finish(now() + 1)
        await quiet()
        assert not service.tasks

    entry = virtually(main)[-1]
    assert (entry["event"], entry["requests"], entry["running"]) == (
        "grace used up",
        [],
        ["GET /report"],
    )


def test_seconds_left(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr("gomicro.server.drain.time", clock)
    assert left(inf) is None
    assert left(inf, least=1) is None
    assert left(clock.now + 5) == 5
    assert left(clock.now - 5) == 0
    assert left(clock.now + 0.5, least=1) == 1
