"""The head of a request: what is read from it, and what is refused."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gomicro.http1.faults import (
    BAD_REQUEST,
    HEADERS_TOO_LARGE,
    HTTP2_PREFACE,
    INVALID_HEADER_NAME,
    MALFORMED_HOST,
    MISSING_HOST,
    UNSUPPORTED_TRANSFER_ENCODING,
    UNSUPPORTED_VERSION,
    Fault,
    Refusal,
)
from gomicro.http1.head_memory import MOST
from gomicro.http1.head_parser import HeadParser
from gomicro.http1.request_head import CHUNKED, RequestHead
from tests.compiled import attributes

DEFAULTS: dict[str, Any] = {
    "method": "GET",
    "raw_path": b"/",
    "path": "/",
    "query": b"",
    "http_10": False,
    "headers": [(b"host", b"h")],
    "length": 0,
    "keep_alive": True,
    "expect_continue": False,
    "expect_other": False,
    "forwarded": False,
    "request_id": b"",
    "upgrade": b"",
}


def lines(*fields: bytes, line: bytes = b"GET / HTTP/1.1", host: bytes = b"Host: h") -> bytes:
    return b"\r\n".join((line, *((host,) if host else ()), *fields)) + b"\r\n\r\n"


def seen(head: RequestHead) -> dict[str, Any]:
    return {name: getattr(head, name) for name in DEFAULTS}


LINES = [
    (b"GET / HTTP/1.1", {}),
    (b"GET / HTTP/1.0", {"http_10": True, "keep_alive": False}),
    (b"GET / HTTP/1.9", {}),
    (b"HEAD /a?b HTTP/1.1", {"method": "HEAD", "raw_path": b"/a", "path": "/a", "query": b"b"}),
    (b"GET /? HTTP/1.1", {}),
    (b"GET /a?? HTTP/1.1", {"raw_path": b"/a", "path": "/a", "query": b"?"}),
    (b"GET /?%zz HTTP/1.1", {"query": b"%zz"}),
    (b"GET /?\xff HTTP/1.1", {"query": b"\xff"}),
    (b"FOO / HTTP/1.1", {"method": "FOO"}),
    (b"get / HTTP/1.1", {"method": "get"}),
    (b"GET /%67 HTTP/1.1", {"raw_path": b"/%67", "path": "/g"}),
    (b"GET /%ff HTTP/1.1", {"raw_path": b"/%ff", "path": "/\ufffd"}),
    (b"GET /\xc3\xa4 HTTP/1.1", {"raw_path": b"/\xc3\xa4", "path": "/ä"}),
    (b"GET /%2F%00 HTTP/1.1", {"raw_path": b"/%2F%00", "path": "//\0"}),
    (b"OPTIONS * HTTP/1.1", {"method": "OPTIONS", "raw_path": b"*", "path": "*"}),
    (b"GET mailto:x HTTP/1.1", {"raw_path": b"", "path": ""}),
    (
        b"GET http://a:1/p?q HTTP/1.1",
        {"raw_path": b"/p", "path": "/p", "query": b"q", "headers": [(b"host", b"a:1")]},
    ),
    (
        b"CONNECT a:1 HTTP/1.1",
        {"method": "CONNECT", "raw_path": b"", "path": "", "headers": [(b"host", b"a:1")]},
    ),
]


@pytest.mark.parametrize(("line", "differs"), LINES, ids=lambda value: ascii(value)[:40])
def test_a_request_line_is_read(line: bytes, differs: dict[str, Any]) -> None:
    assert seen(HeadParser().parse(lines(line=line))) == DEFAULTS | differs


FIELDS = [
    ([b"A: b"], {}),
    ([b"A:  b \t"], {}),
    ([b"Content-Length: 5"], {"length": 5}),
    ([b"Content-Length: 0"], {"length": 0}),
    ([b"Content-Length: 00000000000000000000005"], {"length": 5}),
    ([b"Content-Length: " + b"0" * 5000 + b"5"], {"length": 5}),
    ([b"Transfer-Encoding: Chunked"], {"length": CHUNKED}),
    ([b"Connection: close"], {"keep_alive": False}),
    ([b"Connection: x, CLOSE"], {"keep_alive": False}),
    ([b"Connection: x", b"Connection: y,\tclose"], {"keep_alive": False}),
    ([b"Connection: closed"], {}),
    ([b"Connection: x close"], {"keep_alive": False}),
    ([b"Connection: upgrade", b"Upgrade: WebSocket"], {"upgrade": b"websocket"}),
    ([b"Connection: upgrade"], {}),
    ([b"Upgrade: websocket"], {}),
    ([b"Expect: 100-continue", b"Content-Length: 1"], {"expect_continue": True, "length": 1}),
    ([b"Expect: 100-Continue", b"Content-Length: 1"], {"expect_continue": True, "length": 1}),
    ([b"Expect: 100-continue"], {}),
    ([b"Expect: x"], {"expect_other": True}),
    ([b"Expect:"], {}),
    ([b"Expect: 100-continue", b"Expect: x"], {}),
    ([b"X-Forwarded-For: 1.2.3.4"], {"forwarded": True}),
    ([b"X-Forwarded-Proto: https"], {"forwarded": True}),
    ([b"X-Request-Id: abc"], {"request_id": b"abc"}),
]


@pytest.mark.parametrize(("fields", "differs"), FIELDS, ids=lambda value: ascii(value)[:60])
def test_header_fields_are_read(fields: list[bytes], differs: dict[str, Any]) -> None:
    head = seen(HeadParser().parse(lines(*fields)))
    listed = head.pop("headers")
    given = [f.partition(b":") for f in (b"Host: h", *fields)]
    assert listed == [(name.lower(), value.strip(b" \t")) for name, _, value in given]
    assert {**head, "headers": DEFAULTS["headers"]} == DEFAULTS | differs


def test_a_length_is_dropped_where_the_body_is_chunked() -> None:
    """RFC 9112 section 6.3: an application must not be misled about the body's length."""
    head = HeadParser().parse(lines(b"Content-Length: 5", b"Transfer-Encoding: chunked"))
    assert head.length == CHUNKED
    assert head.headers == [(b"host", b"h"), (b"transfer-encoding", b"chunked")]


@pytest.mark.parametrize(
    ("fields", "differs"),
    [
        ([b"Transfer-Encoding: gzip"], {}),
        ([b"Transfer-Encoding: chunked", b"Content-Length: 3"], {"length": 3}),
        ([b"Connection: keep-alive"], {"keep_alive": True}),
        ([b"Connection: x, Keep-Alive"], {"keep_alive": True}),
        ([b"Connection: keep-alive, close"], {"keep_alive": True}),
        ([b"Expect: 100-continue", b"Content-Length: 1"], {"length": 1}),
    ],
    ids=ascii,
)
def test_http_10_differs(fields: list[bytes], differs: dict[str, Any]) -> None:
    head = seen(HeadParser().parse(lines(*fields, line=b"GET / HTTP/1.0")))
    for name, value in {"http_10": True, "keep_alive": False, "length": 0, **differs}.items():
        assert head[name] == value


CODINGS = [
    [b""],
    [b"chunked"],
    [b"chunked", b"chunked"],
    [b"chunked, chunked"],
    [b"chunked, gzip"],
    [b"gzip, chunked"],
    [b"chunked,"],
    [b"identity", b"", b"chunked"],
    [b"\xff"],
]


@pytest.mark.parametrize("length", [None, 3])
@pytest.mark.parametrize("values", CODINGS, ids=ascii)
def test_http_10_has_no_transfer_encoding(values: list[bytes], length: int | None) -> None:
    """It is ignored, whatever it says, and no application is told of it (Go)."""
    fields = [b"transfer-Encoding:  " + value for value in values]
    fields.insert(1, b"A: b")
    if length is not None:
        fields.append(b"Content-Length: %d" % length)
    head = HeadParser().parse(lines(*fields, line=b"POST / HTTP/1.0"))
    assert head.length == (length or 0)
    assert [name for name, _ in head.headers][:2] == [b"host", b"a"]
    assert b"transfer-encoding" not in dict(head.headers)


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ([b"Transfer-Encoding: chunked", b" folded"], BAD_REQUEST),
        ([b"Transfer-Encoding: chunked", b"\tfolded: a"], BAD_REQUEST),
        ([b"Transfer-Encoding: a\rb"], BAD_REQUEST),
        ([b"Transfer-Encoding: a\x00b"], BAD_REQUEST),
        ([b"Transfer-Encoding : chunked"], INVALID_HEADER_NAME),
        ([b"Transfer-Encoding: chunked", b"Content-Length: x"], BAD_REQUEST),
        ([b"Transfer-Encoding: chunked"] * 500, HEADERS_TOO_LARGE),
    ],
    ids=lambda value: str(value) if isinstance(value, Refusal) else ascii(value)[:60],
)
def test_http_10_ignores_a_field_only_if_it_is_one(fields: list[bytes], refusal: Refusal) -> None:
    with pytest.raises(Fault) as caught:
        HeadParser().parse(lines(*fields, line=b"GET / HTTP/1.0"))
    assert caught.value.refusal is refusal


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(lines(host=b"", line=b"GET / HTTP/1.0"), id="HTTP/1.0"),
        pytest.param(lines(host=b"Host:"), id="empty"),
        pytest.param(lines(host=b"", line=b"CONNECT / HTTP/1.1"), id="CONNECT"),
    ],
)
def test_a_request_may_have_no_host(head: bytes) -> None:
    assert (HeadParser().parse(head).headers or [(b"host", b"")]) == [(b"host", b"")]


@pytest.mark.parametrize(
    ("head", "refusal"),
    [
        (b"\r\n\r\n", BAD_REQUEST),
        (b"GET / HTTP/1.1\nHost: h\r\n\r\n", BAD_REQUEST),
        (b"FOO / HTTP/1.1\nHost: h\r\n\r\n", BAD_REQUEST),
        (lines(b"a: b\nc: d"), BAD_REQUEST),
        (lines(b"a: b", b" c"), BAD_REQUEST),
        (lines(b"bad"), BAD_REQUEST),
        (lines(b"a : b"), INVALID_HEADER_NAME),
        (lines(b"a\t: b"), BAD_REQUEST),
        (lines(b"a: \x00"), BAD_REQUEST),
        (lines(b"a: b\rc"), BAD_REQUEST),
        (lines(b"a: \x7f"), BAD_REQUEST),
        (lines(host=b""), MISSING_HOST),
        (lines(host=b"", line=b"GET http://h/ HTTP/1.1"), MISSING_HOST),
        (lines(b"Host: h"), BAD_REQUEST),
        (lines(b"Host: h", line=b"GET http://h/ HTTP/1.1"), BAD_REQUEST),
        (lines(host=b"Host: a b"), MALFORMED_HOST),
        (lines(host=b"Host: a/b"), MALFORMED_HOST),
        (lines(b"Transfer-Encoding: gzip"), UNSUPPORTED_TRANSFER_ENCODING),
        (lines(*[b"Transfer-Encoding: chunked"] * 2), UNSUPPORTED_TRANSFER_ENCODING),
        (lines(b"Transfer-Encoding: chunked", b"Trailer: Trailer"), BAD_REQUEST),
        (lines(b"Content-Length: 1", b"Content-Length: 2"), BAD_REQUEST),
        (lines(b"Content-Length: 1, 1"), BAD_REQUEST),
        (lines(b"Content-Length: +1"), BAD_REQUEST),
        (lines(b"Content-Length: -1"), BAD_REQUEST),
        (lines(b"Content-Length: 0x1"), BAD_REQUEST),
        (lines(b"Content-Length:"), BAD_REQUEST),
        (lines(b"Content-Length: 9223372036854775808"), BAD_REQUEST),
        (lines(b"Content-Length: " + b"9" * 4300), BAD_REQUEST),
        (lines(b"Content-Length: " + b"9" * 4301), BAD_REQUEST),
        (lines(b"Content-Length: " + b"9" * 4301, line=b"GET / HTTP/1.0"), BAD_REQUEST),
        (lines(b"Content-Length: x", b"Transfer-Encoding: chunked"), BAD_REQUEST),
        (lines(line=b"GET / HTTP/0.9"), UNSUPPORTED_VERSION),
        (lines(line=b"GET / HTTP/2.0"), UNSUPPORTED_VERSION),
        (lines(line=b"GET / HTTP/1.10"), BAD_REQUEST),
        (lines(line=b"GET /a b HTTP/1.1"), BAD_REQUEST),
        (lines(line=b"GET /%zz HTTP/1.1"), BAD_REQUEST),
        (b"PRI * HTTP/2.0\r\n\r\n", HTTP2_PREFACE),
        (lines(*[b"a: b"] * 500), HEADERS_TOO_LARGE),
    ],
    ids=lambda value: str(value) if isinstance(value, Refusal) else ascii(value)[2:60],
)
def test_a_head_is_refused_with_gos_fault(head: bytes, refusal: Refusal) -> None:
    parser = HeadParser()
    with pytest.raises(Fault) as caught:
        parser.parse(head)
    assert caught.value.refusal is refusal
    assert seen(parser.parse(lines())) == DEFAULTS


def test_equal_lengths_are_refused_where_go_takes_them() -> None:
    """The parser refuses them, and RFC 9112 section 6.3 allows it."""
    with pytest.raises(Fault) as caught:
        HeadParser().parse(lines(b"Content-Length: 5", b"Content-Length: 5"))
    assert caught.value.refusal is BAD_REQUEST


def test_a_head_that_comes_again_is_parsed_three_times() -> None:
    """Once for its lines, once more to see it come again."""
    parser = HeadParser()
    heads = [parser.parse(lines(b"A: b")) for _ in range(4)]
    assert [head.kept for head in heads] == [False, False, True, True]
    assert heads[1] is not heads[2]
    assert heads[2] is heads[3]


def test_a_head_of_lines_that_are_known_is_parsed_twice() -> None:
    parser = HeadParser()
    for line in (b"GET /a HTTP/1.1", b"GET /b HTTP/1.1"):
        parser.parse(lines(b"A: b", line=line))
    first, second, third = [parser.parse(lines(b"A: b")) for _ in range(3)]
    assert (first.kept, second.kept) == (False, True)
    assert second is third


def test_heads_that_come_once_drive_out_none_that_comes_again() -> None:
    parser = HeadParser()
    kept = [parser.parse(lines(b"A: b")) for _ in range(3)][2]
    for n in range(5000):
        parser.parse(lines(b"A: %d" % n))
    assert parser.parse(lines(b"A: b")) is kept


def sizes(parser: HeadParser) -> list[int]:
    memories = (parser._memory, parser._sections)
    return [len(heads) for memory in memories for heads in (memory.heads, memory._seen)]


def test_what_is_remembered_is_bounded() -> None:
    parser = HeadParser()
    for n in range(1000):
        for _ in range(3):
            head = parser.parse(lines(b"A: %d" % n))
            assert head.headers[-1] == (b"a", b"%d" % n)
        parser.parse(lines(b"A: %d" % n, line=b"GET /%d HTTP/1.1" % n))
    for n in range(1000):
        for _ in range(2):
            parser.parse(lines(b"B: %d" % n))
    assert max(sizes(parser)) <= MOST
    assert min(sizes(parser)) > 0


def test_a_long_head_is_not_remembered() -> None:
    parser = HeadParser()
    for _ in range(2):
        parser.parse(lines(b"A: " + b"x" * 100_000))
    assert sizes(parser) == [0] * 4


def test_a_long_request_line_is_not_remembered_with_its_fields() -> None:
    parser = HeadParser()
    for _ in range(2):
        parser.parse(lines(line=b"GET /" + b"x" * 100_000 + b" HTTP/1.1"))
    (fields,) = parser._sections.heads.values()
    assert len(repr(attributes(fields))) < 1000


MORE_LINES = [b"POST / HTTP/1.1", b"HEAD / HTTP/1.0", b"GET /b?c HTTP/1.1", b"GET / HTTP/2.0", b"x"]


@pytest.mark.parametrize("fields", [*(fields for fields, _ in FIELDS), [b"bad"]], ids=ascii)
@pytest.mark.parametrize("host", [b"Host: h", b""])
def test_fields_mean_the_same_behind_another_line_whether_remembered_or_not(
    fields: list[bytes], host: bytes
) -> None:
    def outcome(parser: HeadParser, line: bytes) -> Any:
        try:
            head = parser.parse(lines(*fields, line=line, host=host))
        except Fault as fault:
            return fault.refusal
        return {**seen(head), "plain": head.plain, "post": head.post}

    some = [line for line, _ in LINES] + MORE_LINES
    alone = {line: outcome(HeadParser(), line) for line in some}
    for first in some:
        parser = HeadParser()
        said = [outcome(parser, line) for line in (first, first, *some)]
        assert said == [alone[line] for line in (first, first, *some)]


def test_five_hundred_header_values_pass() -> None:
    assert len(HeadParser().parse(lines(*[b"a: b"] * 499)).headers) == 500


TOKEN = string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~"
SPECIAL = {
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "upgrade",
    "expect",
    "trailer",
}


def text(alphabet: str, least: int = 0) -> st.SearchStrategy[bytes]:
    return st.text(alphabet, min_size=least, max_size=12).map(str.encode)


METHODS = text(TOKEN, 1).map(bytes.decode)
PATHS = text(string.ascii_letters + string.digits + "/._~!$&'()*+,;=:@#-").map(lambda p: b"/" + p)
QUERIES = text(string.ascii_letters + "?%/[]{}&=#")
NAMES = text(TOKEN, 1).filter(lambda name: name.lower().decode() not in SPECIAL)
VALUES = st.binary(max_size=12).map(
    lambda value: bytes(b for b in value if b == 9 or 32 <= b < 127 or b > 127).strip(b" \t")
)
PARSER = HeadParser()


@given(METHODS, PATHS, QUERIES, st.lists(st.tuples(NAMES, VALUES), max_size=5))
def test_what_a_valid_head_says_is_what_is_read(
    method: str, path: bytes, query: bytes, fields: list[tuple[bytes, bytes]]
) -> None:
    target = path + (b"?" + query if query else b"")
    head = PARSER.parse(
        b"%b %b HTTP/1.1\r\n%bhost:h\r\n\r\n"
        % (method.encode(), target, b"".join(b"%b: %b\r\n" % field for field in fields))
    )
    assert (head.method, head.raw_path, head.path, head.query) == (
        method,
        path,
        path.decode(),
        query,
    )
    assert head.headers == [(n.lower(), v) for n, v in fields] + [(b"host", b"h")]
    assert (head.length, head.keep_alive, head.http_10) == (0, True, False)


BITS = st.sampled_from(
    [
        b"GET / HTTP/1.1\r\n",
        b"POST http://h/%2 HTTP/1.0\r\n",
        b"Host: h\r\n",
        b"Host: h\r\n",
        b"Content-Length: 5\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Connection: upgrade, close\r\n",
        b"Upgrade: websocket\r\n",
        b"Expect: 100-continue\r\n",
        b" folded\r\n",
        b"a: b\n",
        b"\x00",
        b"\r",
        b":",
    ]
)


@given(st.one_of(st.binary(), st.lists(st.one_of(BITS, st.binary(max_size=3))).map(b"".join)))
def test_any_bytes_are_a_head_or_a_fault_and_leave_nothing_behind(data: bytes) -> None:
    whole = data.rstrip(b"\r\n") + b"\r\n\r\n"
    whole = whole[: whole.index(b"\r\n\r\n") + 4]
    try:
        head = PARSER.parse(whole)
    except Fault:
        pass
    else:
        assert head.length >= CHUNKED
        assert all(name == name.lower() for name, _ in head.headers)
    assert seen(PARSER.parse(lines())) == DEFAULTS
