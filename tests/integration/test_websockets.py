"""WebSockets, spoken with the `websockets` client."""

from __future__ import annotations

import signal

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.integration.conftest import Serve
from tests.integration.peer import Peer, get
from tests.integration.process import Service

APP = "tests.apps.starlette_app:app"
A_SECOND = ("--read-timeout=1s", "--write-timeout=1s", "--idle-timeout=1s")


@pytest.fixture(scope="module")
def service(serve_module: Serve) -> Service:
    return serve_module(APP)


def talk(
    service: Service, path: str = "/talk", subprotocols: list[Subprotocol] | None = None
) -> ClientConnection:
    url = f"ws://127.0.0.1:{service.port}{path}"
    return connect(url, subprotocols=subprotocols, open_timeout=20, close_timeout=20)


def closing_code(websocket: ClientConnection) -> int | None:
    """The code with which the service closes."""
    with pytest.raises(ConnectionClosed) as closed:
        websocket.recv(timeout=20)
    return closed.value.rcvd.code if closed.value.rcvd else None


def test_messages_go_both_ways_with_the_lifespans_state(service: Service) -> None:
    with talk(service) as websocket:
        for text in ("one", "two", "x" * 100_000):
            websocket.send(text)
            assert websocket.recv(timeout=20) == f"{text} on open /talk"
        websocket.send("bye")
        assert closing_code(websocket) == 4000


def test_no_http_deadline_holds_once_upgraded(serve: Serve) -> None:
    """Each is a second, and the application answers after 1.3."""
    with talk(serve(APP, *A_SECOND)) as websocket:
        websocket.send("late")
        assert websocket.recv(timeout=20) == "late on open /talk"


def test_a_subprotocol_is_agreed_on(service: Service) -> None:
    with talk(service, subprotocols=[Subprotocol("talk")]) as websocket:
        assert websocket.subprotocol == "talk"


def test_a_websocket_has_lines_as_a_request_has(serve: Serve) -> None:
    service = serve(APP)
    with talk(service, "/talk?token=secret") as websocket:
        websocket.send("hé")
        websocket.recv(timeout=20)
        host, port = websocket.local_address
    closed = service.await_entry("WebSocket closed")
    assert service.stop() == 0
    (opened,) = service.entries("WebSocket opened")
    about = {"path": "/talk", "client": f"{host}:{port}", "request_id": opened["request_id"]}
    assert opened | about == opened
    assert closed | about == closed
    assert (closed["code"], closed["logger"]) == (1000, "gomicro.access")
    assert (closed["received"], closed["received_bytes"], closed["sent"]) == (1, 3, 1)
    assert closed["sent_bytes"] == len("hé on open /talk".encode())
    assert 0 < closed["duration"] < 30
    assert "secret" not in str(service.log)
    assert not [entry for entry in service.log if entry["logger"].startswith("uvicorn")]


def test_an_application_may_refuse(service: Service) -> None:
    with pytest.raises(InvalidStatus) as refused:
        talk(service, "/refuse")
    assert refused.value.response.status_code == 403


def test_a_frame_that_comes_with_the_request_is_not_lost(service: Service) -> None:
    """A masked text frame "hi", its mask zero."""
    request = get(
        "/talk",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    )
    with Peer(service.port) as peer:
        peer.send(request + b"\x81\x82\0\0\0\0hi")
        assert peer.head().status == 101
        assert peer.exactly(2 + 16) == b"\x81\x10hi on open /talk"


def test_an_upgrade_that_nobody_takes_is_an_ordinary_request(service: Service) -> None:
    with Peer(service.port) as peer:
        peer.send(get("/items/1", "Connection: Upgrade", "Upgrade: h2c"))
        assert peer.answer().status == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_closes_websockets_with_1012(serve: Serve, number: signal.Signals) -> None:
    service = serve(APP, "--shutdown-grace=5s")
    with talk(service) as first, talk(service) as second:
        second.send("one")
        assert second.recv(timeout=20) == "one on open /talk"
        service.send_signal(number)
        assert [closing_code(first), closing_code(second)] == [1012, 1012]
    assert (service.wait(), service.errors()) == (0, "")
    assert service.log[-2]["event"] == "closed"
