"""What burdens a server beside the load: idle connections, readers that stand still, scrapes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from urllib.request import urlopen

from tests.benchmarks.errors import BenchmarkError

REQUEST = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"
GOODBYE = b"Byee\n"
PATIENCE = 10.0  # seconds for one answer
SCRAPE_EVERY = 1.0
STALL = 0.9  # seconds a reader stays: less than the second after which a server may cut it


@contextmanager
def idle_connections(port: int, count: int) -> Iterator[list[socket.socket]]:
    """Hold `count` keep-alive connections, each idle after one GET /goodbye."""
    with ExitStack() as stack:
        clients = []
        for _ in range(count):
            clients.append(stack.enter_context(closing(_connect(port))))
            _ask_goodbye(clients[-1])
        yield clients


def require_open(clients: list[socket.socket]) -> None:
    """Raise BenchmarkError if the server has closed any of these idle connections."""
    closed = len(clients) - sum(_is_open(client) for client in clients)
    if closed:
        raise BenchmarkError(f"{closed} of {len(clients)} idle connections were closed meanwhile")


@contextmanager
def stalled_readers(port: int, count: int) -> Iterator[None]:
    """Keep `count` clients that ask for /download and read nothing."""
    with _meanwhile(_stall, port, count):
        yield


def _stall(port: int, count: int, done: threading.Event) -> None:
    while not done.is_set():
        with ExitStack() as stack:
            for _ in range(count):
                client = stack.enter_context(closing(_connect(port, receive_buffer=4096)))
                client.sendall(REQUEST % b"/download")
            done.wait(STALL)


@contextmanager
def scraping(port: int) -> Iterator[None]:
    """Ask an admin listener for its metrics, at once and then each second."""
    failed: list[Exception] = []
    with _meanwhile(_scrape, port, failed):
        yield
    if failed:
        raise BenchmarkError(f"a scrape failed: {failed[0]}")


def _scrape(port: int, failed: list[Exception], done: threading.Event) -> None:
    try:
        while True:
            with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE) as answer:
                answer.read()
            if done.wait(SCRAPE_EVERY):
                break
    except OSError as error:
        failed.append(error)


@contextmanager
def _meanwhile(work: Callable[..., None], *arguments: object) -> Iterator[None]:
    """Have `work` done in a thread until the context ends: its last argument tells when."""
    done = threading.Event()
    thread = threading.Thread(target=work, args=(*arguments, done))
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _connect(port: int, *, receive_buffer: int = 0) -> socket.socket:
    """A blocking connection; a receive buffer of 0 is the system's own."""
    client = socket.socket()
    client.settimeout(PATIENCE)
    if receive_buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    try:
        client.connect(("127.0.0.1", port))
    except OSError:
        client.close()
        raise
    return client


def _ask_goodbye(client: socket.socket) -> None:
    client.sendall(REQUEST % b"/goodbye")
    answer = b""
    while not answer.endswith(GOODBYE):
        piece = client.recv(4096)
        if not piece:
            raise BenchmarkError("a connection that was to stay idle was closed")
        answer += piece


def _is_open(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        client.recv(1)
    except BlockingIOError:
        return True
    except ConnectionError:
        return False
    return False
