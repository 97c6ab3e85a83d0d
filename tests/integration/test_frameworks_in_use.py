"""What each framework's applications do all day: uploads, streams, files, WebSockets, failures."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from tests.apps.common import PART
from tests.integration.conftest import Serve
from tests.integration.frameworks import Served, multipart, table
from tests.integration.peer import Peer, get

UPLOAD = 3_000_000
"""Above what frameworks keep of a form in memory."""

with_websockets = pytest.mark.parametrize("served", table(lambda f: f.websockets), indirect=True)
with_forms_in_chunks = pytest.mark.parametrize(
    "served", table(lambda f: f.forms_in_chunks), indirect=True
)


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.service.url, timeout=30) as client:
        yield client


def parts(data: bytes) -> Iterator[bytes]:
    """The data in parts, which httpx sends as chunks."""
    return (data[at : at + 50_000] for at in range(0, len(data), 50_000))


def test_a_raw_upload_comes_whole(client: httpx.Client) -> None:
    answer = client.put("/upload", content=b"x" * UPLOAD)
    assert (answer.status_code, answer.text) == (200, str(UPLOAD))


def test_a_raw_upload_in_chunks_comes_whole(client: httpx.Client) -> None:
    answer = client.put("/upload", content=parts(b"x" * UPLOAD))
    assert (answer.status_code, answer.text) == (200, str(UPLOAD))


def test_a_form_with_a_file_comes_whole(client: httpx.Client) -> None:
    form, kind = multipart(UPLOAD)
    answer = client.post("/form", content=form, headers={"content-type": kind})
    assert (answer.status_code, answer.text) == (200, f"named.bin {UPLOAD}")


@with_forms_in_chunks
def test_a_form_in_chunks_comes_whole(client: httpx.Client) -> None:
    form, kind = multipart(UPLOAD)
    answer = client.post("/form", content=parts(form), headers={"content-type": kind})
    assert (answer.status_code, answer.text) == (200, f"named.bin {UPLOAD}")


def test_a_stream_goes_whole_and_the_connection_is_kept(served: Served) -> None:
    with Peer(served.service.port) as peer:
        for _ in range(2):
            answer = peer.send(get("/stream?parts=30")).answer()
            assert (answer.status, answer.closes, answer.body) == (200, False, PART * 30)


def test_a_file_goes_whole_and_the_connection_is_kept(served: Served, served_file: Path) -> None:
    with Peer(served.service.port) as peer:
        for _ in range(2):
            answer = peer.send(get("/file")).answer()
            assert (answer.status, answer.closes) == (200, False)
            assert answer.body == served_file.read_bytes()


@pytest.mark.parametrize("path", ["/stream?parts=128", "/file"])
def test_a_client_that_closes_its_side_gets_the_whole_response(
    served: Served, path: str, served_file: Path
) -> None:
    with served.undisturbed(), Peer(served.service.port) as peer:
        peer.send(get(path)).sock.shutdown(socket.SHUT_WR)
        answer = peer.answer()
        assert (answer.status, len(answer.body)) == (200, 128 * len(PART))
        assert answer.body == served_file.read_bytes()
        assert peer.rest() == b""


@with_websockets
def test_a_websocket_echoes_and_leaves_nothing(served: Served) -> None:
    url = f"ws://127.0.0.1:{served.service.port}/say"
    with served.undisturbed(), connect(url, open_timeout=20) as websocket:
        for text in ("one", "two", "x" * 200_000):
            websocket.send(text)
            assert websocket.recv(timeout=20) == text


FAILING = {
    "without a body": get("/fail"),
    "with a body": b"POST /fail HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\nbody",
    "with chunks": b"POST /fail HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"4\r\nbody\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("request_", FAILING.values(), ids=FAILING.keys())
def test_a_connection_is_kept_after_an_unhandled_exception(served: Served, request_: bytes) -> None:
    with Peer(served.service.port) as peer:
        for _ in range(3):
            failed = peer.send(request_).answer()
            assert (failed.status, failed.closes) == (500, False)
            served_again = peer.send(get("/items/1")).answer()
            assert (served_again.status, served_again.closes) == (200, False)


def test_a_request_that_was_sent_with_the_failing_one_is_answered(served: Served) -> None:
    with Peer(served.service.port) as peer:
        peer.send(get("/fail") + get("/items/1"))
        assert [peer.answer().status, peer.answer().status] == [500, 200]


def test_requests_of_each_kind_leave_nothing(served: Served) -> None:
    form, kind = multipart(1000)
    with served.undisturbed(), httpx.Client(base_url=served.service.url, timeout=30) as client:
        for _ in range(5):
            answers = (
                client.put("/upload", content=b"x"),
                client.put("/upload", content=parts(b"x")),
                client.post("/form", content=form, headers={"content-type": kind}),
                client.post("/echo", json={"a": "b"}),
                client.get("/stream?parts=1"),
                client.get("/file"),
            )
            assert [answer.status_code for answer in answers] == [200] * 6


@pytest.mark.parametrize("framework", ["starlette", "fastapi"])
def test_a_file_may_be_left_to_the_server(framework: str, serve: Serve, served_file: Path) -> None:
    service = serve(
        f"tests.apps.{framework}_app:app", "--path-send", env={"SERVED_FILE": str(served_file)}
    )
    content = served_file.read_bytes()
    with Peer(service.port) as peer:
        for _ in range(2):
            answer = peer.send(get("/file")).answer()
            assert (answer.status, answer.closes, answer.body) == (200, False, content)
            answer = peer.send(get("/file", "Range: bytes=5-104")).answer()
            assert (answer.status, answer.closes, answer.body) == (206, False, content[5:105])
        assert peer.send(get("/items/7")).answer().status == 200
