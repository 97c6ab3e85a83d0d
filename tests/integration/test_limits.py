"""The limits of a request's size: 413 and 431, and what is just within."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Serve
from tests.integration.peer import Answer, Peer, get
from tests.integration.process import Service

APP = "tests.apps.bare:app"
KIB = 1024
MIB = 1024 * KIB


@pytest.fixture(scope="module")
def service(serve_module: Serve) -> Service:
    return serve_module(APP, "--max-body-bytes=64KiB", "--max-header-bytes=8KiB")


@pytest.fixture(scope="module")
def defaults(serve_module: Serve) -> Service:
    return serve_module(APP, "--read-timeout=60s", "--write-timeout=60s")


def post(path: str, framing: str) -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: test\r\n{framing}\r\n\r\n".encode()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def last_answer(peer: Peer) -> Answer:
    """The answer, after which the connection ends without a reset."""
    answer = peer.answer()
    assert answer.closes
    assert peer.rest() == b""
    return answer


def test_a_body_whose_length_is_over_the_limit_is_413_before_it_is_sent(service: Service) -> None:
    with Peer(service.port) as peer:
        peer.send(post("/size", f"Content-Length: {64 * KIB + 1}"))
        assert last_answer(peer).status == 413
    assert not service.entries("begun")


def test_a_body_over_the_limit_that_is_sent_anyway_still_hears_413(service: Service) -> None:
    with Peer(service.port) as peer:
        peer.send(post("/size", f"Content-Length: {256 * KIB}") + bytes(256 * KIB))
        assert last_answer(peer).status == 413


def test_a_client_that_expects_continue_hears_413_instead(service: Service) -> None:
    framing = f"Content-Length: {64 * KIB + 1}\r\nExpect: 100-continue"
    with Peer(service.port) as peer:
        assert last_answer(peer.send(post("/size", framing))).status == 413


def test_a_chunked_body_that_grows_over_the_limit_is_413(service: Service) -> None:
    with Peer(service.port) as peer:
        peer.send(post("/size", "Transfer-Encoding: chunked"))
        peer.send(chunk(bytes(64 * KIB)) + chunk(b"x"))
        assert last_answer(peer).status == 413


@pytest.mark.parametrize("chunked", [False, True], ids=["by length", "chunked"])
def test_a_body_of_just_the_limit_is_served(service: Service, chunked: bool) -> None:
    with Peer(service.port) as peer:
        if chunked:
            peer.send(post("/size", "Transfer-Encoding: chunked"))
            peer.send(chunk(bytes(64 * KIB)) + b"0\r\n\r\n")
        else:
            peer.send(post("/size", f"Content-Length: {64 * KIB}") + bytes(64 * KIB))
        answer = peer.answer()
        assert (answer.status, answer.body) == (200, b"65536")


def test_a_limit_of_0_is_none(serve: Serve) -> None:
    service = serve(APP, "--max-body-bytes=0", "--read-timeout=60s", "--write-timeout=60s")
    with Peer(service.port) as peer:
        peer.send(post("/size", f"Content-Length: {33 * MIB}"))
        for _ in range(33):
            peer.send(bytes(MIB))
        assert peer.answer().body == b"%d" % (33 * MIB)


def test_the_default_limit_is_32_mib(defaults: Service) -> None:
    with Peer(defaults.port) as peer:
        peer.send(post("/size", f"Content-Length: {32 * MIB}"))
        for _ in range(32):
            peer.send(bytes(MIB))
        assert peer.answer().body == b"%d" % (32 * MIB)
        assert last_answer(peer.send(post("/", f"Content-Length: {32 * MIB + 1}"))).status == 413


def test_headers_over_the_limit_are_431(service: Service) -> None:
    with Peer(service.port) as peer:
        assert last_answer(peer.send(get("/hello", f"X-Long: {'x' * 13000}"))).status == 431


def test_headers_that_never_end_are_431_at_the_limit(service: Service) -> None:
    with Peer(service.port) as peer:
        peer.send(b"GET / HTTP/1.1\r\nHost: test\r\nX-Long: " + b"x" * 13000)
        assert last_answer(peer).status == 431


def test_the_limit_covers_request_line_and_headers_together(defaults: Service) -> None:
    """As in Go, 4096 bytes above the limit pass."""
    most = MIB + 4096
    room = most - len(get("/hello", "X-Long: "))
    with Peer(defaults.port) as peer:
        assert peer.send(get("/hello", f"X-Long: {'x' * room}")).answer().body == b"hello"
        peer.send(get("/hello", f"X-Long: {'x' * (room + 1)}"))
        assert last_answer(peer).status == 431


def test_more_than_500_headers_are_431(service: Service) -> None:
    many = [f"X{number}: 1" for number in range(499)]
    with Peer(service.port) as peer:
        assert peer.send(get("/hello", *many)).answer().body == b"hello"
        assert last_answer(peer.send(get("/hello", *many, "One-More: 1"))).status == 431
