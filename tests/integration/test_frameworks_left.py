"""A client that leaves in the midst: the application is told, nobody blames it, nothing is left."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
from websockets.sync.client import connect

from tests.integration.frameworks import Served, multipart
from tests.integration.peer import Peer, get
from tests.integration.test_frameworks_in_use import with_websockets

FORM, KIND = multipart(1_000_000)

UPLOADS = {
    "raw": b"PUT /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 1000000\r\n\r\n"
    + b"x" * 100_000,
    "chunked": b"PUT /upload HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"186a0\r\n" + b"x" * 50_000,
    "form": (
        f"POST /form HTTP/1.1\r\nHost: test\r\nContent-Type: {KIND}\r\n"
        f"Content-Length: {len(FORM)}\r\n\r\n"
    ).encode()
    + FORM[:400_000],
}


def close(peer: Peer) -> None:
    """End as a process that exits: the other side is told of the end, then that nobody reads."""
    peer.sock.close()


ways_to_leave = pytest.mark.parametrize("leave", [close, Peer.reset], ids=["close", "reset"])


@ways_to_leave
def test_a_client_that_leaves_an_event_stream_ends_it(
    served: Served, leave: Callable[[Peer], None]
) -> None:
    gone = len(served.service.entries("client gone"))
    with served.undisturbed():
        peer = Peer(served.service.port).send(get("/ticks"))
        peer.until(b"data: tick\n\n")
        leave(peer)
    served.service.await_entries("client gone", gone + 1)


@ways_to_leave
@pytest.mark.parametrize("path", ["/stream?parts=2000", "/file"])
def test_a_client_that_leaves_a_download_ends_it(
    served: Served, path: str, leave: Callable[[Peer], None]
) -> None:
    with served.undisturbed():
        peer = Peer(served.service.port).send(get(path))
        peer.exactly(500_000)
        leave(peer)


@ways_to_leave
@pytest.mark.parametrize("upload", UPLOADS.values(), ids=UPLOADS.keys())
def test_a_client_that_leaves_its_upload_ends_it(
    served: Served, upload: bytes, leave: Callable[[Peer], None]
) -> None:
    with served.undisturbed():
        leave(Peer(served.service.port).send(upload))


@with_websockets
def test_a_client_that_leaves_a_websocket_ends_it(served: Served) -> None:
    url = f"ws://127.0.0.1:{served.service.port}/say"
    with served.undisturbed(), connect(url, open_timeout=20) as websocket:
        websocket.send("one")
        assert websocket.recv(timeout=20) == "one"
        websocket.socket.shutdown(socket.SHUT_RDWR)
