"""The head of a response: what an application may put in it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gomicro.http1 import response_head
from gomicro.http1.response_head import response_start
from tests.compiled import attributes

GOS_OWN = {
    413: "Request Entity Too Large",
    414: "Request URI Too Long",
    416: "Requested Range Not Satisfiable",
    418: "I'm a teapot",
    422: "Unprocessable Entity",
}
"""What http.StatusText says where Python 3.11 or 3.13 says something else."""


@pytest.mark.parametrize("status", [status for status in HTTPStatus if status >= 200])
def test_a_known_status_has_gos_phrase_on_each_python(status: HTTPStatus) -> None:
    line = f"HTTP/1.1 {status.value} {GOS_OWN.get(status, status.phrase)}\r\n".encode()
    assert response_start(status, []).line == line


@pytest.mark.parametrize("status", [299, 499, 599, 600, 999])
def test_an_unknown_status_has_no_phrase(status: int) -> None:
    assert response_start(status, []).line == b"HTTP/1.1 %d \r\n" % status


@pytest.mark.parametrize(
    "status", [0, 99, 100, 101, 103, 199, 1000, -200, "200", None, [200], 200.5]
)
def test_what_is_no_status_of_a_response_is_refused(status: Any) -> None:
    with pytest.raises(RuntimeError, match=r"the status of a response is from 200 to 999, not"):
        response_start(status, [])


@pytest.mark.parametrize("status", [204, 304])
def test_a_response_without_a_body_is_not_the_usual_one(status: int) -> None:
    assert not response_start(status, []).usual


@pytest.mark.parametrize(
    ("value", "endless"),
    [
        (b"text/event-stream", True),
        (b"text/event-stream; charset=utf-8", True),
        (b"text/plain", False),
    ],
)
def test_a_stream_of_events_is_known_by_its_type(value: bytes, endless: bool) -> None:
    for _ in range(2):
        assert response_start(200, [(b"Content-Type", value)]).event_stream is endless


def test_a_status_is_an_integer_from_then_on() -> None:
    start = response_start(HTTPStatus.IM_A_TEAPOT, [])
    assert type(start.status) is int
    assert response_start(418, []) is start
    assert start.usual


def said(headers: Any) -> dict[str, Any]:
    return attributes(response_start(200, headers))


NOTHING = said([])


@pytest.mark.parametrize(
    ("headers", "differs"),
    [
        ([], {}),
        ([(b"X-A", b"b")], {"block": b"x-a: b\r\n"}),
        ([(b"a", b""), (b"a", b"\t\xff")], {"block": b"a: \r\na: \t\xff\r\n"}),
        ([(b"Content-Length", b"12")], {"length": 12}),
        ([(b"transfer-encoding", b"chunked")], {"chunked": True, "usual": False}),
        ([(b"transfer-encoding", b"Identity")], {"identity": True, "usual": False}),
        ([(b"connection", b"x, Close")], {"close": True, "usual": False}),
        ([(b"connection", b"x")], {"connection": b"x", "usual": False}),
        ([(b"Date", b"then")], {"date": b"date: then\r\n", "usual": False}),
    ],
)
def test_headers_are_lines_or_framing(
    headers: list[tuple[bytes, bytes]], differs: dict[str, Any]
) -> None:
    expected = NOTHING | differs
    assert said(headers) == expected
    assert said(headers) == expected, "a second time"


def test_pairs_may_be_lists_and_headers_any_iterable() -> None:
    assert said([[b"a", bytearray(b"b")]])["block"] == b"a: b\r\n"
    assert said((name, b"b") for name in [b"a"])["block"] == b"a: b\r\n"


@pytest.mark.parametrize("name", [b"", b"a b", b"a:", b"a\r\n", b"\xc3", b"a\n"])
def test_a_bad_name_is_refused(name: bytes) -> None:
    for _ in range(2):
        with pytest.raises(RuntimeError, match=r"Invalid HTTP header name\."):
            response_start(200, [(name, b"b")])


@pytest.mark.parametrize("value", [b"a\r\nb: c", b"a\n", b"\x00", b"\x7f", b"a\rb"])
def test_a_bad_value_is_refused(value: bytes) -> None:
    for name in (b"a", b"connection", b"date"):
        with pytest.raises(RuntimeError, match=r"Invalid HTTP header value\."):
            response_start(200, [(name, value)])


@pytest.mark.parametrize("value", [b"", b"-1", b"+1", b"1, 1", b"x"])
def test_a_bad_content_length_is_refused(value: bytes) -> None:
    for _ in range(2):
        with pytest.raises(RuntimeError, match=r"Invalid Content-Length\."):
            response_start(200, [(b"content-length", value)])


@pytest.mark.parametrize("headers", [[("a", b"b")], [(b"a", "b")], [(b"a",)], [b"a"], 5])
def test_what_is_no_header_is_an_error(headers: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        response_start(200, headers)


def test_what_is_remembered_is_bounded() -> None:
    before = response_start(200, [(b"a", b"b")])
    for n in range(5000):
        response_start(200, [(b"n", b"%d" % n)])
    response_start(200, [(b"long", b"x" * 100_000)])
    memories = [value for value in vars(response_head).values() if isinstance(value, dict)]
    sizes = [len(memory) for memory in memories if any(isinstance(key, tuple) for key in memory)]
    assert sizes
    assert max(sizes) <= 2048
    assert response_start(200, [(b"a", b"b")]).block == before.block


@given(st.lists(st.tuples(st.binary(max_size=5), st.binary(max_size=5)), max_size=4))
def test_no_header_can_be_two(headers: list[tuple[bytes, bytes]]) -> None:
    try:
        start = response_start(200, headers)
    except RuntimeError:
        return
    lines = start.block.split(b"\r\n")
    assert lines.pop() == b""
    assert len(lines) <= len(headers)
    assert all(b"\r" not in line and b"\n" not in line for line in lines)
