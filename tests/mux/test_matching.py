"""Matching and conflicts against a slow, obvious definition of both.

The definition knows only which requests of a small world a pattern matches. A pattern is more
specific than another if it matches a part of the other's requests, and two patterns conflict if
they share requests and neither is more specific.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from itertools import product
from urllib.parse import quote, unquote

from hypothesis import given
from hypothesis import strategies as st
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gomicro.errors import PatternConflictError
from gomicro.mux import ServeMux
from gomicro.mux.conflict import common_path, difference_path
from gomicro.mux.pattern import parse_pattern
from gomicro.mux.relationship import Relationship, compare_paths, conflicts

METHODS = ("GET", "HEAD", "POST", "PUT")
PATHS = tuple(
    "".join(f"/{segment}" for segment in segments) + end
    for size in range(5)
    for segments in product("abc", repeat=size)
    for end in ("", "/")
    if segments or end
)

pieces = st.lists(st.sampled_from(["/a", "/b", "/{}"]), max_size=3)
ends = st.sampled_from(["", "/", "/{$}", "/{rest...}"])


@st.composite
def patterns(draw: st.DrawFn) -> str:
    path = "".join(
        f"/{{x{i}}}" if piece == "/{}" else piece for i, piece in enumerate(draw(pieces))
    )
    method = draw(st.sampled_from(["", "", "GET ", "HEAD ", "POST "]))
    return method + draw(st.sampled_from(["", "", "h1"])) + (path + draw(ends) or "/")


def parts(pattern: str) -> tuple[str, str, str]:
    """Return method, host and path of a pattern."""
    method, _, rest = pattern.rpartition(" ")
    host, slash, path = rest.partition("/")
    return method, host, slash + path


@cache
def values(pattern: str, path: str) -> dict[str, str] | None:
    """Return the wildcards' values if the path of a pattern matches, else None."""
    wanted, given_ = parts(pattern)[2].split("/")[1:], path.split("/")[1:]
    found: dict[str, str] = {}
    while wanted:
        want, wanted = wanted[0], wanted[1:]
        if want == "" or want.endswith("...}"):
            if not given_:
                return None
            return found | ({want[1:-4]: "/".join(given_)} if want else {})
        if not given_:
            return None
        have, given_ = given_[0], given_[1:]
        if want == "{$}":
            if have or given_:
                return None
        elif want.startswith("{"):
            if not have:
                return None
            found[want[1:-1]] = have
        elif want != have:
            return None
    return None if given_ else found


@cache
def matched(pattern: str) -> frozenset[tuple[str, str]]:
    """Return the (method, path) pairs of the world that match a pattern."""
    method = parts(pattern)[0]
    methods = [m for m in METHODS if method in ("", m) or (method, m) == ("GET", "HEAD")]
    return frozenset(
        (m, path) for path in PATHS if values(pattern, path) is not None for m in methods
    )


def obviously_conflict(first: str, second: str) -> bool:
    one, other = matched(first), matched(second)
    if parts(first)[1] != parts(second)[1] or not one & other:
        return False
    return not (one < other or other < one)


def winner(registered: list[str], method: str, host: str, path: str) -> str:
    """Return the pattern that has precedence, or nothing."""
    for wanted in (host, ""):
        matching = [p for p in registered if parts(p)[1] == wanted and (method, path) in matched(p)]
        if matching:
            return min(matching, key=lambda pattern: len(matched(pattern)))
    return ""


def exact(pattern: str, path: str) -> bool:
    """Whether nothing is left for the end of the pattern to match."""
    if not pattern.endswith(("/", "...}")):
        return True
    return path.endswith("/") and path.count("/") == parts(pattern)[2].count("/")


class Named:
    """An application that answers with its pattern and the values it was given."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"status": 200, "to": self.pattern, "values": scope.get("path_params", {})})


def register(mux: ServeMux, wanted: list[str]) -> list[str]:
    """Register what conflicts with nothing before it; returns that."""
    taken = []
    for pattern in wanted:
        try:
            mux.handle(pattern, Named(pattern))
        except PatternConflictError:
            continue
        taken.append(pattern)
    return taken


def ask(app: ASGIApp, method: str, host: str, path: str) -> Message:
    """Return the first message of the answer to a request."""
    sent: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("nobody reads")

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"accept", b"*/*"), (b"host", host.encode())],
    }
    with suppress(StopIteration):
        app(scope, receive, send).__await__().__next__()
    return sent[0]


def expected(registered: list[str], method: str, host: str, path: str) -> Message:
    """Return what the documented rules say of a request with a clean path."""
    pattern = winner(registered, method, host, path)
    slashed = path + "/"
    if not path.endswith("/") and not (pattern and exact(pattern, path)):
        other = winner(registered, method, host, slashed)
        if other and exact(other, slashed):
            return {"status": 307, "location": slashed}
    if pattern:
        return {"status": 200, "to": pattern, "values": values(pattern, path)}
    allowed = {
        m
        for m in METHODS
        if winner(registered, m, host, path)
        or (not path.endswith("/") and winner(registered, m, host, slashed))
    }
    return {"status": 405, "allow": ", ".join(sorted(allowed))} if allowed else {"status": 404}


def seen(message: Message) -> Message:
    """Return of an answer what `expected` tells."""
    if message["status"] == 200:
        return message
    headers = {name.decode(): value.decode() for name, value in message["headers"]}
    told = {name: headers[name] for name in ("location", "allow") if name in headers}
    return {"status": message["status"], **told}


requests = st.tuples(
    st.sampled_from(METHODS), st.sampled_from(["h1", "h1:80", "h2"]), st.sampled_from(PATHS)
)


@given(patterns(), patterns())
def test_two_patterns_conflict_where_neither_matches_a_part_of_the_other(
    first: str, second: str
) -> None:
    one, other = parse_pattern(first), parse_pattern(second)
    assert conflicts(one, other) is obviously_conflict(first, second)
    assert conflicts(other, one) is obviously_conflict(first, second)


@given(patterns(), patterns())
def test_the_example_paths_of_a_conflict_hold(first: str, second: str) -> None:
    one, other = parse_pattern(first), parse_pattern(second)
    relationship = compare_paths(one, other)
    if relationship is not Relationship.DISJOINT:
        common = common_path(one, other)
        assert values(first, common) is not None
        assert values(second, common) is not None
    if relationship in (Relationship.OVERLAPS, Relationship.MORE_GENERAL):
        difference = difference_path(one, other)
        assert values(first, difference) is not None
        assert values(second, difference) is None


@given(st.lists(patterns(), max_size=12), st.lists(requests, min_size=1, max_size=20))
def test_a_request_goes_where_the_rules_say_however_often_it_comes(
    wanted: list[str], asked: list[tuple[str, str, str]]
) -> None:
    mux = ServeMux()
    registered = register(mux, wanted)
    for method, host, path in asked * 2:
        rule = expected(registered, method, host.partition(":")[0], path)
        assert seen(ask(mux, method, host, path)) == rule


@given(st.lists(patterns(), max_size=12), requests)
def test_the_order_of_registration_does_not_matter(
    wanted: list[str], request_: tuple[str, str, str]
) -> None:
    mux, backwards = ServeMux(), ServeMux()
    registered = register(mux, wanted)
    assert register(backwards, registered[::-1]) == registered[::-1]
    assert seen(ask(mux, *request_)) == seen(ask(backwards, *request_))


dirty = st.lists(
    st.sampled_from(["/", "/", "/a", "b", ".", "..", "%2F", "%61", "<", "é"]), max_size=8
).map("".join)


@given(
    st.lists(patterns(), max_size=6),
    st.lists(st.tuples(st.sampled_from([*METHODS, "CONNECT"]), dirty), max_size=10),
    patterns(),
)
def test_what_is_remembered_is_what_would_be_found_again(
    wanted: list[str], asked: list[tuple[str, str]], later: str
) -> None:
    mux = ServeMux()
    registered = register(mux, wanted)
    for more in ([], [later]):
        registered += register(mux, more)
        for method, path in asked * 2:
            fresh = ServeMux()
            register(fresh, registered)
            assert seen(ask(mux, method, "h1", path)) == seen(ask(fresh, method, "h1", path))


@given(st.text())
def test_any_text_comes_through_a_path_as_a_value(text: str) -> None:
    encoded = quote(text, safe="", errors="replace")
    if text not in ("", "/", ".", ".."):
        mux = ServeMux()
        register(mux, ["/v/{x}"])
        assert ask(mux, "GET", "h", f"/v/{encoded}")["values"] == {"x": unquote(encoded)}


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/{"), min_size=1))
def test_a_literal_matches_itself_escaped_and_nothing_near_it(text: str) -> None:
    if text in (".", "..") or "%" in text:
        return
    mux = ServeMux()
    register(mux, [f"/{text}"] if not {" ", "\t"} & set(text) else [f"/{quote(text)}"])
    assert ask(mux, "GET", "h", f"/{quote(text)}")["status"] == 200
    assert ask(mux, "GET", "h", f"/{quote(text)}x")["status"] == 404
