"""A connection on its way to another protocol."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import pytest
import uvicorn

from gomicro.connection.phase import Phase
from gomicro.connection.websocket import WebSockets
from gomicro.log.request import request_fields
from tests.connection.harness import (
    GET,
    App,
    Peer,
    Story,
    answering,
    echo,
    make_service,
    ok,
    post,
    quiet,
    request,
    talk,
    virtually,
)
from tests.work import instructions

KB = 1024
KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
UPGRADE = ("Connection: keep-alive, Upgrade", "Upgrade: WebSocket", "X-A: b")
HANDSHAKE = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", KEY)
ACCEPT = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"


class Takeover(asyncio.Protocol):
    """A protocol that a connection is handed over to. It answers when the test says so."""

    made: list[Takeover] = []  # noqa: RUF012 -- emptied by each test
    fails_in = ""

    def __init__(self, config: Any, server_state: Any, app_state: dict[str, Any]) -> None:
        self._fail("__init__")
        self.logger = logging.getLogger("takeover")
        self.config = config
        self.state = server_state
        self.data: list[bytes] = []
        self.told: list[str] = []
        Takeover.made.append(self)

    def _fail(self, where: str) -> None:
        if where == type(self).fails_in:
            raise ValueError(where)

    def connection_made(self, transport: Any) -> None:
        self._fail("connection_made")
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.data.append(data)
        self.names = request_fields()
        if len(self.data) == 1:
            self.state.tasks.add(asyncio.create_task(asyncio.sleep(0)))
        self._fail("data_received")

    def eof_received(self) -> None:
        self.told.append("eof")
        self._fail("eof_received")

    def pause_writing(self) -> None:
        self.told.append("pause")
        self._fail("pause_writing")

    def resume_writing(self) -> None:
        self.told.append("resume")

    def connection_lost(self, exc: Exception | None) -> None:
        self.told.append("lost")
        self._fail("connection_lost")

    def shutdown(self) -> None:
        self.told.append("shutdown")
        self._fail("shutdown")
        self.transport.close()


@pytest.fixture(autouse=True)
def _emptied(monkeypatch: pytest.MonkeyPatch) -> None:
    Takeover.made.clear()
    monkeypatch.setattr(Takeover, "fails_in", "")


def taken() -> Takeover:
    (only,) = Takeover.made
    return only


async def asked(rest: bytes = b"", **options: Any) -> Peer:
    """A connection that has asked for the protocol."""
    peer = Peer(make_service(answering(), websockets=Takeover, **options))
    await peer.send(request("GET", *UPGRADE, target="/a%20b?c") + rest)
    return peer


async def accepted(**options: Any) -> Peer:
    """A connection that is the protocol's."""
    peer = await asked(**options)
    taken().transport.write(ACCEPT)
    await quiet()
    return peer


# Handing over.


def test_the_protocol_is_given_the_head_and_the_connection_when_it_accepts() -> None:
    async def main() -> None:
        peer = await asked()
        (head,) = taken().data
        assert head == (
            b"GET /a%20b?c HTTP/1.1\r\nhost: h\r\nconnection: keep-alive, Upgrade\r\n"
            b"upgrade: WebSocket\r\nx-a: b\r\n\r\n"
        )
        taken().transport.write(ACCEPT)
        await quiet()
        assert peer.sent() == ACCEPT
        await peer.send(b"frame")
        assert taken().data[1:] == [b"frame"]
        assert len(peer.service.connections) == 1
        peer.wire.lose(None)
        assert taken().told == ["lost"]
        assert not peer.service.connections

    virtually(main)


def test_what_comes_after_the_handshake_waits_for_its_answer() -> None:
    async def main() -> None:
        peer = await asked(b"first ")
        await peer.send(b"second")
        assert len(taken().data) == 1
        taken().transport.write(ACCEPT)
        peer.wire.deliver(b" third")
        await quiet()
        assert b"".join(taken().data[1:]) == b"first second third"
        peer.wire.lose(None)

    virtually(main)


def test_a_protocol_is_given_nothing_in_the_midst_of_its_answer() -> None:
    async def main() -> None:
        peer = await asked(b"early")
        taken().transport.write(ACCEPT)
        assert len(taken().data) == 1
        taken().transport.write(b"and on")
        await quiet()
        assert taken().data[1:] == [b"early"]
        assert peer.wire.written == [ACCEPT, b"and on"]
        peer.wire.lose(None)

    virtually(main)


def test_only_so_much_is_taken_before_the_answer() -> None:
    async def main() -> None:
        peer = await asked()
        for _ in range(64):
            await peer.send(b"x" * 16 * KB)
        assert 64 * 16 * KB - peer.wire.undelivered() < 100 * KB
        taken().transport.write(ACCEPT)
        await quiet()
        assert sum(map(len, taken().data[1:])) == 64 * 16 * KB
        peer.wire.lose(None)

    virtually(main)


def test_a_connection_is_free_of_deadlines_once_the_handshake_is_answered() -> None:
    async def main() -> None:
        peer = await accepted()
        assert peer.timers() == []
        await asyncio.sleep(1e6)
        await peer.send(b"more")
        assert taken().data[1:] == [b"more"]
        peer.wire.lose(None)

    virtually(main)


def test_a_handshake_that_is_never_answered_meets_the_write_deadline() -> None:
    async def main() -> None:
        peer = await asked(write_timeout=2.0)
        assert peer.connection.in_flight() is not None
        await asyncio.sleep(9)
        assert peer.closed_after() == 2
        assert taken().told == ["lost"]
        assert not peer.service.connections

    entry, line = virtually(main)
    assert (entry["event"], entry["path"]) == ("write deadline passed", "/a b")
    assert entry["waiting_for"] == "handler"
    assert (line["event"], line["status"]) == ("WebSocket refused", 0)


def test_a_refused_handshake_is_answered_and_closes() -> None:
    async def main() -> None:
        peer = await asked(b"more")
        taken().transport.write(b"HTTP/1.1 403 Forbidden\r\n\r\n")
        taken().transport.close()
        await asyncio.sleep(2)
        assert peer.sent() == b"HTTP/1.1 403 Forbidden\r\n\r\n"
        assert peer.wire.half_closed
        assert peer.wire.closed
        assert taken().told == ["lost"]

    virtually(main)


def test_whatever_a_handshake_starts_has_its_names() -> None:
    async def main() -> None:
        peer = Peer(make_service(answering(), websockets=Takeover))
        await peer.send(request("GET", *HANDSHAKE, "X-Request-Id: abc"))
        assert taken().names == {"request_id": "abc"}
        assert request_fields() == {}

    virtually(main)


def test_a_protocol_that_closes_at_once_after_accepting_is_closed() -> None:
    async def main() -> None:
        peer = await asked()
        taken().transport.write(ACCEPT)
        taken().transport.close()
        await quiet()
        assert peer.wire.closed
        assert taken().told == ["lost"]
        assert not peer.service.connections

    virtually(main)


def test_a_connection_that_is_lost_before_the_answer_is_the_protocols_loss() -> None:
    async def main() -> None:
        peer = await asked()
        peer.wire.lose(ConnectionResetError())
        assert taken().told == ["lost"]

    virtually(main)


def test_a_connection_that_is_lost_right_after_the_answer_is_the_protocols_loss() -> None:
    async def main() -> None:
        peer = await asked()
        taken().transport.write(ACCEPT)
        peer.wire.lose(ConnectionResetError())
        await quiet()
        assert taken().told == ["lost"]
        assert not peer.service.connections

    virtually(main)


def test_the_protocol_hears_all_that_its_transport_says() -> None:
    async def main() -> None:
        peer = await accepted()
        peer.wire.stuck = True
        taken().transport.write(b"x" * 70 * KB)
        assert taken().transport.get_write_buffer_size() == 70 * KB
        peer.wire.take()
        peer.wire.end()
        await quiet()
        assert taken().told == ["pause", "resume", "eof", "lost"]

    virtually(main)


def test_a_peer_that_reads_nothing_during_the_handshake_pauses_the_protocol() -> None:
    async def main() -> None:
        peer = await asked()
        peer.wire.stuck = True
        taken().transport.write(ACCEPT + b"x" * 70 * KB)
        await quiet()
        assert taken().told == ["pause"]
        peer.wire.lose(None)

    virtually(main)


def test_a_half_closed_handshake_ends() -> None:
    async def main() -> None:
        peer = await asked()
        peer.wire.end()
        await quiet()
        assert peer.wire.closed
        assert taken().told == ["lost"]

    virtually(main)


def test_addresses_are_those_of_requests() -> None:
    async def main() -> None:
        service = make_service(answering(), websockets=Takeover)
        extra = {"peername": ("::ffff:10.0.0.9", 1, 0, 0), "socket": "mapped", "cipher": "c"}
        peer = Peer(service, **extra)
        await peer.send(request("GET", *UPGRADE))
        info = taken().transport.get_extra_info
        assert info("peername") == ("10.0.0.9", 1)
        assert info("sockname") == ("10.0.0.2", 80)
        assert (info("socket"), info("cipher"), info("none", 7)) == (None, "c", 7)
        peer.wire.lose(None)

    virtually(main)


@pytest.mark.parametrize(
    ("data", "body"),
    [
        pytest.param(request("GET", "Connection: upgrade", "Upgrade: h2c"), b"", id="h2c"),
        pytest.param(request("GET", "Upgrade: websocket"), b"", id="no Connection"),
        pytest.param(post(b"abc", *UPGRADE), b"abc", id="POST"),
        pytest.param(
            request("GET", *UPGRADE, "Content-Length: 3", body=b"abc"), b"abc", id="with a body"
        ),
    ],
)
def test_any_other_upgrade_is_ignored(data: bytes, body: bytes) -> None:
    assert talk(echo, data, GET, websockets=Takeover).answer == ok(body) + ok(b"")
    assert Takeover.made == []


def test_without_websockets_an_upgrade_is_ignored() -> None:
    assert talk(echo, request("GET", *UPGRADE), GET).answer == ok(b"") * 2


# A protocol that fails.


@pytest.mark.parametrize("where", ["__init__", "connection_made"])
def test_a_protocol_that_fails_before_it_asks_is_refused_for(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Takeover, "fails_in", where)

    async def main() -> None:
        peer = await asked()
        assert peer.sent().startswith(b"HTTP/1.1 400 ")
        await asyncio.sleep(2)
        assert peer.wire.closed
        assert not peer.service.connections

    assert "WebSocket protocol failed" in [entry["event"] for entry in virtually(main)]


@pytest.mark.parametrize(
    "where", ["data_received", "eof_received", "pause_writing", "connection_lost"]
)
def test_a_protocol_that_fails_later_ends_its_own_connection_only(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        peer = await accepted()
        monkeypatch.setattr(Takeover, "fails_in", where)
        peer.wire.stuck = True
        if where == "data_received":
            await peer.send(b"frame")
        elif where == "eof_received":
            peer.wire.end()
        elif where == "pause_writing":
            taken().transport.write(b"x" * 70 * KB)
        else:
            peer.wire.lose(None)
        await quiet()
        assert peer.wire.closed
        assert not peer.service.connections

    entries = [entry for entry in virtually(main) if entry["event"] == "WebSocket protocol failed"]
    assert [(entry["log_level"], entry["error"]) for entry in entries] == [("error", "ValueError")]


# The service stops.


@pytest.mark.parametrize("patient", [False, True])
def test_a_websocket_is_told_once_when_the_service_stops(patient: bool) -> None:
    async def main() -> None:
        peer = await accepted()
        (websocket,) = peer.service.connections
        peer.service.phase = Phase.DRAINING if patient else Phase.HURRYING
        for _ in range(2):
            websocket.leave()
        assert websocket.in_flight() is None
        assert websocket.owed()  # its closing handshake
        await quiet()
        assert taken().told == ["shutdown", "lost"]

    virtually(main)


def test_a_handshake_that_is_accepted_while_the_service_stops_is_told_at_once() -> None:
    async def main() -> None:
        peer = await asked()
        peer.service.phase = Phase.DRAINING
        peer.connection.leave()
        taken().transport.write(ACCEPT)
        await quiet()
        assert taken().told == ["shutdown", "lost"]

    virtually(main)


@pytest.mark.parametrize("told", [True, False])
def test_a_websocket_is_cut_when_the_grace_is_used_up(*, told: bool) -> None:
    async def main() -> None:
        peer = await accepted()
        (websocket,) = cast("Any", peer.service.connections)
        if not told:  # as in uvicorn's own server, where the protocol logs its lines itself
            websocket._account = None
        websocket.cut("grace")
        await quiet()
        assert peer.wire.aborted
        assert not peer.service.connections

    virtually(main)


# uvicorn's own protocols.


PROTOCOLS = ["websockets-sansio", "wsproto"]
UPGRADE_HEAD = request("GET", *HANDSHAKE)


async def talker(scope: Any, receive: Any, send: Any) -> None:
    """Say who is connected, and echo."""
    assert (await receive())["type"] == "websocket.connect"
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": f"{scope['scheme']} {scope['client'][0]}"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


def shake(
    app: App, *lines: str, rest: bytes = b"", protocol: str = "auto", target: str = "/ws"
) -> Story:
    data = request("GET", *HANDSHAKE, *lines, target=target) + rest
    return talk(app, data, 0.5, websockets=protocol, forwarded_allow_ips="10.0.0.1")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_frames_in_the_same_packet_as_the_handshake_come_after_its_answer(protocol: str) -> None:
    masked_hi = b"\x81\x82\x00\x00\x00\x00hi"
    answer = shake(talker, rest=masked_hi, protocol=protocol).answer
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert answer.endswith(b"\x81\x0bws 10.0.0.1\x81\x02hi")


FRAME = b"\x81\x82\x00\x00\x00\x00hi"
SENT: dict[str, Callable[[int], list[bytes]]] = {
    "frames in the packet of the handshake": lambda n: [UPGRADE_HEAD + FRAME * n],
    "frames in packets of their own": lambda n: [UPGRADE_HEAD, *[FRAME] * n],
    "frames, a byte a packet": lambda n: [UPGRADE_HEAD, *[bytes((b,)) for b in FRAME] * n],
    "a frame, a byte a packet": lambda n: [UPGRADE_HEAD, b"\x81\xfe\x7f\xff", *[b"x"] * n],
    "a handshake, a byte a packet": lambda n: [
        *[bytes((b,)) for b in UPGRADE_HEAD[:-2] + b"X: " + b"y" * n],
        b"\r\n\r\n",
    ],
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("sent", SENT.values(), ids=SENT)
def test_the_work_grows_no_faster_than_what_an_upgrade_brings(
    sent: Callable[[int], list[bytes]], protocol: str
) -> None:
    def play(n: int) -> None:
        story = talk(talker, *sent(n), websockets=protocol)
        assert story.answer.startswith(b"HTTP/1.1 101 ")

    play(1)  # what is imported and remembered once
    counts = [instructions(partial(play, n)) for n in (25, 50, 100)]
    first, second = counts[1] - counts[0], counts[2] - counts[1]
    assert second <= 2.2 * first


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("rest", [b"Hot diggity dogg", b"\xff\xffgarbage"])
def test_bad_frames_in_the_same_packet_end_that_connection_only(rest: bytes, protocol: str) -> None:
    story = shake(talker, rest=rest, protocol=protocol)
    assert story.answer.startswith(b"HTTP/1.1 101 ")
    assert story.closed_after is not None


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_proxy_that_is_trusted_tells_scheme_and_client(protocol: str) -> None:
    forwarded = ("X-Forwarded-Proto: https", "X-Forwarded-For: 1.2.3.4")
    assert shake(talker, *forwarded, protocol=protocol).answer.endswith(b"\x81\x0bwss 1.2.3.4")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_websocket_of_a_unix_socket_has_the_ends_of_a_request(protocol: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        ends.append((scope["client"], scope["server"]))
        await receive()
        await send({"type": "websocket.accept"})

    ends: list[Any] = []

    async def main() -> None:
        service = make_service(app, websockets=protocol)
        peer = Peer(service, peername="", sockname="/run/s.~012345")
        await peer.send(request("GET", *HANDSHAKE))
        assert peer.sent().startswith(b"HTTP/1.1 101 ")
        peer.wire.lose(None)
        await quiet()

    virtually(main)
    assert ends == [(None, ("/run/s", None))]


def test_each_handshake_through_a_proxy_has_its_own_client() -> None:
    async def main() -> None:
        service = make_service(talker, websockets="auto", forwarded_allow_ips="*")
        for client in ("1.2.3.4", "5.6.7.8"):
            peer = Peer(service)
            await peer.send(request("GET", *HANDSHAKE, f"X-Forwarded-For: {client}"))
            assert peer.sent().endswith(f"ws {client}".encode())
            peer.wire.lose(None)
        await quiet()

    virtually(main)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([f"X-{n}: y" for n in range(130)], id="130 fields"),
        pytest.param(["X: " + "y" * 9000], id="a long field"),
    ],
)
def test_a_handshake_that_the_protocol_cannot_read_is_refused(lines: list[str]) -> None:
    story = shake(talker, *lines)
    assert story.answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert story.closed_after is not None
    assert [entry["event"] for entry in story.entries][-1] == "request refused"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_path_that_is_no_ascii_is_served(protocol: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        paths.append(scope["path"])
        await talker(scope, receive, send)

    paths: list[str] = []

    async def main() -> None:
        peer = Peer(make_service(app, websockets=protocol))
        await peer.send(request("GET", *HANDSHAKE).replace(b"GET / ", "GET /caf\u00e9 ".encode()))
        assert peer.sent().startswith(b"HTTP/1.1 101 ")
        peer.wire.lose(None)
        await quiet()

    virtually(main)
    assert paths == ["/caf\u00e9"]


def test_an_application_that_never_answers_a_handshake_is_cut() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((await receive())["type"])
        try:
            await receive()
        except asyncio.CancelledError as error:
            seen.append(str(error))
            raise

    seen: list[str] = []
    story = talk(app, request("GET", *HANDSHAKE), 3.0, websockets="auto")
    assert story.closed_after == 1
    assert seen == ["websocket.connect", "the write deadline has passed"]
    late, refused = story.entries
    assert (late["event"], late["waiting_for"]) == ("write deadline passed", "handler")
    assert (refused["event"], refused["status"], refused["cut"]) == (
        "WebSocket refused",
        0,
        "write",
    )


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_one_that_goes_on_after_it_was_cut_answers_nobody(protocol: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(50)
        await send({"type": "websocket.close"})

    story = talk(app, request("GET", *HANDSHAKE), 3.0, websockets=protocol)
    assert story.answer == b""
    assert [entry.get("status") for entry in story.entries] == [None, 0]


async def accepts(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})


async def closes(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.close"})


async def denies(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    fields = [(b"X-Request-Id", b"mine")] if scope["path"] == "/mine" else []
    await send({"type": "websocket.http.response.start", "status": 401, "headers": fields})
    await send({"type": "websocket.http.response.body", "body": b"x-request-id: no"})


async def raises(scope: Any, receive: Any, send: Any) -> None:
    raise ValueError


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("app", "status"), [(accepts, 101), (closes, 403), (denies, 401), (raises, 500)]
)
@pytest.mark.parametrize("header", ["echo", "always", "never"])
def test_each_answer_to_a_handshake_has_its_id(
    app: App, status: int, header: str, protocol: str
) -> None:
    for lines, named in (["X-Request-Id: id-1"], header != "never"), ([], header == "always"):
        data = request("GET", *HANDSHAKE, *lines)
        answer = talk(app, data, 0.5, websockets=protocol, request_id_header=header).answer
        head = answer.partition(b"\r\n\r\n")[0].lower()
        assert head.startswith(b"http/1.1 %d " % status)
        assert head.count(b"\r\nx-request-id: ") == named
        assert (b"\r\nx-request-id: id-1" in head) == bool(lines and named)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_id_that_the_application_has_given_stays_the_only_one(protocol: str) -> None:
    data = request("GET", *HANDSHAKE, "X-Request-Id: id-1", target="/mine")
    answer = talk(denies, data, 0.5, websockets=protocol).answer.lower()
    assert b"x-request-id: mine\r\n" in answer
    assert b"id-1" not in answer


def test_the_protocol_is_imported_when_it_is_asked_for_and_none_is_named() -> None:
    loaded = uvicorn.Config(answering(), ws="none", log_config=None)
    loaded.load()
    sockets = WebSockets(loaded)
    assert sockets._protocol_class() is sockets._protocol_class()
