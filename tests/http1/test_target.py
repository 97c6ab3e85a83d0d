"""Request targets against Go: the expectations were recorded from `http.ReadRequest` (Go 1.27)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gomicro.http1.faults import BAD_REQUEST, Fault
from gomicro.http1.target import Target, parse_target

Expected = tuple[str, bytes, tuple[bytes, bytes, bytes | None]]

TAKEN: list[Expected] = [
    ("GET", b"/", (b"/", b"", None)),
    ("GET", b"/a/b?c=d", (b"/a/b", b"c=d", None)),
    ("GET", b"/a?b?c", (b"/a", b"b?c", None)),
    ("GET", b"/?", (b"/", b"", None)),
    ("GET", b"/a%20b", (b"/a%20b", b"", None)),
    ("GET", b"/a?%zz", (b"/a", b"%zz", None)),
    ("GET", b"/a#f", (b"/a#f", b"", None)),
    ("GET", b"//h/p", (b"//h/p", b"", None)),
    ("GET", b"///p", (b"///p", b"", None)),
    ("GET", b"/\x80", (b"/\x80", b"", None)),
    ("GET", b"*", (b"*", b"", None)),
    ("OPTIONS", b"*", (b"*", b"", None)),
    ("GET", b"host:80", (b"", b"", None)),
    ("GET", b"mailto:x@y", (b"", b"", None)),
    ("GET", b"http:goodbye", (b"", b"", None)),
    ("GET", b"http:goodbye?q", (b"", b"q", None)),
    ("GET", b"http:", (b"", b"", None)),
    ("GET", b"http:?q", (b"", b"q", None)),
    ("GET", b"http:/p", (b"/p", b"", None)),
    ("GET", b"http:/p?q", (b"/p", b"q", None)),
    ("GET", b"HTTP://H/p", (b"/p", b"", b"H")),
    ("GET", b"http://h", (b"", b"", b"h")),
    ("GET", b"http://h?q=1", (b"", b"q=1", b"h")),
    ("GET", b"http://h/p?q", (b"/p", b"q", b"h")),
    ("GET", b"http://h:80/p", (b"/p", b"", b"h:80")),
    ("GET", b"http://h:/p", (b"/p", b"", b"h:")),
    ("GET", b"ftp://h:1:2/p", (b"/p", b"", b"h:1:2")),
    ("GET", b"http:///p", (b"/p", b"", None)),
    ("GET", b"http://", (b"", b"", None)),
    ("GET", b"http://u:p@h/p", (b"/p", b"", b"h")),
    ("GET", b"http://u@v@h/p", (b"/p", b"", b"h")),
    ("GET", b"http://u%20@h/p", (b"/p", b"", b"h")),
    ("GET", b"http://@h/p", (b"/p", b"", b"h")),
    ("GET", b"http://[::1]/p", (b"/p", b"", b"[::1]")),
    ("GET", b"http://[::1]:80/p", (b"/p", b"", b"[::1]:80")),
    ("GET", b"http://[::ffff:1.2.3.4]/p", (b"/p", b"", b"[::ffff:1.2.3.4]")),
    ("GET", b"http://h\x80/p", (b"/p", b"", b"h\x80")),
    ("GET", b"http://h<>/p", (b"/p", b"", b"h<>")),
    ("GET", b'http://h"/p', (b"/p", b"", b'h"')),
    ("GET", b"http://h/a?%zz", (b"/a", b"%zz", b"h")),
    ("GET", b"a+b.c-d:/p", (b"/p", b"", None)),
    ("CONNECT", b"h:443", (b"", b"", b"h:443")),
    ("CONNECT", b"h", (b"", b"", b"h")),
    ("CONNECT", b"/p", (b"/p", b"", None)),
    ("CONNECT", b"[::1]:443", (b"", b"", b"[::1]:443")),
    ("CONNECT", b"h:443/p?q", (b"/p", b"q", b"h:443")),
    ("CONNECT", b"http://h/p", (b"//h/p", b"", b"http:")),
    ("CONNECT", b"?q", (b"", b"q", None)),
    ("CONNECT", b"u@h:1", (b"", b"", b"h:1")),
]

TAKEN_AS_THEY_CAME: list[Expected] = [
    # Go decodes these hosts: [fe80::1%en0], h\xc3, h%.
    ("GET", b"http://[fe80::1%25en0]/p", (b"/p", b"", b"[fe80::1%25en0]")),
    ("GET", b"http://h%c3/p", (b"/p", b"", b"h%c3")),
    ("GET", b"http://h%25/p", (b"/p", b"", b"h%25")),
]

REFUSED = [
    ("GET", b""),
    ("GET", b"/a%2"),
    ("GET", b"/a%zz"),
    ("GET", b"/a\x7f"),
    ("GET", b"/a\x01"),
    ("GET", b"/a b"),
    ("GET", b"*?"),
    ("GET", b"a"),
    ("GET", b"?a"),
    ("GET", b"#"),
    ("GET", b"%2f"),
    ("GET", b":80"),
    ("GET", b"1a:b"),
    ("GET", b"a_b:/p"),
    ("GET", b"://h/p"),
    ("GET", b"http://h:8a/p"),
    ("GET", b"http://h:1:2/p"),
    ("GET", b"ftp://h:1:a/p"),
    ("GET", b"http://u%zz@h/p"),
    ("GET", b'http://u"@h/p'),
    ("GET", b"http://[::1]80/p"),
    ("GET", b"http://[::1]:a/p"),
    ("GET", b"http://[::1/p"),
    ("GET", b"http://::1]/p"),
    ("GET", b"http://[h]/p"),
    ("GET", b"http://[1.2.3.4]/p"),
    ("GET", b"http://[]/p"),
    ("GET", b"http://[\x80]/p"),
    ("GET", b"http://[fe80::1%25]/p"),
    ("GET", b"http://[fe80::1%en0]/p"),
    ("GET", b"http://[::1%zz]/p"),
    ("GET", b"http://a[::1]/p"),
    ("GET", b"http://[[::1]]/p"),
    ("GET", b"http://h%20/p"),
    ("GET", b"http://h%41/p"),
    ("GET", b"http://h%zz/p"),
    ("GET", b"http://h`/p"),
    ("GET", b"http://h{/p"),
    ("GET", b"http://h^/p"),
    ("GET", b"http://h#f/p"),
    ("GET", b"http://h/%zz"),
    ("CONNECT", b"h:a"),
]

MORE_STRICT_THAN_GO = [
    # Go takes percent-encoded ASCII in a zone.
    ("GET", b"http://[fe80::1%25e%20n]/p"),
    ("GET", b"http://[fe80::1%25e%41n]/p"),
]


def readable(value: object) -> str | None:
    return ascii(value)[2:-1] or "empty" if isinstance(value, bytes) else None


@pytest.mark.parametrize(("method", "target", "expected"), TAKEN + TAKEN_AS_THEY_CAME, ids=readable)
def test_a_target_that_go_takes(
    method: str, target: bytes, expected: tuple[bytes, bytes, bytes | None]
) -> None:
    assert parse_target(method, target) == Target(*expected)


@pytest.mark.parametrize(("method", "target"), REFUSED + MORE_STRICT_THAN_GO, ids=readable)
def test_a_target_that_is_refused(method: str, target: bytes) -> None:
    with pytest.raises(Fault) as caught:
        parse_target(method, target)
    assert caught.value.refusal is BAD_REQUEST


@given(
    st.sampled_from(["GET", "CONNECT"]),
    st.one_of(st.binary(), st.text("[]:@/%25aAfF*?#\x80\x7f h", max_size=20).map(str.encode)),
)
def test_any_target_is_taken_whole_or_refused(method: str, target: bytes) -> None:
    try:
        path, query, host = parse_target(method, target)
    except Fault:
        return
    assert path in target
    assert query in target
    assert host is None or (host and host in target)
    assert not path or path == b"*" or path.startswith(b"/")
