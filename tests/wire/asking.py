"""The bytes of requests."""

from __future__ import annotations

__all__ = ["CHUNKED", "ask", "chunks", "fill", "post"]

CHUNKED = "Transfer-Encoding: chunked"


def ask(line: str | bytes, *headers: str | bytes, host: str | bytes | None = "a.test") -> bytes:
    """The head of a request. A line without a version gets HTTP/1.1; `host`: None leaves it out."""
    first = _bytes(line)
    if b" HTTP/" not in first:
        first += b" HTTP/1.1"
    lines = [first]
    if host is not None:
        lines.append(b"Host: " + _bytes(host))
    return b"\r\n".join([*lines, *map(_bytes, headers)]) + b"\r\n\r\n"


def post(body: bytes, path: str = "/", *headers: str) -> bytes:
    """A POST whose body has a length."""
    return ask(f"POST {path}", f"Content-Length: {len(body)}", *headers) + body


def chunks(*parts: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    """A body in the chunked coding."""
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + end


def fill(size: int) -> bytes:
    """So many bytes of text."""
    return (b"abcdefghijklmnopqrstuvwxyz 0123456789\n" * (size // 38 + 1))[:size]


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")
