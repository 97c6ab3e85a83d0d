"""The lines of a WebSocket: opened or refused, closed with all that it carried, and what failed."""

from __future__ import annotations

from typing import Any

import pytest

from gomicro.connection.phase import Phase
from tests.connection.harness import Peer, make_service, quiet, request, talk, virtually

HANDSHAKE = request(
    "GET",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "X-Request-Id: id-1",
    target="/ws?token=secret",
)
PROTOCOLS = ["websockets-sansio", "wsproto"]
WHO = {"path": "/ws", "client": "10.0.0.1:4711", "request_id": "id-1"}
TEXT, BYTES, CLOSE = 1, 2, 8
both = pytest.mark.parametrize("protocol", PROTOCOLS)


def frame(kind: int, payload: bytes) -> bytes:
    """A client's frame, with a mask of zeros."""
    return bytes([0x80 | kind, 0x80 | len(payload)]) + bytes(4) + payload


async def echoes(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({**message, "type": "websocket.send"})


async def waits(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (await receive())["type"] == "websocket.receive":
        pass


def lines(app: Any, *steps: Any, protocol: str, **options: Any) -> list[dict[str, Any]]:
    """The lines of a WebSocket, and of what failed in it."""
    entries = talk(app, HANDSHAKE, *steps, websockets=protocol, **options).entries
    assert "secret" not in str(entries)
    return [
        {key: value for key, value in entry.items() if key not in WHO and key != "log_level"}
        for entry in entries
        if "WebSocket" in entry["event"] or "application" in entry["event"]
    ]


def test_both_lines_say_whose_they_are() -> None:
    entries = talk(waits, HANDSHAKE, frame(CLOSE, b"\3\xe8"), websockets="auto").entries
    assert [entry["event"] for entry in entries] == ["WebSocket opened", "WebSocket closed"]
    for entry in entries:
        assert {key: entry[key] for key in WHO} == WHO
        assert entry["log_level"] == "info"


@both
def test_the_line_at_the_end_has_messages_and_bytes_each_way(protocol: str) -> None:
    messages = (frame(TEXT, "é".encode()), 2.5, frame(BYTES, b"\0" * 100), frame(TEXT, b"a"))
    opened, closed = lines(echoes, *messages, frame(CLOSE, b"\3\xe9"), protocol=protocol)
    assert opened == {"event": "WebSocket opened"}
    assert 2.5 <= closed.pop("duration") < 2.6
    assert closed == {
        "event": "WebSocket closed",
        "code": 1001,
        "received": 3,
        "received_bytes": 103,
        "sent": 3,
        "sent_bytes": 103,
    }


@both
def test_the_code_is_whoevers_closed_first(protocol: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 4000, "reason": "enough"})

    _, closed = lines(app, frame(CLOSE, b"\3\xe8"), protocol=protocol)
    assert (closed["code"], closed["reason"]) == (4000, "enough")


@both
@pytest.mark.parametrize("reads", [True, False])
def test_a_connection_that_is_lost_without_a_word_is_1006(protocol: str, reads: bool) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        if reads:
            await receive()

    async def main() -> None:
        peer = Peer(make_service(app if not reads else waits, websockets=protocol))
        await peer.send(HANDSHAKE)
        peer.wire.lose(None)
        await quiet()

    closed = virtually(main)[-1]
    assert (closed["event"], closed["code"], "reason" in closed) == (
        "WebSocket closed",
        1006,
        False,
    )


@both
def test_a_service_that_stops_closes_with_1012(protocol: str) -> None:
    async def main() -> None:
        peer = Peer(make_service(waits, websockets=protocol))
        await peer.send(HANDSHAKE)
        (websocket,) = peer.service.connections
        peer.service.phase = Phase.DRAINING
        websocket.leave()
        await quiet()

    assert virtually(main)[-1]["code"] == 1012


@both
def test_one_that_is_cut_says_by_what(protocol: str) -> None:
    async def main() -> None:
        peer = Peer(make_service(waits, websockets=protocol))
        await peer.send(HANDSHAKE)
        (websocket,) = peer.service.connections
        websocket.cut("grace")
        await quiet()

    closed = virtually(main)[-1]
    assert (closed["code"], closed["cut"]) == (1006, "grace")


@both
def test_a_handshake_that_is_refused_has_its_status(protocol: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.close"})

    refused = {"event": "WebSocket refused", "status": 403, "duration": 0.0}
    assert lines(app, 1.0, protocol=protocol) == [refused]


@both
def test_a_handshake_that_is_never_answered_has_status_0(protocol: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await receive()

    said = lines(app, 3.0, protocol=protocol)
    assert said[-1] == {"event": "WebSocket refused", "status": 0, "duration": 1.0, "cut": "write"}


@both
def test_an_answer_that_is_no_websocket_is_no_failure(protocol: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.http.response.start", "status": 401, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b"no entry"})

    refused = {"event": "WebSocket refused", "status": 401, "duration": 0.0}
    assert lines(app, 1.0, protocol=protocol) == [refused]


@both
def test_nor_is_none_to_a_peer_that_has_left(protocol: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await receive()

    async def main() -> None:
        peer = Peer(make_service(app, websockets=protocol))
        await peer.send(HANDSHAKE)
        peer.wire.lose(None)
        await quiet()

    assert [entry["event"] for entry in virtually(main)] == ["WebSocket refused"]


@both
def test_an_application_that_raises_is_logged_as_for_a_request(protocol: str) -> None:
    async def before(scope: Any, receive: Any, send: Any) -> None:
        raise ValueError("what?")

    async def after(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        raise ValueError("what?")

    refused = lines(before, 1.0, protocol=protocol)
    assert [entry["event"] for entry in refused] == ["application failed", "WebSocket refused"]
    assert refused[1]["status"] == 500
    _, failed, closed = lines(after, 1.0, protocol=protocol)
    assert (failed["method"], failed["error"]) == ("GET", "ValueError")
    assert failed["at"].startswith("tests/connection/test_websocket_log.py:")
    assert isinstance(failed["exc_info"], ValueError)
    assert (closed["code"], closed["cut"]) == (1006, "application")


@both
@pytest.mark.parametrize(
    ("name", "event"),
    [("WebSocketDisconnect", "application gave up"), ("KeyError", "application failed")],
)
def test_that_the_peer_has_left_is_no_failure(protocol: str, name: str, event: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await waits(scope, receive, send)
        raise type(name, (Exception,), {})

    *_, said, closed = lines(app, frame(CLOSE, b"\3\xe8"), protocol=protocol)
    assert (said["event"], said["error"]) == (event, name)
    assert (closed["event"], closed["code"]) == ("WebSocket closed", 1000)


@both
def test_an_application_that_returns_as_none_may_is_logged(protocol: str) -> None:
    async def early(scope: Any, receive: Any, send: Any) -> None: ...

    async def wrong(scope: Any, receive: Any, send: Any) -> int:
        await waits(scope, receive, send)
        return 5

    said = lines(early, 1.0, protocol=protocol)
    assert said[0]["event"] == "application returned without starting a response"
    said = lines(wrong, frame(CLOSE, b"\3\xe8"), protocol=protocol)
    assert "application returned int instead of None" in [entry["event"] for entry in said]


@both
def test_without_an_access_log_only_failures_have_lines(protocol: str) -> None:
    assert lines(waits, frame(CLOSE, b"\3\xe8"), protocol=protocol, access_log=False) == []


def test_what_a_protocol_warns_of_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await receive()

    with caplog.at_level("INFO"):
        talk(app, HANDSHAKE, frame(TEXT, b"\xff"), 1.0, websockets="websockets-sansio")
    assert [record.name for record in caplog.records] == ["uvicorn.error"]
    assert "Invalid UTF-8" in caplog.text
