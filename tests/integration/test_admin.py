"""The admin listener of a real service."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import Serve
from tests.integration.gate import Gate
from tests.integration.peer import Answer, Peer, get, take_answer
from tests.integration.process import Service
from tests.timing import assert_takes_less

APP = """
import os


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    if scope["path"] == "/blocks":
        with open(os.environ["GATE"], "rb", buffering=0) as gate:
            gate.read(1)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"done"})
"""

LOCAL = "Host: localhost"


class Admin:
    """The admin listener of a service, and a handler of it that blocks until it is let go."""

    def __init__(self, service: Service, gate: Gate) -> None:
        self.service = service
        self._gate = gate
        self.port = int(service.await_entry("admin listening")["address"][0].rpartition(":")[2])

    def ask(self, path: str) -> Answer:
        with Peer(self.port) as peer:
            return peer.send(f"GET {path} HTTP/1.1\r\n{LOCAL}\r\n\r\n".encode()).answer()

    @contextlib.contextmanager
    def blocked(self) -> Iterator[None]:
        with Peer(self.service.port) as peer:
            peer.send(get("/blocks"))
            self.service.await_entry("loop blocked")
            try:
                yield
            finally:
                self._gate.open()
            assert peer.answer().body == b"done"


@pytest.fixture
def admin(serve: Serve, tmp_path: Path, gate: Gate) -> Admin:
    (tmp_path / "blocking.py").write_text(APP)
    flags = ("--admin-port=0", "--write-timeout=0", "--live-after=6s")
    return Admin(serve("blocking:app", *flags, cwd=tmp_path, env=gate.environment), gate)


def test_livez_answers_at_once_while_the_loop_is_blocked_and_says_503_in_the_end(
    admin: Admin, tmp_path: Path
) -> None:
    took: dict[int, list[float]] = {200: [], 503: []}
    with admin.blocked():
        while len(took[503]) < 20:
            began = time.monotonic()
            took[admin.ask("/livez").status].append(time.monotonic() - began)
            time.sleep(0.02)
        stacks = admin.ask("/debug/stacks").body.decode()
        assert f'File "{tmp_path}/blocking.py", line 10, in app' in stacks
        assert "request GET '/blocks' from 127.0.0.1:" in stacks
        assert b"blocking.py:10 app" in admin.ask("/debug/requests").body
        assert b"blocking.py:5" in admin.ask("/debug/profile?seconds=0.1").body
    for times in took.values():
        assert sorted(times)[len(times) // 2] <= 0.1  # a busy machine delays some
    while admin.ask("/livez").status == 503:
        time.sleep(0.02)


def test_readyz_says_503_from_the_moment_of_sigterm(admin: Admin) -> None:
    assert admin.ask("/readyz").status == 200
    with Peer(admin.service.port) as peer:
        peer.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n")
        with admin.blocked():
            pass
        admin.service.send_signal(signal.SIGTERM)
        while (said := admin.ask("/readyz")).status == 200:
            pass
        assert said.body == b"in service: leaving (SIGTERM)\n"
        assert admin.ask("/livez").status == 200
        assert peer.send(b"x").answer().body == b"done"
    assert admin.service.wait() == 0


def test_slow_clients_hold_up_nobody(admin: Admin) -> None:
    def ask_beside_them() -> float:
        with contextlib.ExitStack() as stack:
            for sent in (b"", b"GET /livez HT", b"PUT /log-level HTTP/1.1\r\n") * 20:
                stack.enter_context(Peer(admin.port)).send(sent)
            began = time.monotonic()
            assert admin.ask("/livez").status == 200
            return time.monotonic() - began

    assert_takes_less(1.0, ask_beside_them)  # the second that the slow ones have
    with Peer(admin.port) as idle:
        assert idle.cut() == b""  # within the header's second
    assert take_answer(admin.service.port, get()).body == b"done"


def address_of_this_machine() -> str:
    """An address that is not loopback; "" where there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # sends nothing (RFC 5737: an address of no machine)
        found: str = probe.getsockname()[0]
        return "" if found.startswith("127.") else found
    return ""


def test_other_peers_are_told_health_only(serve: Serve) -> None:
    address = address_of_this_machine()
    if not address:
        pytest.skip("this machine has no address but loopback")
    service = serve("--admin-port=0", "--admin-host=0.0.0.0")
    port = int(service.await_entry("admin listening")["address"][0].rpartition(":")[2])
    statuses = {}
    for path in ("/livez", "/readyz", "/debug/stacks", "/debug/config"):
        with Peer(port, address) as peer:
            statuses[path] = peer.send(get(path)).answer().status
    assert statuses == {
        "/livez": 200, "/readyz": 200, "/debug/stacks": 403, "/debug/config": 403
    }  # fmt: skip


def test_without_it_nothing_of_it_is_imported(tmp_path: Path) -> None:
    program = (
        "import sys, gomicro.server.server, gomicro.cli.serve;"
        "print([m for m in sys.modules if m.startswith(('gomicro.admin', 'prometheus_client'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout == b"[]\n"
