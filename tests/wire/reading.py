"""A client's reading of what a server sends: bytes in, answers out; no socket and no clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.wire.answers import Answer

__all__ = ["Reader"]


@dataclass
class _Open:
    """An answer whose body is still coming."""

    answer: Answer
    left: int
    parts: list[bytes]


class Reader:
    """The answers on one connection. `methods`: of the requests, in order; beyond them, GET.

    What follows an answer and is none is `extra`, from the end of the connection on. `problems`
    are what no server may send.
    """

    def __init__(self, methods: Sequence[bytes]) -> None:
        self.answers: list[Answer] = []
        self.finals = 0
        self.extra = b""
        self.problems: list[str] = []
        self._methods = methods
        self._buffer = bytearray()
        self._open: _Open | None = None
        self._take: Callable[[], bool] = self._head

    def feed(self, data: bytes) -> None:
        """Take what came."""
        self._buffer += data
        while self._buffer and self._take():
            pass

    def end(self) -> None:
        """The server has closed the connection, or it is lost."""
        if self._open is None:
            self.extra = bytes(self._buffer)
        elif self._open.answer.framing == "close":
            self._complete(b"".join(self._open.parts))
        else:
            self._complete(b"", cut=True)

    def _head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0 or not self._buffer.startswith(b"HTTP/1."):
            return False
        first, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
        del self._buffer[: end + 4]
        version, code, *_ = first.split(" ", 2)
        fields = [
            (name.lower(), value.strip()) for name, _, value in (s.partition(":") for s in lines)
        ]
        headers = dict(fields)
        status = int(code)
        if status < 200:
            self.answers.append(Answer(status))
            return True
        if len(headers) != len(fields):
            self.problems.append(f"a header twice: {lines}")
        if status < 400 and "date" not in headers:
            self.problems.append(f"no date: {lines}")
        self._begin(status, version, headers)
        return True

    def _begin(self, status: int, version: str, headers: dict[str, str]) -> None:
        method = self._methods[self.finals] if self.finals < len(self._methods) else b"GET"
        length = headers.get("content-length")
        chunked = headers.get("transfer-encoding") == "chunked"
        if chunked and length is not None:
            self.problems.append(f"two framings: {headers}")
        connection = headers.get("connection", "")
        if method == b"HEAD":
            framing = "none" if length is None else f"head of {length}"
        else:
            framing = "chunked" if chunked else "close" if length is None else "length"
        implied = {"HTTP/1.0": "close", "HTTP/1.1": "keep-alive"}
        answer = Answer(
            status,
            b"",
            headers.get("content-type"),
            location=headers.get("location"),
            close=(connection or implied[version]) == "close",
            keep_alive=connection == "keep-alive",
            framing=framing,
        )
        self._open = _Open(answer, int(length or 0) if framing == "length" else 0, [])
        self._take = {"chunked": self._chunk, "close": self._rest}.get(framing, self._counted)
        if framing not in ("chunked", "close") and not self._open.left:
            self._complete(b"")

    def _counted(self) -> bool:
        assert self._open is not None
        part = bytes(self._buffer[: self._open.left])
        del self._buffer[: len(part)]
        self._open.parts.append(part)
        self._open.left -= len(part)
        if not self._open.left:
            self._complete(b"".join(self._open.parts))
        return True

    def _rest(self) -> bool:
        assert self._open is not None
        self._open.parts.append(bytes(self._buffer))
        self._buffer.clear()
        return False

    def _chunk(self) -> bool:
        """Take one chunk, if all of it is there."""
        assert self._open is not None
        line, end, _ = self._buffer[:32].partition(b"\r\n")
        if not end:
            return False
        size, begin = int(line, 16), len(line) + 2
        if len(self._buffer) < begin + size + 2:
            return False
        if self._buffer[begin + size : begin + size + 2] != b"\r\n":
            self.problems.append("a chunk that does not end")
        self._open.parts.append(bytes(self._buffer[begin : begin + size]))
        del self._buffer[: begin + size + 2]
        if not size:
            self._complete(b"".join(self._open.parts))
        return True

    def _complete(self, body: bytes, *, cut: bool = False) -> None:
        assert self._open is not None
        known = self._open.answer
        self.answers.append(
            Answer(
                known.status,
                body,
                known.type,
                known.location,
                known.close,
                known.keep_alive,
                known.framing,
                cut,
            )
        )
        self.finals += 1
        self._open = None
        self._take = self._head
