"""One request and its answer over http.client, before a deadline."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from http.client import HTTPException, HTTPResponse, RemoteDisconnected

from gomicro.client.connect import connect
from gomicro.client.stream import Deadline, Stream
from gomicro.client.target import Target
from gomicro.errors import ClientError

__all__ = ["exchange"]

_WEIRD = 8
_BAD_STATUS = 22
_TIMED_OUT = 28
_EMPTY_ANSWER = 52
_BROKEN = 56

_LENGTH = re.compile(r"[0-9]+\Z")
_VERSIONS = {10: "HTTP/1.0", 11: "HTTP/1.1"}


def exchange(
    target: Target,
    method: str,
    path: str,
    body: bytes | None = None,
    *,
    timeout: float,
    unix_socket: str = "",
    write: Callable[[bytes], None],
    trace: Callable[[str], None],
) -> None:
    """Send `body` (None: a request without one) to `path` under `target`, write the answer's body.

    `unix_socket` is the path of a Unix socket that leads there, "" for none.
    `timeout` seconds cover everything from the name to the last byte; 0 is no limit. `write` gets
    the body as it arrives, also that of a failure, and may raise ClientError but no OSError.
    `trace` gets the lines of both heads. Redirects are not followed. Raises ClientError.
    """
    deadline = Deadline(timeout)
    sock = connect(target, deadline, unix_socket)
    with sock, _curl_codes():
        trace(f"* connected to {target.authority} at {unix_socket or sock.getpeername()[0]}")
        head = _head(target, method, path, body)
        for line in head.split("\r\n")[:-1]:
            trace(f"> {line}".rstrip())
        stream = Stream(sock, deadline)
        # A service may refuse a body before it has read it all; then its answer says why.
        with contextlib.suppress(ConnectionError):
            stream.send(head.encode() + (body or b""))
        response = _Response(stream, method=method)  # type: ignore[arg-type]  # wants makefile()
        response.begin()
        _trace_head(response, trace)
        _check_length(response)
        while chunk := response.read1(65536):
            write(chunk)
        if response.length:
            raise ClientError(f"answer cut short: {response.length} bytes are missing", _BROKEN)
    if response.status >= 400:
        text = f"the service answered {response.status} {response.reason}".rstrip()
        raise ClientError(text, _BAD_STATUS)


class _Response(HTTPResponse):
    """An answer that is final: any others are skipped, not only 100 (RFC 9110 section 15.2)."""

    def begin(self) -> None:
        super().begin()
        while 101 < self.status < 200:
            self.headers = None  # type: ignore[assignment]  # begin() reads on if there are none
            super().begin()


@contextlib.contextmanager
def _curl_codes() -> Iterator[None]:
    """What http.client and the socket raise, as ClientError."""
    try:
        yield
    except TimeoutError:
        raise ClientError("timed out waiting for the answer", _TIMED_OUT) from None
    except RemoteDisconnected:
        raise ClientError("empty answer: the connection was closed", _EMPTY_ANSWER) from None
    except HTTPException as error:
        text = f"answer cut short or not HTTP: {type(error).__name__}: {error}"
        raise ClientError(text, _BROKEN) from None
    except OSError as error:
        raise ClientError(f"connection broken: {error.strerror or error}", _BROKEN) from None


def _check_length(response: HTTPResponse) -> None:
    """Refuse a Content-Length that is none, as curl does; http.client reads on to the end."""
    if response.chunked:
        return
    values = ",".join(response.headers.get_all("content-length", ("0",)))
    lengths = {value.strip(" \t") for value in values.split(",")}
    if len(lengths) > 1 or not _LENGTH.match(lengths.pop()):
        raise ClientError("not HTTP: the answer's Content-Length is no length", _WEIRD)


def _head(target: Target, method: str, path: str, body: bytes | None) -> str:
    length = "" if body is None else f"Content-Length: {len(body)}\r\n"
    return (
        f"{method} {target.path}{path} HTTP/1.1\r\n"
        f"Host: {target.authority}\r\n"
        "User-Agent: gomicro\r\n"
        "Accept: */*\r\n"
        f"{length}"
        "Connection: close\r\n"
        "\r\n"
    )


def _trace_head(response: HTTPResponse, trace: Callable[[str], None]) -> None:
    trace(f"< {_VERSIONS[response.version]} {response.status} {response.reason}")
    for name, value in response.getheaders():
        trace(f"< {name}: {value}")
    trace("<")
