"""The log of a service as it runs: what each line holds, and what can never be in one."""

from __future__ import annotations

import contextlib
import json
import re
import time
from pathlib import Path

import pytest

from tests.integration.conftest import Serve
from tests.integration.peer import Answer, Peer, get, take_answer
from tests.integration.process import PATIENCE, Service
from tests.ports import unused_port

APP = "tests.apps.bare:app"
RFC_3339_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")

CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xa8-\xae]")
"""Bytes that may act on a terminal or break a line, in UTF-8; the newline ends a line."""

NASTY_PATHS = (
    "/%1b%5b31mred",
    "/%0aforged%0d",
    "/%00%07%08",
    "/%c2%9b31m",
    "/%e2%80%ae%e2%80%a8",
    "/\x9b31m",
    "/%ff%fe",
    '/"quoted"\\',
)


@pytest.fixture(scope="module")
def service(serve_module: Serve) -> Service:
    return serve_module(APP)


def lines_of(service: Service) -> list[bytes]:
    assert service.stdout is not None
    return service.stdout.all()


def answer_once_it_listens(port: int, request: bytes) -> Answer:
    """The answer of a service that does not tell when it is ready."""
    for _ in range(int(PATIENCE / 0.05)):
        with contextlib.suppress(ConnectionRefusedError):
            return take_answer(port, request)
        time.sleep(0.05)
    raise AssertionError(f"nobody listens on {port}")


def test_every_line_is_one_json_object_with_its_utc_time_level_logger_and_event(
    serve: Serve,
) -> None:
    service = serve(APP)
    for path in ("/hello", "/noise?x", "/fail", "/silent", "/sleep?seconds=x"):
        take_answer(service.port, get(path))
    with Peer(service.port) as peer:
        peer.send(b"what is this\r\n\r\n").cut()
    assert service.stop() == 0
    for line in lines_of(service):
        assert (line[:1], line[-2:]) == (b"{", b"}\n")
        entry = json.loads(line)
        assert list(entry)[:4] == ["time", "level", "logger", "event"]
        assert RFC_3339_UTC.fullmatch(entry["time"])
        assert entry["level"] in ("debug", "info", "warning", "error", "critical")
    times = [entry["time"] for entry in service.log]
    assert times == sorted(times)


def test_a_request_is_one_line_with_its_fields(serve: Serve) -> None:
    service = serve(APP)
    with Peer(service.port) as peer:
        peer.send(b"POST /a%20b?secret=1 HTTP/1.1\r\nHost: test\r\nContent-Length: 5\r\n\r\nWorld")
        assert peer.answer().body == b"World"
        host, port = peer.sock.getsockname()
        assert peer.send(get("/sleep?seconds=0.2")).answer().body == b"awake"
        assert peer.send(get("/silent")).answer().status == 500
    assert service.stop() == 0
    first, second, third = service.entries("request")
    del first["time"], first["duration"], first["request_id"]
    assert first == {
        "level": "info",
        "logger": "gomicro.access",
        "event": "request",
        "method": "POST",
        "path": "/a b",
        "status": 200,
        "bytes": 5,
        "client": f"{host}:{port}",
    }
    assert 0.199 <= second["duration"] < 10  # a timer of uvloop counts whole milliseconds
    assert (third["path"], third["status"]) == ("/silent", 500)
    ids = {entry["request_id"] for entry in (second, third)}
    assert len(ids) == 2


def test_no_access_log_leaves_out_requests_and_nothing_else(serve: Serve) -> None:
    service = serve(APP, "--no-access-log")
    assert take_answer(service.port, get("/noise?x")).body == b"logged"
    assert service.stop() == 0
    assert service.entries("peer says x")
    assert not service.entries("request")


def test_the_log_level_leaves_out_what_is_below(serve: Serve) -> None:
    port = unused_port()
    service = serve(APP, f"--port={port}", "--log-level=error")
    assert answer_once_it_listens(port, get("/noise?x")).body == b"logged"
    assert service.stop() == 0
    assert [entry["event"] for entry in service.log] == ["went wrong"]


@pytest.mark.parametrize("workers", [(), ("--workers=1",)], ids=["one process", "a worker"])
def test_an_applications_own_log_configure_leaves_the_commands_log(
    serve: Serve, tmp_path: Path, workers: tuple[str, ...]
) -> None:
    """A module that is a program too sets the log up for itself."""
    program = "from gomicro import Goodbye, get_logger, log\n"
    program += "log.configure('debug', 'console')\napp = Goodbye(get_logger('shop'))\n"
    program += "get_logger('shop').debug('quiet')\nget_logger('shop').warning('loud')\n"
    (tmp_path / "main.py").write_text(program)
    service = serve("main:app", "--log-format=json", *workers, cwd=tmp_path)
    assert take_answer(service.port, get()).body == b"Byee\n"
    assert service.stop() == 0
    own = [line for line in service.log if line["logger"] == "shop"]
    assert [line["event"] for line in own] == ["loud"]
    assert all("worker" in line for line in own) is bool(workers)


def test_standard_logging_and_warnings_go_through_the_same_pipeline(service: Service) -> None:
    assert take_answer(service.port, get("/noise?standard")).body == b"logged"
    said = service.await_entry("peer says standard")
    assert (said["level"], said["logger"], said["answer"]) == ("warning", "tests.apps.bare", 42)
    went_wrong = service.await_entry("went wrong")
    assert "KeyError: 'missing'" in went_wrong["exception"]
    [warned] = [entry for entry in service.log if "this is deprecated" in entry["event"]]
    assert (warned["level"], warned["logger"]) == ("warning", "py.warnings")


def test_an_application_that_raises_is_one_line_with_its_traceback(service: Service) -> None:
    assert take_answer(service.port, get("/fail")).status == 500
    entry = service.await_entry("application failed", path="/fail")
    assert (entry["level"], entry["error"]) == ("error", "RuntimeError")
    assert "a line\nand another \x1b[31m" in entry["exception"]


def test_an_application_that_raises_in_mid_answer_is_cut_and_logged(service: Service) -> None:
    with Peer(service.port) as peer:
        assert peer.send(get("/fail-late")).cut().endswith(b"\r\n4\r\npart\r\n")
    assert service.await_entry("application failed", path="/fail-late")["error"] == "RuntimeError"


def test_the_request_id_is_the_clients_if_it_is_sane(service: Service) -> None:
    take_answer(service.port, get("/sane", "X-Request-Id: 2f1c-4a5B_9.z/=+"))
    assert service.await_entry("request", path="/sane")["request_id"] == "2f1c-4a5B_9.z/=+"


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        pytest.param("/empty", "", id="empty"),
        pytest.param("/c1", "a\x9b31mb", id="a control character"),
        pytest.param("/long", "x" * 5000, id="5,000 characters"),
    ],
)
def test_a_request_id_that_is_not_sane_is_replaced(service: Service, path: str, sent: str) -> None:
    assert take_answer(service.port, get(path, f"X-Request-Id: {sent}")).status == 200
    request_id = service.await_entry("request", path=path)["request_id"]
    assert re.fullmatch(r"[0-9a-f-]{6,64}", request_id)


def test_what_a_peer_sent_is_never_raw_in_a_line(serve: Serve) -> None:
    service = serve(APP)
    nasty = ["X-Request-Id: a\x1bb", "X-Request-Id: a\x9b\x85b", f"X-{'a' * 9}: \x7f"]
    for path in NASTY_PATHS:
        take_answer(service.port, get(path))
    for header in nasty:
        take_answer(service.port, get("/hello", header))
    take_answer(service.port, get("/noise?%1b"))
    with Peer(service.port) as peer:
        peer.send(b"G\x1b[31mT / HTTP/1.1\r\nHost: \x07\r\n\r\n").cut()
    with Peer(service.port) as peer:
        peer.send(get("/noise?\x85\x9b31m")).cut()
    assert service.stop() == 0
    for line in lines_of(service):
        assert CONTROL.search(line) is None
    paths = {entry["path"] for entry in service.entries("request")}
    assert {"/\x1b[31mred", "/\nforged\r", "/\x00\x07\x08", "/\x9b31m"} <= paths


def test_the_client_of_the_log_is_who_has_connected(service: Service) -> None:
    """An address that anyone can put in a header is no evidence."""
    with Peer(service.port) as peer:
        peer.send(get("/who", "X-Forwarded-For: 203.0.113.9")).answer()
        host, port = peer.sock.getsockname()
    assert service.await_entry("request", path="/who")["client"] == f"{host}:{port}"


def test_a_request_that_is_refused_has_its_line(service: Service) -> None:
    assert take_answer(service.port, b"GET / HTTP/1.1\r\n\r\n").status == 400
    entry = service.await_entry("request refused", status=400)
    assert "Host" in entry["reason"]
