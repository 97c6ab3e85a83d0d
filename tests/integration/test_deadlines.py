"""Every deadline, on real sockets: one is short and all others long, so that it is the one."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import pytest

from tests.integration.conftest import Serve
from tests.integration.peer import Peer, get, take_answer
from tests.integration.process import Service

APP = "tests.apps.bare:app"
SHORT = 1.0
"""Long enough for a client on a busy machine to send what it has to before."""
GENEROUS = 10.0
"""Seconds after which a short deadline is taken to have failed; the others are far behind."""

BIG = 400 * 65536
"""Bytes of an answer that no buffers between two processes can hold."""

DEADLINES = ("read-timeout", "read-header-timeout", "write-timeout", "idle-timeout")

With = Callable[[str], Service]


@pytest.fixture(scope="module")
def with_short(serve_module: Serve) -> With:
    """A service on which the named deadline is short; one for each name."""
    services: dict[str, Service] = {}

    def service(short: str) -> Service:
        if short not in services:
            flags = [f"--{name}={SHORT if name == short else 60}s" for name in DEADLINES]
            services[short] = serve_module(APP, *flags)
        return services[short]

    return service


def assert_in_time(peer: Peer) -> None:
    """The connection ended after the short deadline, and not as late as at another one."""
    assert SHORT <= peer.elapsed() < GENEROUS


def test_a_connection_that_sends_nothing_is_closed_without_a_word(with_short: With) -> None:
    with Peer(with_short("read-header-timeout").port) as peer:
        assert peer.rest() == b""
        assert_in_time(peer)


def test_headers_that_never_end_are_closed_without_a_word(with_short: With) -> None:
    with Peer(with_short("read-header-timeout").port) as peer:
        peer.send(b"GET / HTTP/1.1\r\nHost: test\r\nX-Slow: ").drip(b"slow")
        assert peer.cut() == b""
        assert_in_time(peer)


@pytest.mark.parametrize(
    "begun", [pytest.param(b"GET /he", id="request line"), pytest.param(b"G", id="one byte")]
)
def test_a_request_line_that_stays_incomplete_is_answered_400(
    with_short: With, begun: bytes
) -> None:
    with Peer(with_short("read-header-timeout").port) as peer:
        answer = peer.send(begun).answer()
        assert (answer.status, answer.closes, peer.rest()) == (400, True, b"")
        assert_in_time(peer)


def test_the_header_deadline_is_the_read_deadline_unless_it_is_set(serve: Serve) -> None:
    service = serve(APP, f"--read-timeout={SHORT}s", "--write-timeout=60s")
    with Peer(service.port) as peer:
        assert peer.send(b"GET / HTTP/1.1\r\n").rest() == b""
        assert_in_time(peer)


def test_on_a_kept_connection_the_header_deadline_starts_with_the_next_request(
    with_short: With,
) -> None:
    with Peer(with_short("read-header-timeout").port) as peer:
        assert peer.send(get("/sleep?seconds=1.2")).answer().body == b"awake"
        begun_at = time.monotonic()
        assert peer.send(b"GET / HTTP/1.1\r\n").rest() == b""
        assert SHORT <= time.monotonic() - begun_at < GENEROUS


@pytest.mark.parametrize(
    ("framing", "drops"),
    [
        pytest.param(b"Content-Length: 1000000", b"x", id="by length"),
        pytest.param(b"Transfer-Encoding: chunked", b"1\r\nx\r\n", id="chunked"),
    ],
)
def test_a_slow_body_is_cut_and_the_handler_may_say_so(
    with_short: With, framing: bytes, drops: bytes
) -> None:
    with Peer(with_short("read-timeout").port) as peer:
        peer.send(b"POST / HTTP/1.1\r\nHost: test\r\n" + framing + b"\r\n\r\n").drip(drops)
        answer = peer.answer()
        assert (answer.status, answer.body, answer.closes) == (400, b"cut", True)
        peer.cut()
        assert_in_time(peer)


def test_a_body_that_never_begins_is_cut(with_short: With) -> None:
    with Peer(with_short("read-timeout").port) as peer:
        answer = peer.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\n").answer()
        assert (answer.status, answer.body, peer.rest()) == (400, b"cut", b"")
        assert_in_time(peer)


def test_an_idle_connection_is_closed_without_a_word(with_short: With) -> None:
    with Peer(with_short("idle-timeout").port) as peer:
        assert peer.send(get("/hello")).answer().body == b"hello"
        assert peer.rest() == b""
        assert_in_time(peer)


def test_fewer_than_four_bytes_leave_a_connection_idle(with_short: With) -> None:
    with Peer(with_short("idle-timeout").port) as peer:
        assert peer.send(get("/hello")).answer().body == b"hello"
        assert peer.send(b"GET").cut() == b""
        assert_in_time(peer)


def test_a_request_within_the_idle_time_starts_it_again(with_short: With) -> None:
    with Peer(with_short("idle-timeout").port) as peer:
        for _ in range(3):
            assert peer.send(get("/sleep?seconds=0.4")).answer().body == b"awake"
        last_sent_at = time.monotonic()
        assert peer.send(get("/hello")).answer().body == b"hello"
        assert peer.rest() == b""
        assert SHORT <= time.monotonic() - last_sent_at < GENEROUS


def test_a_handler_past_the_write_deadline_is_cancelled_and_the_flag_named_once(
    serve: Serve,
) -> None:
    service = serve(APP, f"--write-timeout={SHORT}s")
    with Peer(service.port) as peer:
        assert peer.send(get("/sleep?seconds=60")).cut() == b""
        assert_in_time(peer)
    service.await_entry("cancelled")
    assert take_answer(service.port, get("/hello")).body == b"hello"
    assert service.stop() == 0
    [entry] = [entry for entry in service.log if "--write-timeout" in str(entry)]
    assert (entry["level"], entry["method"], entry["path"]) == ("warning", "GET", "/sleep")


@pytest.mark.parametrize("path", ["/flood?chunks=400", "/big?chunks=400"])
def test_a_reader_too_slow_for_26_megabytes_is_cut_and_nobody_waits_for_it(
    with_short: With, path: str
) -> None:
    service = with_short("write-timeout")
    with slow_reader(service) as peer:
        peer.send(get(path))
        taken = len(peer.until(b"\r\n\r\n"))
        while peer.elapsed() < SHORT + 0.3:
            taken += len(peer.sock.recv(1))
            assert take_answer(service.port, get("/hello")).body == b"hello"
        assert taken + len(peer.cut()) < BIG
        assert_in_time(peer)


@pytest.mark.parametrize("path", ["/flood?chunks=400", "/big?chunks=400"])
def test_a_reader_in_time_gets_26_megabytes_whole(with_short: With, path: str) -> None:
    with Peer(with_short("read-timeout").port) as peer:
        for _ in range(2):
            assert len(peer.send(get(path)).answer().body) == BIG


@pytest.mark.parametrize("write_timeout", ["0", "60s"])
def test_idle_time_is_counted_from_when_a_slow_reader_has_the_whole_answer(
    serve: Serve, write_timeout: str
) -> None:
    service = serve(APP, f"--idle-timeout={SHORT}s", f"--write-timeout={write_timeout}")
    with slow_reader(service) as peer:
        peer.send(get("/big?chunks=400"))
        begun = peer.until(b"\r\n\r\n")
        while peer.elapsed() < SHORT + 0.3:
            begun += peer.sock.recv(1)
            assert take_answer(service.port, get("/hello")).body == b"hello"
        peer.sock.settimeout(GENEROUS)
        assert len(peer.rest()) + len(begun) > BIG


def slow_reader(service: Service) -> Peer:
    """A connection through which no more flows than its owner reads."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(("127.0.0.1", service.port))
    return Peer(service.port, sock=sock)


def test_a_deadline_of_0_never_passes(serve: Serve) -> None:
    """Without the flags they were short, so a handler that takes longer is the clock for all."""
    variables = {f"GOMICRO_SERVE_{name.upper().replace('-', '_')}": "1s" for name in DEADLINES}
    service = serve(APP, *(f"--{name}=0" for name in DEADLINES), env=variables)
    with (
        Peer(service.port) as silent,
        Peer(service.port) as heading,
        Peer(service.port) as sending,
        Peer(service.port) as idle,
        Peer(service.port) as waiting,
    ):
        heading.send(b"GET /hello HTTP/1.1\r\n")
        sending.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\n1")
        assert idle.send(get("/hello")).answer().body == b"hello"
        assert waiting.send(get("/sleep?seconds=1.3")).answer().body == b"awake"
        assert silent.send(get("/hello")).answer().body == b"hello"
        assert heading.send(b"Host: test\r\n\r\n").answer().body == b"hello"
        assert sending.send(b"2").answer().body == b"12"
        assert idle.send(get("/hello")).answer().body == b"hello"


def test_connections_that_their_peers_reset_leave_nothing_to_wait_for(serve: Serve) -> None:
    service = serve(APP, *(f"--{name}=60s" for name in DEADLINES))
    begun = [
        b"",
        b"GET / HTTP/1.1\r\n",
        b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\n\r\n",
        get("/hello"),
    ]
    for data in begun * 25:
        Peer(service.port).send(data).reset()
    with Peer(service.port) as last:
        assert last.send(get("/hello", "Connection: close")).answer().body == b"hello"
        assert last.rest() == b""
    stopped_at = time.monotonic()
    assert service.stop() == 0
    assert time.monotonic() - stopped_at < GENEROUS
    [leaving] = service.entries("leaving service")
    assert (leaving["connections"], leaving["in_flight"]) == (0, 0)
