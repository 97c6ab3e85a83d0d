"""HTTPS: the same service behind a certificate."""

from __future__ import annotations

import json
import signal
import socket
import ssl
import time

import httpx
import pytest

from tests.certificates import Certificate
from tests.integration.conftest import Serve
from tests.integration.peer import Peer, get
from tests.integration.process import ONE_MORE_REQUEST, Service
from tests.timing import assert_takes_less

APP = "tests.apps.bare:app"


@pytest.fixture(scope="module")
def service(serve_module: Serve, certificate: Certificate) -> Service:
    return serve_module(APP, *certificate.flags, "--read-timeout=1s", "--write-timeout=1s")


@pytest.fixture(scope="module")
def context(certificate: Certificate) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate.cert)


def connect(service: Service, context: ssl.SSLContext) -> Peer:
    connected_at = time.monotonic()  # the service counts the handshake, too
    plain = socket.create_connection(("127.0.0.1", service.port), timeout=30)
    peer = Peer(service.port, sock=context.wrap_socket(plain, server_hostname="127.0.0.1"))
    peer.connected_at = connected_at
    return peer


def test_a_client_that_trusts_the_certificate_is_served(
    serve: Serve, certificate: Certificate, context: ssl.SSLContext
) -> None:
    service = serve(APP, *certificate.flags, "--read-timeout=60s", "--write-timeout=60s")
    url = f"https://127.0.0.1:{service.port}"
    with httpx.Client(verify=context, base_url=url) as client:
        for _ in range(3):
            assert client.get("/hello").text == "hello"
        seen = json.loads(client.get("/scope").text)
        assert client.post("/", content=b"x" * 1_000_000).content == b"x" * 1_000_000
        assert len(client.get("/big?chunks=100").content) == 100 * 65536
    assert (seen["scheme"], seen["server"]) == ("https", ["127.0.0.1", service.port])
    assert service.await_entry("listening")["tls"] is True


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x16\x03\x01\x02", id="half a handshake"),
        pytest.param(b"GE", id="less than tells what it is"),
        pytest.param(b"SSH-2.0-OpenSSH_9.6\r\n", id="another protocol"),
    ],
)
def test_a_handshake_that_does_not_happen_is_cut(service: Service, sent: bytes) -> None:
    with Peer(service.port) as peer:
        peer.send(sent).cut()
        assert peer.elapsed() < 10


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "OPTIONS"])
def test_plain_http_is_told_so_as_by_go(service: Service, method: str) -> None:
    with Peer(service.port) as peer:
        client = "{}:{}".format(*peer.sock.getsockname())
        peer.send(f"{method} / HTTP/1.1\r\nHost: test\r\n\r\n".encode())
        assert peer.rest() == (
            b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"
        )
    entry = service.await_entry("request refused", client=client)
    assert (entry["level"], entry["status"]) == ("info", 400)
    assert entry["reason"] == "client sent an HTTP request to an HTTPS server"


def test_plain_http_that_goes_on_sending_still_hears_it(service: Service) -> None:
    with Peer(service.port) as peer:
        peer.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 900000\r\n\r\n")
        peer.send(bytes(300_000))
        assert peer.rest().startswith(b"HTTP/1.0 400 Bad Request\r\n")


def test_a_client_that_does_not_shake_hands_does_not_hold_the_shutdown(
    serve: Serve, certificate: Certificate
) -> None:
    service = serve(APP, *certificate.flags, "--read-timeout=60s", "--write-timeout=0")
    with Peer(service.port) as silent, Peer(service.port) as half:
        half.send(b"\x16\x03\x01\x02\x00")
        started_at = time.monotonic()
        assert service.stop(signal.SIGTERM) == 0
        assert time.monotonic() - started_at < 10
        assert (silent.cut(), half.cut()) == (b"", b"")


def test_a_handshake_that_is_queued_at_sigterm_is_served(
    serve: Serve, certificate: Certificate, context: ssl.SSLContext
) -> None:
    patient = ("--read-timeout=60s", "--write-timeout=60s")
    service = serve(APP, *certificate.flags, *patient, command=ONE_MORE_REQUEST)
    plain = [socket.create_connection(("127.0.0.1", service.port), timeout=30) for _ in range(3)]
    service.send_signal(signal.SIGTERM)
    service.await_entry("leaving service")
    for sock in plain:
        with Peer(0, sock=context.wrap_socket(sock, server_hostname="127.0.0.1")) as peer:
            assert peer.send(get("/hello")).answer().body == b"hello"
    assert (service.wait(), service.errors()) == (0, "")


def test_deadlines_hold_within_tls(service: Service, context: ssl.SSLContext) -> None:
    with connect(service, context) as peer:
        assert peer.send(b"GET / HTTP/1.1\r\n").cut() == b""
        assert 1.0 <= peer.elapsed() < 10


def test_a_body_too_slow_is_answered_within_tls(service: Service, context: ssl.SSLContext) -> None:
    with connect(service, context) as peer:
        peer.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\n\r\n")
        answer = peer.answer()
        assert (answer.status, answer.body, peer.rest()) == (400, b"cut", b"")


def test_sigterm_gives_an_idle_tls_connection_one_more_request(
    serve: Serve, certificate: Certificate, context: ssl.SSLContext
) -> None:
    service = serve(APP, *certificate.flags, command=ONE_MORE_REQUEST)
    with connect(service, context) as peer:
        assert peer.send(get("/hello")).answer().body == b"hello"
        service.send_signal(signal.SIGTERM)
        service.await_entry("leaving service")
        answer = peer.send(get("/hello")).answer()
        assert (answer.body, answer.closes, peer.rest()) == (b"hello", True, b"")
        assert service.wait() == 0


def test_sigint_closes_an_idle_tls_connection_at_once(
    serve: Serve, certificate: Certificate, context: ssl.SSLContext
) -> None:
    def stop_one() -> float:
        service = serve(APP, *certificate.flags, "--shutdown-grace=5s")
        with connect(service, context) as peer:
            assert peer.send(get("/hello")).answer().body == b"hello"
            started_at = time.monotonic()
            service.send_signal(signal.SIGINT)
            assert peer.rest() == b""
            took = time.monotonic() - started_at
            assert (service.wait(), service.errors()) == (0, "")
        return took

    assert_takes_less(1.0, stop_one)  # which it is given on SIGTERM
