"""An application owns its scope: whatever it makes of it, the engine goes by the request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gomicro.connection.state import State
from gomicro.metrics.counting import Counting
from gomicro.metrics.store import SIZE, Store
from gomicro.server.drain import in_flight
from tests.connection.harness import GET, Peer, answering, make_service, virtually

LAST = b"POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx"


class Route:
    """One that cannot be asked for its path."""

    @property
    def path(self) -> str:
        raise ValueError("no path")


class Text:
    """What is no text."""

    def __str__(self) -> str:
        raise ValueError("no text")


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "cleared": dict.clear,
    "no path": lambda scope: scope.pop("path"),
    "None for a path": lambda scope: scope.update(path=None),
    "bytes for a path": lambda scope: scope.update(path=b"/x"),
    "another path": lambda scope: scope.update(path="/other", root_path="/root"),
    "a list for a route": lambda scope: scope.update(route=["/"]),
    "a route that raises": lambda scope: scope.update(route=Route()),
    "a template that raises": lambda scope: scope.update(path_template=Text()),
    "None for the extensions": lambda scope: scope.update(extensions=None),
    "None for the state": lambda scope: scope.update(state=None, headers=None, asgi=None),
}


@pytest.mark.parametrize("counted", [False, True])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_an_application_makes_of_its_scope_its_connection_goes_on(
    change: Callable[[dict[str, Any]], object], counted: bool
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        change(scope)
        await answering()({"type": "http"}, receive, send)

    async def main() -> None:
        service = make_service(app, admin_port=0 if counted else None)
        if counted:
            Counting(Store(memoryview(bytearray(SIZE))), service, int).begin()
        peer = Peer(service)
        for _ in range(3):  # the second finds a head that is kept, the third a line that is known
            await peer.send(GET)
            assert peer.connection.state is State.IDLE
            assert in_flight(service) == []
        assert peer.sent().count(b"HTTP/1.1 200 ") == 3
        peer.wire.lose(None)
        assert not service.connections

    entries = virtually(main)
    assert [(entry["event"], entry["path"]) for entry in entries] == [("request", "/")] * 3


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_last_answer_and_a_lost_connection_are_told_as_well(
    change: Callable[[dict[str, Any]], object],
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        change(scope)
        if (await receive())["body"]:
            await answering()({"type": "http"}, receive, send)
        else:
            await receive()

    async def main() -> None:
        service = make_service(app)
        Counting(Store(memoryview(bytearray(SIZE))), service, int).begin()
        peer = Peer(service)
        await peer.send(LAST)
        assert peer.wire.closing
        other = Peer(service)
        await other.send(GET)
        other.wire.lose(None)
        peer.wire.lose(None)
        assert not service.connections

    entries = virtually(main)
    assert [(entry["event"], entry["path"]) for entry in entries] == [("request", "/")] * 2
