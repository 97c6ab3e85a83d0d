"""Matching by the tree alone: precedence, wildcard values, and what a step costs."""

from __future__ import annotations

import pytest
from starlette.types import Receive, Scope, Send

from gomicro.mux.paths import split
from gomicro.mux.pattern import parse_pattern
from gomicro.mux.routing_tree import Route, RoutingTree
from tests.work import calls


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("nothing is served here")


def tree_of(*patterns: str) -> RoutingTree:
    tree = RoutingTree()
    for pattern in patterns:
        tree.add(Route(parse_pattern(pattern), app))
    return tree


def match(tree: RoutingTree, method: str, host: str, path: str) -> tuple[str, dict[str, str]]:
    """Return the pattern that matched, or nothing, and the wildcards' values."""
    raw = path.encode()
    segments = split(raw)
    route = tree.match(host.encode(), method, segments)
    return ("", {}) if route is None else (route.pattern.text, route.values(raw, segments))


LETTERS = (
    "/a",
    "/a/b",
    "/a/{x}",
    "/g/h/i",
    "/g/{x}/j",
    "/a/b/{x...}",
    "/a/b/{y}",
    "/a/b/{$}",
)
ITEMS = (
    "/item/",
    "POST /item/{user}",
    "GET /item/{user}",
    "/item/{user}",
    "/item/{user}/{id}",
    "/item/{user}/new",
    "/item/{$}",
    "POST alt.com/item/{user}",
    "GET /headwins",
    "HEAD /headwins",
    "/path/{p...}",
)
ENDS = ("/a/b/{$}", "/a/b/{w}", "/a/b/{r...}")


@pytest.mark.parametrize(
    ("patterns", "request_", "pattern", "values"),
    [
        (LETTERS, "GET /a", "/a", {}),
        (LETTERS, "Get /b", "", {}),
        (LETTERS, "Get /a/b", "/a/b", {}),
        (LETTERS, "Get /a/c", "/a/{x}", {"x": "c"}),
        (LETTERS, "Get /a/b/", "/a/b/{$}", {}),
        (LETTERS, "Get /a/b/c", "/a/b/{y}", {"y": "c"}),
        (LETTERS, "Get /a/b/c/d", "/a/b/{x...}", {"x": "c/d"}),
        (LETTERS, "Get /g/h/i", "/g/h/i", {}),
        (LETTERS, "Get /g/h/j", "/g/{x}/j", {"x": "h"}),
        (ITEMS, "GET /item/jba", "GET /item/{user}", {"user": "jba"}),
        (ITEMS, "POST /item/jba", "POST /item/{user}", {"user": "jba"}),
        (ITEMS, "HEAD /item/jba", "GET /item/{user}", {"user": "jba"}),
        (ITEMS, "get /item/jba", "/item/{user}", {"user": "jba"}),
        (ITEMS, "POST /item/jba/17", "/item/{user}/{id}", {"user": "jba", "id": "17"}),
        (ITEMS, "GET /item/jba/new", "/item/{user}/new", {"user": "jba"}),
        (ITEMS, "GET /item/", "/item/{$}", {}),
        (ITEMS, "GET /item/jba/17/line2", "/item/", {}),
        (ITEMS, "POST alt.com/item/jba", "POST alt.com/item/{user}", {"user": "jba"}),
        (ITEMS, "GET alt.com/item/jba", "GET /item/{user}", {"user": "jba"}),
        (ITEMS, "GET /item", "", {}),
        (ITEMS, "GET /headwins", "GET /headwins", {}),
        (ITEMS, "HEAD /headwins", "HEAD /headwins", {}),
        (ITEMS, "GET /path/to/file", "/path/{p...}", {"p": "to/file"}),
        (ITEMS, "GET /path/*", "/path/{p...}", {"p": "*"}),
        (ENDS[:1], "GET /a/b", "", {}),
        (ENDS[:1], "GET /a/b/", "/a/b/{$}", {}),
        (ENDS[:1], "GET /a/b/c", "", {}),
        (ENDS[1:2], "GET /a/b", "", {}),
        (ENDS[1:2], "GET /a/b/", "", {}),
        (ENDS[1:2], "GET /a/b/c", "/a/b/{w}", {"w": "c"}),
        (ENDS[1:2], "GET /a/b/c/d", "", {}),
        (ENDS[2:], "GET /a/b", "", {}),
        (ENDS[2:], "GET /a/b/", "/a/b/{r...}", {"r": ""}),
        (ENDS[2:], "GET /a/b/c/", "/a/b/{r...}", {"r": "c/"}),
        (ENDS, "GET /a/b/", "/a/b/{$}", {}),
        (ENDS, "GET /a/b/c", "/a/b/{w}", {"w": "c"}),
        (ENDS, "GET /a/b/c/d", "/a/b/{r...}", {"r": "c/d"}),
        (("/{a}/is/{b}/{c...}",), "GET /now/is/the/x/y", "/{a}/is/{b}/{c...}", None),
        (("/n/{a}/{r...}",), "GET /n/%2fjohn/x", "/n/{a}/{r...}", {"a": "/john", "r": "x"}),
        (("/n/{a}/{r...}",), "GET /n/a%2Fb/t/is%2F/m", "/n/{a}/{r...}", None),
        (("/n/{a}",), "GET /n/%2F", "", {}),
        (("/n/{$}",), "GET /n/%2F", "/n/{$}", {}),
        (("/n/{a}",), "GET /n/%ff", "/n/{a}", {"a": "\ufffd"}),
        (("/%ff",), "GET /%FF", "/%ff", {}),
        (("/\ufffd",), "GET /%FF", "", {}),
        (("/é",), "GET /%C3%A9", "/é", {}),
        (("//a",), "GET /x/a", "", {}),
        (("//a", "/{x}/a"), "CONNECT //a", "//a", {}),
        (("/",), "GET ", "", {}),
    ],
)
def test_match(
    patterns: tuple[str, ...], request_: str, pattern: str, values: dict[str, str] | None
) -> None:
    method, _, target = request_.partition(" ")
    host, slash, path = target.partition("/")
    found = match(tree_of(*patterns), method, host, slash + path)
    assert found[0] == pattern
    if values is not None:
        assert found[1] == values


@pytest.mark.parametrize(
    ("pattern", "path", "values"),
    [
        (
            "/{a}/is/{b}/{c...}",
            "/now/is/the/time/for/all",
            {"a": "now", "b": "the", "c": "time/for/all"},
        ),
        (
            "/names/{name}/{other...}",
            "/names/john%2Fdoe/there/is%2F/more",
            {"name": "john/doe", "other": "there/is//more"},
        ),
    ],
)
def test_values_are_unescaped_after_the_path_is_split(
    pattern: str, path: str, values: dict[str, str]
) -> None:
    assert match(tree_of(pattern), "GET", "", path) == (pattern, values)


@pytest.mark.parametrize(
    ("patterns", "host", "path", "methods"),
    [
        (("POST /",), "", "/foo", {"POST"}),
        (("GET /",), "", "/foo", {"GET", "HEAD"}),
        (("GET a.com/", "PUT b.com/", "POST /foo/{x}"), "", "/foo", set()),
        (("GET a.com/", "PUT b.com/", "POST /foo/{x}"), "", "/foo/bar", {"POST"}),
        (
            ("GET a.com/", "PUT b.com/", "POST /foo/{x}"),
            "a.com",
            "/foo/bar",
            {"GET", "HEAD", "POST"},
        ),
        (("GET a.com/", "PUT b.com/", "POST /foo/{x}"), "b.com", "/bar", {"PUT"}),
        (("/",), "", "/", set()),
    ],
)
def test_allowed(patterns: tuple[str, ...], host: str, path: str, methods: set[str]) -> None:
    assert tree_of(*patterns).allowed(host.encode(), split(path.encode())) == methods


@pytest.mark.parametrize(
    ("pattern", "path", "exact"),
    [
        ("/", "/a", False),
        ("/", "/", True),
        ("/a", "/a", True),
        ("/a/{x...}", "/a/b", False),
        ("/a/{x...}", "/a/b/", False),
        ("/a/{x}", "/a/b", True),
        ("/a/b/", "/a/b/", True),
        ("/a/b/{$}", "/a/b/", True),
        ("/a/", "/a/b/", False),
        ("/a/", "/a/%2F", False),
    ],
)
def test_exact(pattern: str, path: str, exact: bool) -> None:
    route = Route(parse_pattern(pattern), app)
    assert route.exact(path.encode(), split(path.encode())) is exact


@pytest.mark.parametrize(
    "shape", ["/group{}/{{name}}", "/items/{}", "GET /{{x}}/kind{}", "host{}/", "/{{x}}/dir{}/"]
)
def test_a_match_takes_the_same_steps_among_ten_thousand_patterns_as_alone(shape: str) -> None:
    few, many = tree_of("/items/{name}"), tree_of("/items/{name}")
    for number in range(10_000):
        route = Route(parse_pattern(shape.format(number)), app)
        if number == 0:
            few.add(route)
        many.add(route)
    segments = [b"items", b"42x"]
    assert calls(lambda: many.match(b"h", "GET", segments)) == calls(
        lambda: few.match(b"h", "GET", segments)
    )


def test_a_pattern_may_have_more_segments_than_python_has_frames() -> None:
    long = "/a" * 5000
    tree = tree_of(long + "/{x}", "/{y...}")
    assert match(tree, "GET", "", long + "/b") == (long + "/{x}", {"x": "b"})
    assert match(tree, "GET", "", long)[0] == "/{y...}"
