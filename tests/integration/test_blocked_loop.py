"""A real handler that blocks, and what the log says of it meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.conftest import Serve
from tests.integration.gate import Gate
from tests.integration.peer import Peer, get, take_answer

APP = '''
import asyncio
import ctypes
import os


async def blocks():
    """Blocks until the test has seen that the log says so."""
    with open(os.environ["GATE"], "rb", buffering=0) as gate:
        gate.read(1)


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    if scope["path"] == "/blocks":
        await blocks()
    if scope["path"] == "/holds-the-lock":
        ctypes.PyDLL(None).usleep(900_000)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"done"})
'''


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "blocking.py").write_text(APP)
    return tmp_path


def test_a_blocked_loop_is_told_with_its_line_while_it_is(
    serve: Serve, directory: Path, gate: Gate
) -> None:
    service = serve("blocking:app", "--write-timeout=60s", cwd=directory, env=gate.environment)
    with Peer(service.port) as peer:
        peer.send(get("/blocks"))
        entry = service.await_entry("loop blocked")
        assert entry["at"] == f"{directory}/blocking.py:10 blocks"
        assert (entry["method"], entry["path"], entry["waiting"]) == ("GET", "/blocks", 0)
        gate.open()
        assert peer.answer().body == b"done"
    over = service.await_entry("loop no longer blocked")
    assert over["seconds"] >= entry["seconds"] >= 0.5
    assert over["at"] == entry["at"]


def test_code_that_holds_the_interpreters_lock_is_told_afterwards(
    serve: Serve, directory: Path
) -> None:
    service = serve("blocking:app", "--write-timeout=60s", cwd=directory)
    assert take_answer(service.port, get("/holds-the-lock")).body == b"done"
    assert service.await_entry("loop no longer blocked")["seconds"] >= 0.5


def test_switched_off_nothing_is_told(serve: Serve, directory: Path) -> None:
    service = serve("blocking:app", "--write-timeout=60s", "--blocked-after=0", cwd=directory)
    assert take_answer(service.port, get("/holds-the-lock")).body == b"done"
    assert service.stop() == 0
    assert service.entries("loop no longer blocked") == []
