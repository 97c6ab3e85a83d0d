"""SIGTERM in the midst of what a framework's application does: all of it ends well."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.apps.common import PART
from tests.integration.conftest import Serve
from tests.integration.frameworks import PATIENT, Framework, multipart, table
from tests.integration.gate import Gate
from tests.integration.peer import Answer, Peer, get
from tests.integration.process import ONE_MORE_REQUEST

FORM, KIND = multipart(1_000_000)
FORM_HEAD = (
    f"POST /form HTTP/1.1\r\nHost: test\r\nContent-Type: {KIND}\r\n"
    f"Content-Length: {len(FORM)}\r\n\r\n"
).encode()

UPLOAD_HEAD = b"PUT /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 100000\r\n\r\n"
CHUNKED_HEAD = b"PUT /upload HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"

IN_FLIGHT = {
    "upload": (UPLOAD_HEAD + b"x" * 50_000, b"x" * 50_000),
    "chunks": (CHUNKED_HEAD + b"3\r\nabc\r\n", b"4\r\ndefg\r\n0\r\n\r\n"),
    "form": (FORM_HEAD + FORM[:500_000], FORM[500_000:]),
    "wait": (get("/slow"), b""),
    "stream": (get("/stream?parts=128"), b""),
    "file": (get("/file"), b""),
}
"""What is sent before the signal, and what after it; `wait` waits for the gate instead."""


@pytest.mark.parametrize("framework", table())
def test_sigterm_loses_nothing_that_is_in_flight(
    serve: Serve, framework: Framework, served_file: Path, gate: Gate
) -> None:
    env = {"SERVED_FILE": str(served_file), **gate.environment}
    service = serve(framework.app, *PATIENT, env=env)
    with ExitStack() as stack:
        peers = {name: stack.enter_context(Peer(service.port)) for name in IN_FLIGHT}
        for name, (before, _) in IN_FLIGHT.items():
            peers[name].send(before)
        responding = {name: peers[name].head() for name in ("stream", "file")}
        service.send_signal(signal.SIGTERM)
        service.await_entry("leaving service", in_flight=len(IN_FLIGHT))
        gate.open()
        for name, (_, after) in IN_FLIGHT.items():
            peers[name].send(after)
        answers = {name: peers[name].answer() for name in IN_FLIGHT if name not in responding}
        for name, head in responding.items():
            answers[name] = peers[name].body(head)
        endings = {name: peer.rest() for name, peer in peers.items()}
    assert {name: summary(answer) for name, answer in answers.items()} == {
        "upload": (200, b"100000"),
        "chunks": (200, b"7"),
        "form": (200, b"named.bin 1000000"),
        "wait": (200, b"slow"),
        "stream": (200, len(PART) * 128),
        "file": (200, len(served_file.read_bytes())),
    }
    assert answers["stream"].body == answers["file"].body == served_file.read_bytes()
    assert endings == dict.fromkeys(IN_FLIGHT, b"")
    assert (service.wait(), service.errors()) == (0, "")
    assert [entry["event"] for entry in service.log if entry["level"] == "error"] == []
    assert len(service.entries("closed")) == framework.lifespan


@pytest.mark.parametrize("framework", table(lambda f: f.websockets))
def test_sigterm_ends_websockets_and_answers_what_fails(serve: Serve, framework: Framework) -> None:
    service = serve(framework.app, *PATIENT, command=ONE_MORE_REQUEST)
    url = f"ws://127.0.0.1:{service.port}/say"
    with Peer(service.port) as peer, connect(url, open_timeout=20) as websocket:
        websocket.send("one")
        assert websocket.recv(timeout=20) == "one"
        assert peer.send(get("/fail")).answer().status == 500
        service.send_signal(signal.SIGTERM)
        service.await_entry("leaving service")
        failed = peer.send(get("/fail")).answer()
        assert (failed.status, failed.closes, peer.rest()) == (500, True, b"")
        with pytest.raises(ConnectionClosed) as closed:
            websocket.recv(timeout=20)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012
    assert (service.wait(), service.errors()) == (0, "")
    assert len(service.entries("closed")) == framework.lifespan


@pytest.mark.parametrize("more", [(), ("--workers=1",)], ids=["alone", "in a fleet"])
def test_sigterm_ends_the_event_streams_of_sse_starlette(
    serve: Serve, more: tuple[str, ...]
) -> None:
    service = serve("tests.apps.sse_app:app", "--shutdown-grace=20s", *more)
    with Peer(service.port) as peer:
        peer.send(get("/events")).until(b"data: tick\r\n\r\n")
        service.send_signal(signal.SIGTERM)
        peer.rest()
    assert (service.wait(), service.errors()) == (0, "")
    assert service.entries("grace used up") == []


def summary(answer: Answer) -> tuple[int, bytes | int]:
    """The status, and the body or, if it is long, its length."""
    return answer.status, answer.body if len(answer.body) < 100 else len(answer.body)
