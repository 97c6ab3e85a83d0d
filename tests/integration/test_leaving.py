"""A service leaves behind a balancer that asks whether it is ready: nobody hears of it."""

from __future__ import annotations

import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import gomicro_process
from tests.integration.conftest import Serve
from tests.integration.peer import Peer, get
from tests.integration.process import NOBODY_IS_SHED, PATIENCE, Service
from tests.ports import unused_port

APP = "tests.apps.bare:app"

CONFIGURATION = """
defaults
    mode http
    retries 0
    timeout connect 5s
    timeout client 30s
    timeout server 30s
    timeout check 5s
frontend all
    bind 127.0.0.1:{port}
    default_backend gomicro
backend gomicro
    option httpchk GET /readyz
    default-server check inter 100ms fall 1 rise 1
    server first 127.0.0.1:{first} port {first_admin}
    server second 127.0.0.1:{second} port {second_admin}
"""


def admin_port(service: Service) -> int:
    return int(service.await_entry("admin listening")["address"][0].rpartition(":")[2])


@pytest.fixture
def balancer(serve: Serve, tmp_path: Path) -> Iterator[tuple[int, Service]]:
    """HAProxy's port, and the first of two services after it, which is to leave."""
    if shutil.which("haproxy") is None:
        pytest.skip("haproxy is not installed")
    # As long as a balancer on a busy machine may stand still, which does not ask meanwhile.
    leaving = serve(APP, NOBODY_IS_SHED, "--admin-port", "0", "--shutdown-delay", "5s")
    other = serve(APP, NOBODY_IS_SHED, "--admin-port", "0")
    port = unused_port()
    file = tmp_path / "haproxy.cfg"
    text = CONFIGURATION.format(
        port=port,
        first=leaving.port,
        first_admin=admin_port(leaving),
        second=other.port,
        second_admin=admin_port(other),
    )
    file.write_text(text, encoding="ascii")
    with subprocess.Popen(
        ["haproxy", "-f", str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as haproxy:
        try:
            _await_answer(port)
            yield port, leaving
        finally:
            haproxy.kill()


def _await_answer(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with Peer(port) as peer:
                if peer.send(get("/hello")).answer().status == 200:
                    return
        except OSError:
            assert time.monotonic() < deadline, "the balancer does not answer"
        time.sleep(0.05)


def test_no_request_fails_while_a_service_leaves_after_a_balancer(
    balancer: tuple[int, Service],
) -> None:
    port, leaving = balancer
    ended = threading.Event()
    statuses: list[int] = []

    def ask() -> None:
        while not ended.is_set():
            with Peer(port) as peer:
                statuses.extend(peer.send(get("/hello")).answer().status for _ in range(20))

    clients = [threading.Thread(target=ask) for _ in range(4)]
    for client in clients:
        client.start()
    try:
        while len(statuses) < 100:
            time.sleep(0.01)
        status = leaving.stop(signal.SIGTERM)
        after = len(statuses)
        deadline = time.monotonic() + PATIENCE
        while len(statuses) < after + 100 and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        ended.set()
        for client in clients:
            client.join(PATIENCE)
    assert status == 0
    assert leaving.entries("request") != []
    assert len(statuses) >= after + 100
    assert set(statuses) == {200}


def test_a_service_that_leaves_says_that_it_is_not_ready_and_still_answers(serve: Serve) -> None:
    service = serve(APP, "--admin-port", "0", "--shutdown-delay", "1h")
    check = ("check", "--url", f"http://127.0.0.1:{admin_port(service)}/readyz")
    assert gomicro_process(*check).returncode == 0
    service.send_signal(signal.SIGTERM)
    service.await_entry("leaving service")
    done = gomicro_process(*check)
    assert done.returncode == 22
    assert "leaving" in done.stdout
    with Peer(service.port) as peer:
        assert peer.send(get("/hello")).answer().body == b"hello"
    assert service.stop(signal.SIGTERM) == 0
