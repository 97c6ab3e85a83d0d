"""A client on a raw socket: sends any bytes, and reads answers as strictly as it can."""

from __future__ import annotations

import contextlib
import itertools
import select
import socket
import time
from dataclasses import dataclass
from types import TracebackType

from tests.integration.process import PATIENCE

__all__ = ["Answer", "Peer", "get", "take_answer"]


@dataclass(frozen=True)
class Answer:
    """One response. Header names are in lower case; a repeated header keeps its last value."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def closes(self) -> bool:
        """Whether the service says that this is the connection's last answer."""
        return self.headers.get("connection") == "close"


class Peer:
    """One connection to a service. As a context it is closed at the end."""

    def __init__(
        self, port: int, host: str = "127.0.0.1", sock: socket.socket | None = None
    ) -> None:
        self.connected_at = time.monotonic()
        self.sock = sock or socket.create_connection((host, port), timeout=PATIENCE)
        self.sock.settimeout(PATIENCE)
        self._read = b""

    def __enter__(self) -> Peer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.sock.close()

    def send(self, data: bytes) -> Peer:
        self.sock.sendall(data)
        return self

    def reset(self) -> None:
        """Close with a reset instead of an end."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()

    def receive(self) -> bytes:
        """The next bytes, b"" at the end of the connection."""
        if self._read:
            data, self._read = self._read, b""
            return data
        return self.sock.recv(65536)

    def until(self, mark: bytes) -> bytes:
        """Everything up to and including `mark`."""
        data = bytearray()
        while (at := data.find(mark)) < 0:
            more = self.receive()
            if not more:
                raise EOFError(f"the service closed before {mark!r}, after {bytes(data)!r}")
            data += more
        end = at + len(mark)
        self._read = bytes(data[end:]) + self._read
        return bytes(data[:end])

    def exactly(self, size: int) -> bytes:
        """The next `size` bytes."""
        data = bytearray()
        while len(data) < size:
            more = self.receive()
            if not more:
                raise EOFError(f"the service closed after {len(data)} of {size} bytes")
            data += more
        self._read = bytes(data[size:])
        return bytes(data[:size])

    def rest(self) -> bytes:
        """Everything until the service closes the connection; a reset is an error."""
        data = bytearray()
        while more := self.receive():
            data += more
        return bytes(data)

    def cut(self) -> bytes:
        """Everything until the connection ends, be it with a reset."""
        data = bytearray()
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            while more := self.receive():
                data += more
        return bytes(data)

    def drip(self, data: bytes, every: float = 0.02) -> Peer:
        """Send `data` over and over, byte by byte, until the service answers or closes."""
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            for byte in itertools.cycle(data):
                if select.select([self.sock], [], [], every)[0]:
                    break
                self.send(bytes([byte]))
        return self

    def head(self) -> Answer:
        """The head of the next response, its body still to be read."""
        first, *lines = self.until(b"\r\n\r\n").decode("latin-1").rstrip("\r\n").split("\r\n")
        fields = (line.split(":", 1) for line in lines)
        headers = {name.lower(): value.strip() for name, value in fields}
        return Answer(int(first.split(" ")[1]), headers, b"")

    def answer(self, *, to_head: bool = False) -> Answer:
        """The next response, to a request with the method HEAD if `to_head`."""
        answer = self.head()
        if to_head or answer.status < 200 or answer.status in (204, 304):
            return answer
        return self.body(answer)

    def body(self, answer: Answer) -> Answer:
        """The response whose head was read, with its body."""
        if "content-length" in answer.headers:
            body = self.exactly(int(answer.headers["content-length"]))
        elif answer.headers.get("transfer-encoding") == "chunked":
            body = self._chunks()
        else:
            body = self.rest()
        return Answer(answer.status, answer.headers, body)

    def _chunks(self) -> bytes:
        body = bytearray()
        while size := int(self.until(b"\r\n"), 16):
            body += self.exactly(size)
            assert self.exactly(2) == b"\r\n"
        assert self.exactly(2) == b"\r\n"
        return bytes(body)

    def elapsed(self) -> float:
        """Seconds since the connection was asked for."""
        return time.monotonic() - self.connected_at


def get(path: str = "/", *headers: str) -> bytes:
    """A GET request."""
    lines = [f"GET {path} HTTP/1.1", "Host: test", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


def take_answer(port: int, request: bytes) -> Answer:
    """The answer to one request on a connection of its own."""
    with Peer(port) as peer:
        return peer.send(request).answer()
