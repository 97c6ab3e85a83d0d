"""Event streams and routes, on real sockets: a short write deadline does not hold for all."""

from __future__ import annotations

import socket
import ssl
import time
from pathlib import Path

import pytest

from tests.certificates import Certificate
from tests.integration.conftest import Serve
from tests.integration.peer import Peer, get
from tests.integration.process import Service

APP = "tests.apps.bare:app"
SHORT = 0.5
GENEROUS = 20.0
"""Seconds after which a short deadline is taken to have failed."""

FILE = """
[serve]
write-timeout = "500ms"
read-timeout = "60s"

[serve.routes."GET /sleep"]
write-timeout = "60s"

[serve.routes."POST /size"]
max-body-bytes = 10

[serve.routes."/hello"]
access-log = false
"""


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "TLS"])
def service(
    request: pytest.FixtureRequest,
    serve_module: Serve,
    certificate: Certificate,
    tmp_path_factory: pytest.TempPathFactory,
) -> Service:
    file = tmp_path_factory.mktemp("routes") / "gomicro.toml"
    file.write_text(FILE, encoding="utf-8")
    flags = certificate.flags if request.param else ()
    return serve_module(APP, "--config", str(file), *flags)


@pytest.fixture
def peer(service: Service, certificate: Certificate) -> Peer:
    """A connection through which no more flows than its owner reads."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(("127.0.0.1", service.port))
    if service.await_entry("listening")["tls"]:
        context = ssl.create_default_context(cafile=certificate.cert)
        sock = context.wrap_socket(sock, server_hostname="127.0.0.1")
    return Peer(service.port, sock=sock)


def test_a_stream_of_events_outlives_the_write_deadline(peer: Peer) -> None:
    with peer:
        peer.send(get("/events?seconds=0.1&size=10"))
        peer.until(b"\r\n\r\n")
        begun = time.monotonic()
        while time.monotonic() < begun + 3 * SHORT:
            assert peer.receive()


@pytest.mark.parametrize(
    "size", [pytest.param(20_000, id="parts"), pytest.param(500_000, id="long parts")]
)
def test_a_reader_that_stops_in_it_is_cut(service: Service, peer: Peer, size: int) -> None:
    before = len(service.entries("write deadline passed"))
    with peer:
        peer.send(get(f"/events?seconds=0.01&size={size}"))
        peer.until(b"\r\n\r\n")
        begun = time.monotonic()
        while len(late := service.entries("write deadline passed")) == before:
            assert time.monotonic() < begun + GENEROUS
            time.sleep(0.05)
    assert time.monotonic() >= begun + SHORT
    assert (late[-1]["path"], late[-1]["waiting_for"]) == ("/events", "client")


def test_a_route_has_its_own_deadline_limit_and_log(service: Service, peer: Peer) -> None:
    with peer:
        assert peer.send(get("/sleep?seconds=1")).answer().body == b"awake"
        assert peer.send(get("/hello")).answer().body == b"hello"
        body = b"Content-Length: 11\r\n\r\n" + b"a" * 11
        peer.send(b"POST /size HTTP/1.1\r\nHost: test\r\n" + body)
        assert peer.answer().status == 413
    service.await_entry("request", path="/size")
    assert "/hello" not in [entry["path"] for entry in service.entries("request")]


def test_a_path_beside_it_has_the_servers(service: Service, peer: Peer) -> None:
    with peer:
        assert peer.send(get("/thread?seconds=1")).cut() == b""


def test_a_route_that_cannot_be_is_said_at_the_start(tmp_path: Path) -> None:
    file = tmp_path / "gomicro.toml"
    file.write_text('[serve.routes."/{a}/b"]\n[serve.routes."/a/{b}"]\n', encoding="utf-8")
    failed = Service(APP, "--config", str(file))
    assert failed.wait() == 2
    said = failed.errors()
    assert said.startswith(f'gomicro: {file}: [serve.routes]: pattern "/a/{{b}}" conflicts with ')
    assert said.count("\n") == 1
