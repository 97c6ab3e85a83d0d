"""A listener on a thread of its own, and its clients."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from gomicro import ServerConfig
from gomicro.log import get_logger
from gomicro.server.side_listener import SideListener, _rank
from tests.connection.harness import GET, App, answering, make_service, quiet, virtually
from tests.connection.harness import Peer as Virtual
from tests.integration.peer import Peer, get, take_answer


@contextmanager
def listening(app: App | None = None, *, most: int) -> Iterator[int]:
    """The port of one that has room for so many connections."""
    sock = socket.create_server(("127.0.0.1", 0))
    config = ServerConfig(max_connections=most, read_header_timeout=60.0, max_lag=0)
    log = get_logger("gomicro.admin")
    listener = SideListener(lambda: app or answering(), config, [sock], log)
    port: int = sock.getsockname()[1]
    listener.start()
    try:
        yield port
    finally:
        listener.stop()


@pytest.mark.parametrize("sent", [b"", get()[:-2], get()], ids=["silent", "slow", "idle"])
def test_clients_that_stay_make_room_for_new_ones(sent: bytes) -> None:
    with listening(most=4) as port, ExitStack() as stack:
        stayed = [stack.enter_context(Peer(port)).send(sent) for _ in range(4)]
        if sent == get():
            assert [peer.answer().status for peer in stayed] == [200] * 4
        for _ in range(8):
            assert take_answer(port, get()).status == 200
        assert stayed[0].cut() == b""


def test_whoever_is_idle_makes_room_before_whoever_has_begun_a_request() -> None:
    with listening(most=2) as port, Peer(port) as slow, Peer(port) as idle:
        slow.send(get()[:-2])
        assert idle.send(get()).answer().status == 200
        assert take_answer(port, get()).status == 200
        assert idle.cut() == b""
        assert slow.send(b"\r\n").answer().status == 200


def test_whoever_has_asked_while_the_listener_stood_still_is_not_idle() -> None:
    blocked, gate = threading.Event(), threading.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/block":
            blocked.set()
            gate.wait()
        await answering()(scope, receive, send)

    with listening(app, most=3) as port, Peer(port) as asks, Peer(port) as idle, Peer(port) as last:
        for peer in (asks, idle, last):
            assert peer.send(get()).answer().status == 200
        last.send(get("/block"))
        blocked.wait()
        with Peer(port) as new:  # before who asks: the event loop hears of them in this order
            asks.send(get())
            gate.set()
            assert new.send(get()).answer().status == 200
        assert asks.answer().status == last.answer().status == 200
        assert idle.cut() == b""


def test_who_waits_for_the_end_of_the_turn_has_sent_something() -> None:
    async def main() -> None:
        service = make_service(answering())
        peers = [Virtual(service) for _ in range(10)]
        for peer in peers[1:]:
            peer.wire.deliver(GET)
        assert min(peers, key=lambda peer: _rank(peer.connection)) is peers[0]
        assert [_rank(peer.connection)[0] for peer in peers] == [False] + [True] * 9
        await quiet()

    virtually(main)


def test_a_listener_without_a_limit_takes_whoever_comes() -> None:
    with listening(most=0) as port, Peer(port) as idle:
        assert idle.send(get()).answer().status == 200
        assert take_answer(port, get()).status == 200
        assert idle.send(get()).answer().status == 200


def test_what_has_been_started_has_its_event_loop() -> None:
    """And so the descriptors that the loop takes, before another process is given some."""
    sock = socket.create_server(("127.0.0.1", 0))
    log = get_logger("gomicro.admin")
    listener = SideListener(lambda: answering(), ServerConfig(), [sock], log)
    listener.start()
    try:
        assert listener._loop is not None
    finally:
        listener.stop()
