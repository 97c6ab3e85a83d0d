"""The built-in service, as people meet it first."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.integration.conftest import Serve
from tests.integration.peer import Peer, get, take_answer
from tests.integration.process import GOMICRO, ROOT, Service


@pytest.fixture(scope="module")
def service(serve_module: Serve) -> Service:
    return serve_module()


def post(path: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: test\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@pytest.mark.parametrize(
    ("request_", "body"),
    [
        pytest.param(post("/", b"World"), b"Hello World\n", id="hello"),
        pytest.param(get("/"), b"Hello \n", id="hello nobody"),
        pytest.param(post("/any/path", b"\xff\x00"), b"Hello \xff\x00\n", id="hello bytes"),
        pytest.param(get("/goodbye"), b"Byee\n", id="goodbye"),
        pytest.param(post("/goodbye", b"World"), b"Byee\n", id="goodbye by POST"),
        pytest.param(get("/goodbye/"), b"Hello \n", id="not goodbye"),
    ],
)
def test_what_is_asked_is_answered(service: Service, request_: bytes, body: bytes) -> None:
    answer = take_answer(service.port, request_)
    assert (answer.status, answer.body) == (200, body)


@pytest.mark.parametrize(("app", "there"), [(None, False), ("tests.apps.bare:app", True)])
def test_only_an_application_may_have_rich(
    serve: Serve, tmp_path: Path, app: str | None, there: bool
) -> None:
    """structlog imports it where it is: as long as all the rest of the start, for nothing."""
    (tmp_path / "rich").mkdir()
    (tmp_path / "rich" / "__init__.py").write_text("import sys\nprint('imported', file=sys.stderr)")
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    service = serve(*([app] if app else []), env={"PYTHONPATH": path})
    take_answer(service.port, get("/goodbye"))
    assert service.stop() == 0
    assert ("imported" in service.errors()) is there


def test_a_long_greeting_comes_back_whole(serve: Serve) -> None:
    service = serve("--read-timeout=20s", "--write-timeout=20s")
    name = bytes(range(256)) * 4096
    assert take_answer(service.port, post("/", name)).body == b"Hello " + name + b"\n"


def test_a_path_that_cleaning_changes_is_redirected(service: Service) -> None:
    answer = take_answer(service.port, get("/a/../goodbye?x=1"))
    assert (answer.status, answer.headers["location"]) == (307, "/goodbye?x=1")


@pytest.mark.parametrize(
    ("path", "status", "body"), [("/", 400, b"Oops\n"), ("/goodbye", 200, b"Byee\n")]
)
def test_a_slow_body_is_oops_for_hello_and_nothing_to_goodbye(
    service: Service, path: str, status: int, body: bytes
) -> None:
    with Peer(service.port) as peer:
        peer.send(f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc".encode())
        answer = peer.answer()
        assert (answer.status, answer.body, answer.closes) == (status, body, True)
        assert peer.rest() == b""


def test_hello_logs_with_its_loggers_name_for_each_request(serve: Serve) -> None:
    service = serve()
    for _ in range(3):
        take_answer(service.port, post("/", b"World"))
    take_answer(service.port, get("/goodbye"))
    assert service.stop() == 0
    entries = service.entries("Hello world")
    assert [(entry["level"], entry["logger"]) for entry in entries] == [("info", "product-api")] * 3
    assert len(service.entries("request")) == 4


def test_its_own_client_is_answered(service: Service) -> None:
    said = subprocess.run(
        [GOMICRO, "hello", "World", "--url", service.url], capture_output=True, check=True
    )
    assert said.stdout == b"Hello World\n"


def test_the_seeds_curl_is_answered(service: Service) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    command = ["curl", "-s", "-d", "World", f"127.0.0.1:{service.port}"]
    said = subprocess.run(command, capture_output=True, check=True)
    assert said.stdout == b"Hello World\n"


def test_hello_in_flight_is_answered_on_the_way_out(serve: Serve) -> None:
    service = serve("--read-timeout=20s", "--write-timeout=20s")
    with Peer(service.port) as peer:
        peer.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nWor")
        service.await_entry("Hello world")
        service.send_signal(signal.SIGTERM)
        service.await_entry("leaving service", in_flight=1)
        answer = peer.send(b"ld").answer()
        assert (answer.body, answer.closes) == (b"Hello World\n", True)
    assert (service.wait(), service.errors()) == (0, "")
