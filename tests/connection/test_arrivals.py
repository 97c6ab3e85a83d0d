"""What comes in one turn of the loop begins together; nothing is overtaken or lost by it."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any

import pytest

from gomicro.connection.arrivals import APART, FEW, SMALL
from gomicro.connection.overload import CALM
from gomicro.connection.phase import Phase
from tests.compiled import COMPILED
from tests.connection.harness import (
    CLOSE,
    GET,
    App,
    Peer,
    VirtualLoop,
    answering,
    ok,
    post,
    quiet,
    request,
)
from tests.connection.test_overload import busy, play

eager = pytest.mark.usefixtures("eager")
irreplaceable = pytest.mark.skipif(
    COMPILED, reason="in the compiled engine no method can be replaced, so that it fails"
)


def naming(began: list[str]) -> App:
    """An application that notes the paths it is asked for."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        began.append(scope["path"])
        await answering()(scope, receive, send)

    return app


def to(path: str) -> bytes:
    return request("GET", target=path)


def deliver(service: Any, many: int) -> list[Peer]:
    """One request on each of so many connections, in one turn of the loop."""
    peers = [Peer(service) for _ in range(many)]
    for number, peer in enumerate(peers):
        peer.wire.deliver(to(f"/{number}"))
    return peers


@eager
def test_requests_of_one_turn_begin_when_all_of_them_are_read_in_their_order() -> None:
    began: list[str] = []

    async def main(service: Any) -> None:
        peers = deliver(service, 30)
        assert began == []
        await asyncio.sleep(0)
        assert began == [f"/{number}" for number in range(30)]
        assert [peer.sent() for peer in peers] == [ok()] * 30

    play(naming(began), main)


@eager
def test_where_few_connections_are_open_nothing_waits() -> None:
    began: list[str] = []

    async def main(service: Any) -> None:
        deliver(service, FEW - 1)
        assert len(began) == FEW - 1

    play(naming(began), main)


@eager
def test_where_few_came_in_a_turn_the_next_do_not_wait() -> None:
    began: list[str] = []

    async def main(service: Any) -> None:
        peers = [Peer(service) for _ in range(FEW)]
        peers[0].wire.deliver(GET)
        assert began == []
        await quiet()
        for number in range(1, APART + 1):
            peers[0].wire.deliver(GET)
            assert len(began) == 1 + number
        for peer in peers:
            peer.wire.deliver(GET)
        assert len(began) == 1 + APART
        await quiet()
        assert len(began) == 1 + APART + FEW
        peers[0].wire.deliver(GET)  # that was a turn that many came in
        assert len(began) == 1 + APART + FEW

    play(naming(began), main)


@eager
def test_while_requests_are_shed_for_their_lag_nothing_waits_unless_it_comes_again() -> None:
    async def main(service: Any) -> None:
        peers = deliver(service, 200)
        await quiet()
        assert service.overload.shed["lag"] > 0
        before = [len(peer.wire.written) for peer in peers]
        await asyncio.sleep(0.02)
        for peer in peers[:10]:
            peer.wire.deliver(GET)
        answered = [len(peer.wire.written) for peer in peers]
        assert answered[:10] == [number + 1 for number in before[:10]]
        shed = service.overload.shed["lag"]
        for peer in peers[:10]:  # the turn has not ended
            peer.wire.deliver(GET)
        assert [len(peer.wire.written) for peer in peers] == answered
        assert service.overload.shed["lag"] == shed
        await quiet()
        assert [len(peer.wire.written) for peer in peers[:10]] == [n + 1 for n in answered[:10]]

    play(busy(0.002), main)


@eager
def test_when_nothing_was_shed_for_a_while_requests_wait_again() -> None:
    async def main(service: Any) -> None:
        peers = deliver(service, 200)
        await quiet()
        assert service.overload.shed["lag"] > 0
        for wait, waits in [(0.1, False), (0, False), (CALM - 1, False), (1, True)]:
            await asyncio.sleep(wait)
            before = [len(peer.wire.written) for peer in peers]
            for peer in peers[:10]:
                peer.wire.deliver(to("/quick"))
            written = [len(peer.wire.written) for peer in peers]
            assert (written == before) is waits
            await quiet()
            written = [len(peer.wire.written) for peer in peers]
            assert written[:10] == [number + 1 for number in before[:10]]

    play(busy(0.002), main)


def test_a_full_service_that_sheds_for_that_reason_still_waits() -> None:
    async def main(service: Any) -> None:
        for _ in range(4):
            service.overload.begun()
        deliver(service, 10)
        await quiet()
        assert service.overload.shed == {"lag": 0, "in_flight": 10}
        assert [peer.sent() for peer in deliver(service, 10)] == [b""] * 10

    play(answering(), main, max_in_flight=4)


@eager
def test_much_of_it_does_not_wait() -> None:
    began: list[str] = []

    async def main(service: Any) -> None:
        peers = [Peer(service) for _ in range(FEW)]
        peers[0].wire.deliver(post(bytes(SMALL)))
        assert began == ["/"]

    play(naming(began), main)


@eager
def test_what_comes_meanwhile_on_the_same_connection_does_not_overtake() -> None:
    began: list[str] = []

    async def main(service: Any) -> None:
        peers = deliver(service, 10)
        peers[3].wire.deliver(to("/next"))
        assert began == ["/3", "/next"]
        await quiet()
        assert sorted(began) == sorted(["/next", *(f"/{number}" for number in range(10))])
        assert peers[3].sent() == ok() * 2

    play(naming(began), main)


@eager
def test_a_peer_that_closes_its_side_in_the_same_turn_is_answered() -> None:
    async def main(service: Any) -> None:
        peers = deliver(service, 10)
        peers[3].wire.end()
        assert peers[3].sent() == ok()
        await quiet()
        assert peers[3].wire.closed

    play(answering(), main)


@eager
def test_a_peer_that_is_lost_in_the_same_turn_has_asked() -> None:
    began: list[str] = []

    async def main(service: Any) -> None:
        peers = deliver(service, 10)
        peers[3].wire.lose(None)
        assert began == ["/3"]
        await quiet()
        assert len(began) == 10

    play(naming(began), main)


@eager
def test_what_has_come_is_taken_before_a_deadline_is_judged() -> None:
    async def main(service: Any) -> None:
        peers = [Peer(service) for _ in range(10)]
        await asyncio.sleep(0.4)
        for peer in peers:
            peer.wire.deliver(GET)
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        loop.clock.now += 0.1
        peers[3].connection.deadlines._on_timer()
        assert peers[3].sent() == ok()
        assert peers[3].closed_after() is None

    play(answering(), main, read_header_timeout=0.5)


@eager
@pytest.mark.parametrize("phase", [Phase.DRAINING, Phase.HURRYING])
def test_what_has_come_when_the_service_stops_is_served(phase: Phase) -> None:
    async def main(service: Any) -> None:
        peers = deliver(service, 10)
        service.phase = phase
        for peer in peers:
            peer.connection.leave()
        await quiet()
        assert [peer.sent() for peer in peers] == [ok(b"ok", CLOSE)] * 10

    play(answering(), main)


def test_what_has_come_when_the_grace_is_used_up_is_cut_with_the_rest() -> None:
    async def main(service: Any) -> None:
        peers = deliver(service, 10)
        for peer in peers:
            peer.connection.cut("grace")
        await quiet()
        assert not service.tasks

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(100)

    lines = play(app, main)
    assert [line["cut"] for line in lines if line["event"] == "request"] == ["grace"] * 10


def fail_once(monkeypatch: pytest.MonkeyPatch, service: Any, number: int) -> list[Any]:
    """Make the request of that number fail to begin; returns what the loop is told of."""
    told: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    find, numbers = service.app_for, count()

    def app_for(head: Any) -> App:
        if next(numbers) == number:
            raise ZeroDivisionError
        found: App = find(head)
        return found

    monkeypatch.setattr(service, "app_for", app_for)
    return told


@eager
@irreplaceable
def test_a_connection_that_fails_is_dropped_and_the_others_are_served(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def main(service: Any) -> None:
        told = fail_once(monkeypatch, service, 3)
        peers = deliver(service, 10)
        await quiet()
        assert [peer.sent() for peer in peers] == [ok()] * 3 + [b""] + [ok()] * 6
        assert [peer.wire.aborted for peer in peers] == [False] * 3 + [True] + [False] * 6
        assert [type(one["exception"]) for one in told] == [ZeroDivisionError]

    play(answering(), main)


@eager
@irreplaceable
def test_a_failure_of_the_last_one_leaves_nothing_to_begin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def main(service: Any) -> None:
        told = fail_once(monkeypatch, service, 9)
        deliver(service, 10)
        await quiet()
        assert len(told) == 1
        assert [peer.sent() for peer in deliver(service, 10)] == [b""] * 10
        await quiet()

    play(answering(), main)
