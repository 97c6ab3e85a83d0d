"""The syntax of patterns, as documented for Go's ServeMux."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gomicro.errors import PatternError
from gomicro.mux.pattern import DOLLAR, Segment, parse_pattern, quoted

SLASH = Segment("", wild=True, multi=True)


def lit(text: str) -> Segment:
    return Segment(text)


def wild(name: str) -> Segment:
    return Segment(name, wild=True)


def multi(name: str) -> Segment:
    return Segment(name, wild=True, multi=True)


@pytest.mark.parametrize(
    ("text", "method", "host", "segments"),
    [
        ("/", "", "", (SLASH,)),
        ("/a", "", "", (lit("a"),)),
        ("/a/", "", "", (lit("a"), SLASH)),
        ("/path/to/something", "", "", (lit("path"), lit("to"), lit("something"))),
        ("/{w1}/lit/{w2}", "", "", (wild("w1"), lit("lit"), wild("w2"))),
        ("/{w1}/lit/{w2}/", "", "", (wild("w1"), lit("lit"), wild("w2"), SLASH)),
        ("example.com/", "", "example.com", (SLASH,)),
        ("GET /", "GET", "", (SLASH,)),
        ("POST example.com/foo/{w}", "POST", "example.com", (lit("foo"), wild("w"))),
        ("/{$}", "", "", (DOLLAR,)),
        ("DELETE h/a/{foo12}/{$}", "DELETE", "h", (lit("a"), wild("foo12"), DOLLAR)),
        ("/{a}/foo/{rest...}", "", "", (wild("a"), lit("foo"), multi("rest"))),
        ("//", "", "", (lit(""), SLASH)),
        (
            "/foo///./../bar",
            "",
            "",
            (lit("foo"), lit(""), lit(""), lit("."), lit(".."), lit("bar")),
        ),
        ("a.com/foo//", "", "a.com", (lit("foo"), lit(""), SLASH)),
        ("CONNECT //a", "CONNECT", "", (lit(""), lit("a"))),
        ("/%61%62/%7b/%", "", "", (lit("ab"), lit("{"), lit("%"))),
        ("/%ff", "", "", (lit("\udcff"),)),
        ("GET\t  /", "GET", "", (SLASH,)),
        ("POST \t  h/foo/{w}", "POST", "h", (lit("foo"), wild("w"))),
        (" /a", "", "", (lit("a"),)),
        ("/{é_9}", "", "", (wild("é_9"),)),
        ("h:80/", "", "h:80", (SLASH,)),
    ],
)
def test_parse(text: str, method: str, host: str, segments: tuple[Segment, ...]) -> None:
    pattern = parse_pattern(text)
    assert (pattern.method, pattern.host, pattern.segments) == (method, host, segments)
    assert str(pattern) == text


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "empty pattern"),
        ("A=B /", 'at offset 0: invalid method "A=B"'),
        (" ", "at offset 1: host/path missing /"),
        ("GET", "at offset 0: host/path missing /"),
        ("GET host", "at offset 4: host/path missing /"),
        ("/{w}x", "at offset 1: bad wildcard segment (must end with '}')"),
        ("/x{w}", "at offset 1: bad wildcard segment (must start with '{')"),
        ("/{wx", "at offset 1: bad wildcard segment (must end with '}')"),
        ("/a/{/}/c", "at offset 3: bad wildcard segment (must end with '}')"),
        ("/a/{%61}/c", 'at offset 3: bad wildcard name "%61"'),
        ("/{a$}", 'at offset 1: bad wildcard name "a$"'),
        ("/{1a}", 'at offset 1: bad wildcard name "1a"'),
        ("/{a b}", 'at offset 0: invalid method "/{a"'),
        ("/{}", "at offset 1: empty wildcard"),
        ("POST a.com/x/{}/y", "at offset 13: empty wildcard"),
        ("/{...}", "at offset 1: empty wildcard"),
        ("/{$...}", 'at offset 1: bad wildcard name "$"'),
        ("/{$}/", "at offset 1: {$} not at end"),
        ("/{$}/x", "at offset 1: {$} not at end"),
        ("/abc/{$}/x", "at offset 5: {$} not at end"),
        ("/{a...}/", "at offset 1: {...} wildcard not at end"),
        ("/{a...}/x", "at offset 1: {...} wildcard not at end"),
        ("{a}/b", "at offset 0: host contains '{' (missing initial '/'?)"),
        ("GET a{b/c", "at offset 5: host contains '{' (missing initial '/'?)"),
        ("/a/{x}/b/{x...}", 'at offset 9: duplicate wildcard name "x"'),
        ("GET //", "at offset 4: non-CONNECT pattern with unclean path can never match"),
        ("POST /a/../b", "at offset 5: non-CONNECT pattern with unclean path can never match"),
        ("/a\ud800", "at offset 2: no UTF-8 for this character"),
    ],
)
def test_a_malformed_pattern_is_refused_with_the_place_of_its_fault(text: str, fault: str) -> None:
    with pytest.raises(PatternError) as refusal:
        parse_pattern(text)
    assert str(refusal.value) == f"parsing {quoted(text)}: {fault}"


def test_a_refusal_prints_whatever_the_pattern_holds() -> None:
    assert quoted('a"\n\ud800é') == '"a\\"\\n\\ud800é"'


@given(st.text(st.sampled_from("/{}.$aé% \tGET=\ud800"), max_size=12))
def test_any_text_parses_or_is_refused(text: str) -> None:
    pattern = None
    with suppress(PatternError):
        pattern = parse_pattern(text)
    if pattern is not None:
        assert pattern.text == text
        assert pattern.segments
        assert not any(segment.multi for segment in pattern.segments[:-1])
