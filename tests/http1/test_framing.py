"""How responses are framed: method, version, status and the application's headers."""

from __future__ import annotations

import pytest

from gomicro.http1.framing import frame, whole_response
from gomicro.http1.head_parser import HeadParser
from gomicro.http1.request_head import RequestHead
from gomicro.http1.response_head import response_start

DATE = b"date: now\r\n"
LENGTH_3 = (b"content-length", b"3")
CHUNKED = (b"transfer-encoding", b"chunked")
IDENTITY = (b"transfer-encoding", b"identity")
CLOSE = (b"connection", b"close")


def asked(method: str, minor: int = 1) -> RequestHead:
    line = f"{method} / HTTP/1.{minor}\r\nHost: h\r\nConnection: keep-alive\r\n\r\n"
    return HeadParser().parse(line.encode())


def framed(
    method: str,
    minor: int,
    status: int,
    headers: list[tuple[bytes, bytes]],
    body: bytes,
    *,
    final: bool,
) -> tuple[list[bytes], bytes, bool]:
    """The header lines without the date, the body as written, and whether the connection stays."""
    start = response_start(status, headers)
    request = asked(method, minor)
    framing = frame(request, start, stamp=DATE, size=len(body), final=final, keep_alive=True)
    lines = framing.head.split(b"\r\n")
    assert lines[0].startswith(b"HTTP/1.1 %d " % status)
    assert lines[1] == DATE.strip()
    assert lines[-2:] == [b"", b""]
    written = framing.part(body) + framing.end()
    if final and minor and request.plain:
        whole = whole_response(start, DATE, body)
        assert whole in (None, framing.head + written)
    return lines[2:-2], written, framing.keep_alive


BODY = b"abc"
IN_CHUNKS = b"3\r\nabc\r\n0\r\n\r\n"
NO: list[tuple[bytes, bytes]] = []
CL = b"content-length: %d"
TE = b"transfer-encoding: chunked"
CC = b"connection: close"
KA = b"connection: keep-alive"


@pytest.mark.parametrize(
    ("method", "minor", "status", "headers", "body", "expected"),
    [
        pytest.param("GET", 1, 200, NO, BODY, ([CL % 3], BODY, True), id="body"),
        pytest.param("GET", 1, 200, NO, b"", ([CL % 0], b"", True), id="empty"),
        pytest.param("GET", 1, 404, NO, BODY, ([CL % 3], BODY, True), id="404"),
        pytest.param("GET", 1, 200, [LENGTH_3], BODY, ([CL % 3], BODY, True), id="with length"),
        pytest.param("GET", 1, 200, [CHUNKED], BODY, ([TE], IN_CHUNKS, True), id="chunked"),
        pytest.param(
            "GET", 1, 200, [CHUNKED, LENGTH_3], BODY, ([TE], IN_CHUNKS, True), id="chunked wins"
        ),
        pytest.param("GET", 1, 200, [IDENTITY], BODY, ([CC], BODY, False), id="identity"),
        pytest.param("GET", 1, 200, [CLOSE], BODY, ([CL % 3, CC], BODY, False), id="close"),
        pytest.param("GET", 0, 200, NO, BODY, ([CL % 3, KA], BODY, True), id="1.0"),
        pytest.param("GET", 0, 200, [CHUNKED], BODY, ([CC], BODY, False), id="1.0 chunked"),
        pytest.param("GET", 0, 200, [CLOSE], BODY, ([CL % 3, CC], BODY, False), id="1.0 close"),
        pytest.param("HEAD", 1, 200, NO, BODY, ([CL % 3], b"", True), id="HEAD"),
        pytest.param("HEAD", 1, 200, NO, b"", ([], b"", True), id="HEAD empty"),
        pytest.param("HEAD", 1, 200, [LENGTH_3], b"", ([CL % 3], b"", True), id="HEAD length"),
        pytest.param("HEAD", 1, 200, [CHUNKED], b"", ([], b"", True), id="HEAD chunked"),
        pytest.param("HEAD", 0, 200, NO, b"", ([KA], b"", True), id="HEAD 1.0"),
        pytest.param("GET", 1, 204, NO, BODY, ([], b"", True), id="204"),
        pytest.param("GET", 1, 204, [LENGTH_3], b"", ([], b"", True), id="204 length"),
        pytest.param("GET", 1, 304, NO, BODY, ([], b"", True), id="304"),
        pytest.param("GET", 1, 304, [LENGTH_3], b"", ([CL % 3], b"", True), id="304 length"),
        pytest.param("GET", 0, 204, NO, b"", ([KA], b"", True), id="204 1.0"),
        pytest.param("CONNECT", 1, 200, NO, BODY, ([], BODY, False), id="CONNECT"),
        pytest.param("CONNECT", 1, 404, NO, BODY, ([CL % 3, CC], BODY, False), id="CONNECT 404"),
    ],
)
def test_a_response_that_is_all_at_hand(
    method: str,
    minor: int,
    status: int,
    headers: list[tuple[bytes, bytes]],
    body: bytes,
    expected: tuple[list[bytes], bytes, bool],
) -> None:
    assert framed(method, minor, status, headers, body, final=True) == expected


@pytest.mark.parametrize(
    ("method", "minor", "status", "headers", "body", "expected"),
    [
        pytest.param("GET", 1, 200, NO, BODY, ([TE], IN_CHUNKS, True), id="chunked"),
        pytest.param("GET", 1, 200, NO, b"", ([TE], b"0\r\n\r\n", True), id="nothing yet"),
        pytest.param("GET", 1, 200, [LENGTH_3], BODY, ([CL % 3], BODY, True), id="length"),
        pytest.param("GET", 0, 200, NO, BODY, ([CC], BODY, False), id="1.0 ends by closing"),
        pytest.param("GET", 0, 200, [LENGTH_3], BODY, ([CL % 3, KA], BODY, True), id="1.0 length"),
        pytest.param("HEAD", 1, 200, NO, BODY, ([], b"", True), id="HEAD has neither"),
        pytest.param("GET", 1, 204, NO, BODY, ([], b"", True), id="204"),
    ],
)
def test_a_response_that_is_begun(
    method: str,
    minor: int,
    status: int,
    headers: list[tuple[bytes, bytes]],
    body: bytes,
    expected: tuple[list[bytes], bytes, bool],
) -> None:
    assert framed(method, minor, status, headers, body, final=False) == expected


def test_the_applications_headers_come_before_the_framing_and_its_date_replaces_ours() -> None:
    headers = [
        (b"X-A", b"1"),
        (b"Date", b"then"),
        (b"Connection", b"Upgrade"),
        (b"x-b", b"2"),
    ]
    framing = frame(
        asked("GET"),
        response_start(200, headers),
        stamp=DATE,
        size=0,
        final=True,
        keep_alive=True,
    )
    assert framing.head == (
        b"HTTP/1.1 200 OK\r\ndate: then\r\nx-a: 1\r\nx-b: 2\r\n"
        b"content-length: 0\r\nconnection: Upgrade\r\n\r\n"
    )


def test_a_connection_that_is_not_kept_is_announced() -> None:
    framing = frame(
        asked("GET"),
        response_start(200, [(b"connection", b"keep-alive")]),
        stamp=DATE,
        size=0,
        final=True,
        keep_alive=False,
    )
    assert not framing.keep_alive
    assert framing.head.endswith(b"connection: close\r\n\r\n")


@pytest.mark.parametrize("parts", [[b"abcd"], [b"ab", b"cd"]])
def test_more_than_the_length_is_an_error(parts: list[bytes]) -> None:
    framing = frame(
        asked("GET"),
        response_start(200, [LENGTH_3]),
        stamp=DATE,
        size=2,
        final=False,
        keep_alive=True,
    )
    *before, last = parts
    for part in before:
        framing.part(part)
    with pytest.raises(RuntimeError, match="longer than Content-Length"):
        framing.part(last)


def test_less_than_the_length_is_an_error() -> None:
    framing = frame(
        asked("GET"),
        response_start(200, [LENGTH_3]),
        stamp=DATE,
        size=2,
        final=False,
        keep_alive=True,
    )
    assert framing.part(b"ab") == b"ab"
    assert framing.sent == 2
    with pytest.raises(RuntimeError, match="shorter than Content-Length"):
        framing.end()


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (204, NO, b""),
        (304, NO, b""),
        (200, [CLOSE], b""),
        (200, [CHUNKED], b""),
        (200, [(b"date", b"then")], b""),
        (200, [LENGTH_3], b"ab"),
    ],
)
def test_only_the_usual_response_goes_the_short_way(
    status: int, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    assert whole_response(response_start(status, headers), DATE, body) is None


def test_the_usual_response_goes_the_short_way() -> None:
    expected = b"HTTP/1.1 200 OK\r\ndate: now\r\na: b\r\ncontent-length: 3\r\n\r\nabc"
    for headers in ([(b"a", b"b")], [(b"a", b"b"), LENGTH_3]):
        assert whole_response(response_start(200, headers), DATE, BODY) == expected
