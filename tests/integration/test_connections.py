"""How connections are used: kept, pipelined, half-closed, HTTP/1.0, and by clients people have."""

from __future__ import annotations

import http.client
import shutil
import socket
import subprocess
from collections.abc import Iterator

import httpx
import pytest

from tests.integration.conftest import Serve
from tests.integration.peer import Peer, get, take_answer
from tests.integration.process import Service

APP = "tests.apps.bare:app"


@pytest.fixture(scope="module")
def service(serve_module: Serve) -> Service:
    return serve_module(APP, "--write-timeout=20s", "--read-timeout=20s")


def test_a_connection_is_kept_for_many_requests(service: Service) -> None:
    with Peer(service.port) as peer:
        for number in range(200):
            body = b"%d" % number
            peer.send(
                b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            )
            answer = peer.answer()
            assert (answer.status, answer.body, answer.closes) == (200, body, False)


def test_a_request_may_come_byte_by_byte(service: Service) -> None:
    request = (
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    )
    with Peer(service.port) as peer:
        for byte in request:
            peer.send(bytes([byte]))
        assert peer.answer().body == b"abc"
        assert peer.send(get("/hello")).answer().body == b"hello"


def test_pipelined_requests_are_answered_in_order(service: Service) -> None:
    posts = [
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%d" % (len(str(n)), n)
        for n in range(300)
    ]
    with Peer(service.port) as peer:
        peer.send(get("/sleep?seconds=0.2") + b"".join(posts) + get("/hello", "Connection: close"))
        assert peer.answer().body == b"awake"
        assert [peer.answer().body for _ in posts] == [b"%d" % n for n in range(300)]
        last = peer.answer()
        assert (last.body, last.closes, peer.rest()) == (b"hello", True, b"")


def test_nothing_after_a_last_request_is_served(service: Service) -> None:
    with Peer(service.port) as peer:
        peer.send(get("/hello", "Connection: close") + get("/hello"))
        assert peer.answer().closes
        assert peer.rest() == b""


def test_a_client_that_has_sent_all_is_still_answered(service: Service) -> None:
    with Peer(service.port) as peer:
        peer.send(get("/sleep?seconds=0.2"))
        peer.sock.shutdown(socket.SHUT_WR)
        assert peer.answer().body == b"awake"
        assert peer.rest() == b""


def test_a_body_cut_short_by_its_client_is_told_to_the_handler(service: Service) -> None:
    with Peer(service.port) as peer:
        peer.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
        peer.sock.shutdown(socket.SHUT_WR)
        assert (peer.answer().body, peer.rest()) == (b"cut", b"")


def test_a_malformed_body_is_answered_and_no_reset_overtakes_that(service: Service) -> None:
    with Peer(service.port) as peer:
        peer.send(
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
            + bytes(200_000)
        )
        answer = peer.answer()
        assert (answer.body, answer.closes, peer.rest()) == (b"cut", True, b"")


def test_a_body_that_nobody_reads_does_not_disturb_the_next_request(service: Service) -> None:
    with Peer(service.port) as peer:
        for _ in range(3):
            peer.send(
                b"POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"
                + bytes(100_000)
            )
            assert peer.answer().body == b"unread"


def test_a_client_that_expects_continue_gets_it_when_the_handler_reads(service: Service) -> None:
    head = b" HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"
    with Peer(service.port) as peer:
        assert peer.send(b"POST /" + head).answer().status == 100
        assert peer.send(b"body").answer().body == b"body"
        answer = peer.send(b"POST /unread" + head).answer()
        assert (answer.status, answer.body, answer.closes) == (200, b"unread", True)


def test_http_1_0_is_answered_and_closed_unless_it_asks_to_be_kept(service: Service) -> None:
    with Peer(service.port) as peer:
        peer.send(b"GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        kept = peer.answer()
        assert (kept.body, kept.headers["connection"]) == (b"hello", "keep-alive")
        closed = peer.send(b"GET /hello HTTP/1.0\r\n\r\n").answer()
        assert (closed.body, closed.closes, peer.rest()) == (b"hello", True, b"")


def test_an_http_1_0_answer_of_unknown_length_ends_with_the_connection(service: Service) -> None:
    with Peer(service.port) as peer:
        peer.send(b"GET /flood?chunks=3 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        answer = peer.answer()
        assert "transfer-encoding" not in answer.headers
        assert (len(answer.body), answer.closes) == (3 * 65536, True)


def test_head_has_the_headers_of_get_and_no_body(service: Service) -> None:
    with Peer(service.port) as peer:
        peer.send(get("/hello").replace(b"GET", b"HEAD"))
        answer = peer.answer(to_head=True)
        assert (answer.status, answer.headers["content-length"]) == (200, "5")
        assert peer.send(get("/hello")).answer().body == b"hello"


def test_an_application_that_raises_or_is_silent_is_500(service: Service) -> None:
    for path in ("/fail", "/silent"):
        answer = take_answer(service.port, get(path))
        assert (answer.status, answer.body) == (500, b"Internal Server Error")


def test_without_a_host_both_address_families_are_served(serve: Serve) -> None:
    service = serve(APP, "--host=")
    families = {"127.0.0.1"} | ({"::1"} if _has_ipv6() else set())
    for host in families:
        with Peer(service.port, host) as peer:
            assert peer.send(get("/hello")).answer().body == b"hello"


def _has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


# Clients.


@pytest.fixture
def client(service: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url) as client:
        yield client


def test_httpx_keeps_its_connection(client: httpx.Client) -> None:
    ports = {tuple(client.get("/scope").json()["client"]) for _ in range(5)}
    assert len(ports) == 1


def test_httpx_streams_both_ways(client: httpx.Client) -> None:
    body = b"".join(b"%08d" % n for n in range(100_000))
    parts = (body[at : at + 7000] for at in range(0, len(body), 7000))
    assert client.post("/", content=parts).content == body
    with client.stream("GET", "/flood?chunks=50") as answer:
        assert sum(len(part) for part in answer.iter_bytes()) == 50 * 65536


def test_http_client_is_served_on_one_connection(service: Service) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)
    try:
        for method, path, body in (("POST", "/", b"x" * 9), ("GET", "/hello", None)):
            connection.request(method, path, body)
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (200, body or b"hello")
    finally:
        connection.close()


def curl(*arguments: str) -> bytes:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--max-time", "20", *arguments],
        capture_output=True,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        pytest.param(["-d", "World"], b"World", id="-d"),
        pytest.param(["-d", "World", "--http1.0"], b"World", id="HTTP/1.0"),
        pytest.param(["-d", "World", "-H", "Transfer-Encoding: chunked"], b"World", id="chunked"),
        pytest.param(["-d", "World", "-H", "Expect: 100-continue"], b"World", id="expect"),
        pytest.param(["-X", "BREW", "-d", "World"], b"World", id="any method"),
        pytest.param(["-w", "%{http_code}"], b"200", id="empty"),
    ],
)
def test_curl_is_served(service: Service, flags: list[str], said: bytes) -> None:
    assert curl(*flags, service.url) == said


def test_curl_reuses_its_connection(service: Service) -> None:
    url = f"{service.url}/hello"
    assert curl("-w", " %{num_connects} ", url, url) == b"hello 1 hello 0 "
