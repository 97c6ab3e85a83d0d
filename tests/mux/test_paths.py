"""Paths on the wire, read as Go's net/url and path packages read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gomicro.mux.paths import clean_path, escape, escaped, split, strip_port, unescape

PIECES = st.lists(st.sampled_from([b"a", b"b%2F", b"", b".", b"..", b".hidden", b"%2e"]))


@pytest.mark.parametrize(
    ("path", "clean"),
    [
        (b"", b"/"),
        (b"/", b"/"),
        (b"//", b"/"),
        (b"/x", b"/x"),
        (b"/x/", b"/x/"),
        (b"//x", b"/x"),
        (b"x", b"/x"),
        (b"x//", b"/x/"),
        (b"a//b/////c", b"/a/b/c"),
        (b"/foo/../bar/./..//baz", b"/baz"),
        (b"/a/.", b"/a"),
        (b"/a/./", b"/a/"),
        (b"/a/b/..", b"/a"),
        (b"/a/b/../", b"/a/"),
        (b"/..", b"/"),
        (b"/../../a", b"/a"),
        (b"/.hidden/..x/...", b"/.hidden/..x/..."),
        (b"/%2e%2e/a%2F%2Fb", b"/%2e%2e/a%2F%2Fb"),
        (b"\n//", b"/\n/"),
    ],
)
def test_clean_path(path: bytes, clean: bytes) -> None:
    assert clean_path(path) == clean


@given(PIECES)
def test_a_clean_path_stays_as_it_is(pieces: list[bytes]) -> None:
    clean = clean_path(b"/".join(pieces))
    assert clean_path(clean) == clean
    assert clean.startswith(b"/")
    assert not {b"", b".", b".."} & set(clean.split(b"/")[1:-1])


@pytest.mark.parametrize(
    ("path", "segments"),
    [
        (b"", []),
        (b"/", [b"/"]),
        (b"/a", [b"a"]),
        (b"/a/b/c", [b"a", b"b", b"c"]),
        (b"/a/b/", [b"a", b"b", b"/"]),
        (b"/a/%62/c", [b"a", b"b", b"c"]),
        (b"/a%2Fb%2fc", [b"a/b/c"]),
        (b"/a/%2F", [b"a", b"/"]),
        (b"/%zz/%6", [b"%zz", b"%6"]),
        (b"//a", [b"", b"a"]),
    ],
)
def test_split(path: bytes, segments: list[bytes]) -> None:
    assert split(path) == segments


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"/a%2Fb", b"/a%2Fb"),
        (b"/a%2fb!$&'()*+,;=:@[]~", b"/a%2fb!$&'()*+,;=:@[]~"),
        (b"/<a>", b"/%3Ca%3E"),
        (b"/%41<", b"/A%3C"),
        (b"/caf\xc3\xa9!", b"/caf%C3%A9%21"),
        (b"/a#b", b"/a%23b"),
        (b"*", b"*"),
        (b"", b""),
    ],
)
def test_a_path_with_bytes_that_may_not_stand_in_it_is_encoded_anew(
    raw: bytes, path: bytes
) -> None:
    assert escaped(raw) == path


@given(st.binary())
def test_escaping_is_undone_by_unescaping(path: bytes) -> None:
    assert unescape(escape(path)) == path
    assert escaped(escape(path)) == escape(path)


@pytest.mark.parametrize("text", [b"%", b"%4", b"%zz", b"%41%zz", b"100%"])
def test_a_malformed_encoding_is_left_alone(text: bytes) -> None:
    assert unescape(text) == text


@pytest.mark.parametrize(
    ("host", "name"),
    [
        (b"", b""),
        (b"example.com", b"example.com"),
        (b"example.com:8080", b"example.com"),
        (b"example.com:", b"example.com"),
        (b":80", b""),
        (b"[::1]:80", b"::1"),
        (b"[::1]:", b"::1"),
        (b"[::1]", b"[::1]"),
        (b"::1", b"::1"),
        (b"a:b:c", b"a:b:c"),
        (b"[::1", b"[::1"),
        (b"[a]b:1", b"[a]b:1"),
        (b"[a]:1:2", b"[a]:1:2"),
        (b"a[b:1", b"a[b:1"),
        (b"a:1]", b"a:1]"),
        (b"[a[b]:1", b"[a[b]:1"),
    ],
)
def test_strip_port(host: bytes, name: bytes) -> None:
    assert strip_port(host) == name
