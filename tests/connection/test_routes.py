"""Routes: what holds for the requests of a pattern, and for no others."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gomicro.config import RouteConfig
from gomicro.connection.routes import Routes
from gomicro.connection.websocket import WebSocket
from gomicro.errors import PatternError
from gomicro.http1.head_parser import HeadParser
from tests.connection.harness import (
    GET,
    STALL,
    App,
    Peer,
    answering,
    echo,
    make_service,
    ok,
    post,
    request,
    talk,
    virtually,
)
from tests.connection.test_event_stream import ticking
from tests.work import instructions

PATIENT = RouteConfig(write_timeout=10)
ENDLESS = RouteConfig(write_timeout=0)


def sleeping(seconds: float) -> App:
    """An application that takes so long on every path."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(seconds)
        await answering()(scope, receive, send)

    return app


def ask(target: str, *headers: str, method: str = "GET") -> bytes:
    return request(method, *headers, target=target)


# Which requests a route is for.


def terms_of(data: bytes, *patterns: str, **options: Any) -> str:
    routes = {pattern: RouteConfig(write_timeout=n + 5) for n, pattern in enumerate(patterns)}
    service = make_service(answering(), routes=routes, **options)
    terms = service.terms_for(HeadParser().parse(data))
    assert terms.timeouts.write == (patterns.index(terms.route) + 5 if terms.route else 1)
    return terms.route


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(ask("/a"), "/a", id="literal"),
        pytest.param(ask("/a?b=c"), "/a", id="its query does not count"),
        pytest.param(ask("/%61"), "/a", id="escaped"),
        pytest.param(ask("/a", method="PUT"), "/a", id="without a method all"),
        pytest.param(ask("/a/"), "/", id="not with a slash"),
        pytest.param(ask("/items/7"), "GET /items/{id}", id="a wildcard"),
        pytest.param(ask("/items/7", method="HEAD"), "GET /items/{id}", id="HEAD as GET"),
        pytest.param(ask("/items/7", method="POST"), "/", id="another method"),
        pytest.param(ask("/items/a%2Fb"), "GET /items/{id}", id="an escaped slash is no slash"),
        pytest.param(ask("/tree/x/y"), "/tree/", id="below a slash"),
        pytest.param(ask("/tree"), "/", id="what would be redirected there"),
        pytest.param(ask("/tree/../a"), "/a", id="cleaned"),
        pytest.param(ask("//tree//x"), "/tree/", id="cleaned of slashes"),
        pytest.param(ask("/"), "/", id="everything else"),
        pytest.param(ask("http://h/a"), "/a", id="absolute"),
        pytest.param(ask("http://h"), "/", id="absolute without a path"),
        pytest.param(ask("*", method="OPTIONS"), "", id="no path"),
        pytest.param(ask("h:80", method="CONNECT"), "", id="an authority"),
        pytest.param(b"GET /a HTTP/1.0\r\n\r\n", "/a", id="HTTP/1.0"),
    ],
)
def test_a_route_is_found_as_by_the_multiplexer(data: bytes, expected: str) -> None:
    assert terms_of(data, "/", "/a", "GET /items/{id}", "/tree/") == expected


def test_without_a_pattern_for_all_there_are_requests_of_no_route() -> None:
    assert terms_of(ask("/b"), "/a") == ""


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"GET /a HTTP/1.1\r\nHost: one:80\r\n\r\n", "one/a", id="without its port"),
        pytest.param(b"GET /a HTTP/1.1\r\nHost: two\r\n\r\n", "/a", id="another"),
        pytest.param(b"GET /a HTTP/1.0\r\n\r\n", "/a", id="none"),
        pytest.param(b"CONNECT one:80 HTTP/1.1\r\nHost: one:80\r\n\r\n", "", id="CONNECT"),
    ],
)
def test_a_route_may_be_of_a_host(data: bytes, expected: str) -> None:
    assert terms_of(data, "one/a", "/a") == expected


@pytest.mark.parametrize("hosts", [(b"one", b"two"), (b"two", b"one"), (b"one",), (b"two",)])
def test_a_route_of_a_host_is_found_anew_for_each_head(hosts: tuple[bytes, ...]) -> None:
    found: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        found.append(peer.connection.deadlines.terms.route)
        await answering()(scope, receive, send)

    peer: Any = None

    async def main() -> None:
        nonlocal peer
        peer = Peer(make_service(app, routes={"one/a": PATIENT, "/a": PATIENT}))
        for n in range(12):
            host = hosts[n % len(hosts)]
            await peer.send(b"GET /a HTTP/1.1\r\nHost: %b\r\nX: %d\r\n\r\n" % (host, n))
            assert found.pop() == ("one/a" if host == b"one" else "/a")

    virtually(main)


def test_a_route_is_below_the_root_path() -> None:
    assert terms_of(ask("/a"), "/a", root_path="/api") == "/a"


def test_bytes_that_are_no_utf8_are_not_taken_for_each_other() -> None:
    routes = Routes({"/%FF": PATIENT, "/a": PATIENT}, make_service(answering()).terms)

    def route_of(target: bytes) -> str:
        return routes.find(HeadParser().parse(b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % target)).route

    assert route_of(b"/\xff") == route_of(b"/%ff") == "/%FF"
    assert route_of(b"/\xfe") == route_of("/\ufffd".encode()) == route_of(b"/b") == ""
    assert route_of(b"/a") == route_of(b"/%61") == "/a"


def test_shapes_of_paths_are_remembered_within_bounds() -> None:
    routes = Routes({"/{n}": PATIENT, "/a/b/": PATIENT}, make_service(answering()).terms)
    parser = HeadParser()

    def route_of(target: str, method: str) -> str:
        return routes.find(parser.parse(ask(target, method=method))).route

    for number in range(3000):
        assert route_of(f"/{number}", f"M{number}") == "/{n}"
        assert route_of(f"/{number}/../a/b/c", f"M{number}") == "/a/b/"
        assert route_of(f"/{number}/../a/b/c", "PUT") == "/a/b/"
        assert len(routes._known) <= 1024
        assert all(len(paths) <= 1024 for paths in routes._siblings.values())
    routes._known.clear()
    for number in range(300):
        assert route_of(f"/{number}", "GET") == "/{n}"
    assert route_of("/" + "a" * 1000, "GET") == route_of("/a", "M" * 1000) == "/{n}"
    assert route_of("/a/b/" + "c/" * 1000, "GET") == "/a/b/"
    assert len(routes._known) == 1


def test_a_shape_that_is_known_drops_no_other_when_there_is_no_room_left() -> None:
    routes = Routes({"/{n}/{m}": PATIENT}, make_service(answering()).terms)
    parser = HeadParser()
    for number in range(1024):
        routes.find(parser.parse(ask("/a/b", method=f"M{number}")))
    assert len(routes._known) == 1024
    assert routes.find(parser.parse(ask("/c/d", method="M0"))).route == "/{n}/{m}"
    assert len(routes._known) == 1024


PIECES = st.sampled_from(["a", "b", "c", "d", ".", "..", "", "*"])


@given(
    st.lists(
        st.sampled_from(["/", "/a", "/a/", "/{x}/b", "/a/{y...}", "GET /{x}", "/b/{$}", "/."])
    ),
    st.lists(st.lists(PIECES, max_size=4), min_size=2, max_size=20),
)
def test_paths_of_a_known_shape_are_found_as_new_ones_are(
    patterns: list[str], paths: list[list[str]]
) -> None:
    terms = make_service(answering()).terms
    try:
        routes = Routes(dict.fromkeys(patterns, PATIENT), terms)
    except PatternError:
        return
    for path in paths:
        head = HeadParser().parse(ask("/" + "/".join(path)))
        assert routes.find(head) is routes._find(head)


def test_what_has_no_path_is_not_taken_for_one() -> None:
    routes = Routes({"/{n}": PATIENT, "/*": PATIENT}, make_service(answering()).terms)

    def routes_of(method: str, *targets: str) -> list[str]:
        heads = [HeadParser().parse(request(method, target=target)) for target in targets]
        return [routes.find(head).route for head in heads]

    assert routes_of("CONNECT", "/a", "b:80", "/c") == ["/{n}", "", "/{n}"]
    assert routes_of("OPTIONS", "/a", "*", "/*", "http://h") == ["/{n}", "", "/*", ""]


FEW = st.sampled_from(["a", "b", "a%2Fb", "%E9", "é", "%25", "{$}", "..", "{x}", "{y...}", ""])
LITTLE = st.sampled_from(
    [b"a", b"b", b"%61", b"a%2Fb", b"%2F", b"%E9", b'"', b"%25", b"..", b".", b""]
)


@given(st.lists(FEW, min_size=1, max_size=3), st.lists(LITTLE, max_size=4), st.booleans())
def test_a_path_that_no_pattern_can_match_matches_none(
    pattern: list[str], path: list[bytes], hosted: bool
) -> None:
    text = ("h/" if hosted else "/") + "/".join(pattern)
    service = make_service(answering())
    try:
        routes = Routes({text: PATIENT}, service.terms)
    except PatternError:
        return
    target = b"/" + b"/".join(path)
    head = HeadParser().parse(b"GET %b HTTP/1.1\r\nHost: h\r\n\r\n" % target)
    if routes.find(head).route:
        assert not routes._foreign(head.path.split("/"))


@pytest.mark.parametrize(
    ("target", "foreign"),
    [
        pytest.param("/api/v1/users", True, id="the pieces of many patterns do not count"),
        pytest.param("/api/v1/items", False, id="that of one"),
        pytest.param("/items/api", False, id="anywhere"),
        pytest.param("/api/%69tems", False, id="escaped"),
        pytest.param("*", True, id="no path"),
    ],
)
def test_which_paths_are_looked_up(target: str, foreign: bool) -> None:
    patterns = ["/api/v1/items", "/api/v1/carts/{id}", "GET /api/v1/export/{name...}"]
    routes = Routes(dict.fromkeys(patterns, PATIENT), make_service(answering()).terms)
    head = HeadParser().parse(ask(target, method="OPTIONS"))
    assert routes._foreign(head.path.split("/")) is foreign


@pytest.mark.parametrize("last", ["/api/v1/things99/{id}", "/api/v1/users/{id}"])
def test_a_path_costs_little_where_there_are_a_hundred_routes_one_of_which_may_match(
    last: str,
) -> None:
    patterns = [f"/api/v1/things{number}/{{id}}" for number in range(99)]
    routes = dict.fromkeys([*patterns, last], PATIENT)
    least, most = instructions_per_new_path({}), instructions_per_new_path(routes)
    assert least < most <= least + 50  # a request takes about a thousand, to look a path up 250


def instructions_per_new_path(routes: dict[str, RouteConfig]) -> float:
    service = make_service(answering(), routes=routes)
    parser = HeadParser()
    heads = [parser.parse(ask(f"/api/v1/users/{number}")) for number in range(100)]

    def ask_for_scopes() -> None:
        for head in heads:
            service.new_scope(head, None, None, "http")

    ask_for_scopes()  # the interpreter has other instructions for what is new to it
    return instructions(ask_for_scopes) / len(heads)


# What holds for them.


def test_a_write_deadline_is_the_routes_and_no_others() -> None:
    routes = {"GET /slow": PATIENT}
    story = talk(sleeping(5), ask("/slow"), 20.0, ask("/other"), 20.0, routes=routes)
    assert (story.answer, story.closed_after) == (ok(), 21)
    late = next(entry for entry in story.entries if entry["event"] == "write deadline passed")
    assert (late["path"], late["write_timeout"]) == ("/other", 1)
    assert "--write-timeout" in late["hint"]


@pytest.mark.parametrize(
    "requests",
    [
        pytest.param([ask("/slow") + ask("/other")], id="sent ahead"),
        pytest.param([ask("/slow"), 20.0, ask("/other")], id="kept alive"),
        pytest.param([ask("/slow"), 20.0, ask("/other")[:9], ask("/other")[9:]], id="in pieces"),
        pytest.param([ask("/slow")[:9], ask("/slow")[9:], 20.0, ask("/other")], id="before that"),
    ],
)
def test_a_route_does_not_stay_for_the_next_request(requests: list[Any]) -> None:
    story = talk(sleeping(5), *requests, 20.0, routes={"GET /slow": PATIENT})
    assert story.answer == ok()
    assert story.closed_after == (6 if len(requests) == 1 else 21)


def test_the_same_head_finds_its_route_each_time() -> None:
    steps: list[Any] = [ask("/slow"), 20.0] * 5
    assert talk(sleeping(5), *steps, routes={"GET /slow": PATIENT}).answer == ok() * 5


def test_a_shorter_deadline_is_met_in_time() -> None:
    routes = {"/fast": RouteConfig(write_timeout=0.2, read_timeout=0.1)}
    story = talk(sleeping(5), ask("/fast"), 20.0, routes=routes)
    assert story.closed_after == 0.2
    late = story.entries[0]
    assert late["hint"] == (
        "raise write-timeout of the route '/fast' (0 for none) if an answer may take longer"
    )
    story = talk(echo, ask("/fast", "Content-Length: 3", method="POST"), 9.0, routes=routes)
    late = story.entries[0]
    assert (late["event"], late["read_timeout"]) == ("read deadline passed", 0.1)
    assert late["hint"].startswith("raise read-timeout of the route '/fast' (0 for none)")


def test_none_holds_while_the_answer_is_taken() -> None:
    routes = {"/big": ENDLESS}
    app = answering(b"x" * 500_000)
    assert talk(app, STALL, ask("/big"), 60.0, routes=routes).closed_after is None
    assert talk(app, STALL, ask("/other"), 60.0, routes=routes).closed_after == 1


@pytest.mark.parametrize(
    ("read", "paused", "answered"),
    [
        pytest.param(5.0, 0.0, 5.0, id="longer"),
        pytest.param(5.0, 0.8, 5.0, id="counted from the first byte"),
        pytest.param(0.3, 0.0, 0.3, id="shorter"),
        pytest.param(0.3, 0.8, 0.8, id="passed when the headers are known"),
        pytest.param(0.3, 0.99, 0.99, id="passed just before the headers are late"),
    ],
)
def test_a_read_deadline_counts_from_where_the_servers_does(
    read: float, paused: float, answered: float
) -> None:
    head = ask("/up", "Content-Length: 3", method="POST")

    async def main() -> None:
        routes = {"POST /up": RouteConfig(read_timeout=read)}
        peer = Peer(make_service(echo, write_timeout=100.0, routes=routes))
        await peer.send(head[:9])
        await asyncio.sleep(paused)
        await peer.send(head[9:])
        await asyncio.sleep(answered - paused - 0.005)
        assert not peer.sent() or answered == paused
        await asyncio.sleep(0.01)
        assert b" 400 " in peer.sent()

    late = virtually(main)[0]
    assert late["event"] == "read deadline passed"
    assert "loop_late" not in late


def test_a_read_deadline_shorter_than_the_headers_passes_at_once_without_routes_too() -> None:
    head = ask("/", "Content-Length: 3", method="POST")
    options = {"read_header_timeout": 9.0, "read_timeout": 1.0, "write_timeout": 90.0}
    story = talk(echo, head[:9], 8.5, head[9:], 0.1, **options)
    assert story.answer.startswith(b"HTTP/1.1 400 ")


def test_what_has_come_when_the_headers_are_known_is_in_time_nevertheless() -> None:
    head = ask("/", "Content-Length: 3", method="POST")

    async def main() -> None:
        options = {"read_header_timeout": 9.0, "read_timeout": 1.0, "write_timeout": 90.0}
        peer = Peer(make_service(echo, **options))
        await peer.send(head[:9])
        await asyncio.sleep(8.5)
        peer.wire.deliver(head[9:])
        peer.loop.call_later(0, peer.wire.deliver, b"abc")
        await asyncio.sleep(1)
        assert peer.sent() == ok(b"abc")

    virtually(main)


@pytest.mark.parametrize(
    ("target", "size", "status"),
    [
        ("/up", 10, 413),
        ("/up", 5, 200),
        ("/big", 1000, 200),
        ("/any", 100_000, 200),
        ("/", 101, 413),
        ("/", 100, 200),
    ],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_limit_of_the_body_is_the_routes(
    target: str, size: int, status: int, chunked: bool
) -> None:
    routes = {
        "POST /up": RouteConfig(max_body_bytes=5),
        "POST /big": RouteConfig(max_body_bytes=1000),
        "POST /any": RouteConfig(max_body_bytes=0),
    }
    body = b"a" * size
    if chunked:
        framing, data = "Transfer-Encoding: chunked", b"%x\r\n%b\r\n0\r\n\r\n" % (size, body)
    else:
        framing, data = f"Content-Length: {size}", body
    head = ask(target, framing, method="POST")
    story = talk(echo, head + data, 0.5, routes=routes, max_body_bytes=100)
    assert story.answer.startswith(b"HTTP/1.1 %d " % status)


def test_a_route_may_have_no_line_in_the_log_or_be_the_only_one_that_has() -> None:
    app = answering()
    routes = {"/healthz": RouteConfig(access_log=False)}
    story = talk(app, ask("/healthz") + GET + ask("/healthz"), 0.1, routes=routes)
    assert [entry["path"] for entry in story.entries] == ["/"]
    routes = {"/pay": RouteConfig(access_log=True)}
    story = talk(app, ask("/pay") + GET + ask("/pay"), 0.1, routes=routes, access_log=False)
    assert [entry["path"] for entry in story.entries] == ["/pay", "/pay"]


@pytest.mark.parametrize("last", [ask("/healthz", "Connection: close"), ask("/healthz")])
def test_nor_at_the_end_of_its_connection(last: bytes) -> None:
    routes = {"/healthz": RouteConfig(access_log=False)}
    story = talk(sleeping(0.5), last, 0.2 if b"close" not in last else 0.8, routes=routes)
    assert story.entries == []


def test_a_stream_of_events_counts_the_routes_deadline_from_each_part() -> None:
    # The application of `ticking` waits on every path but "/".
    story = talk(ticking(every=0.5), GET, 5.1, STALL, 60.0, routes={"/": PATIENT})
    assert story.closed_after == pytest.approx(15.5, abs=0.1)


HANDSHAKE = ask(
    "/ws",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
)


async def rude(scope: Any, receive: Any, send: Any) -> None:
    """An application that refuses a WebSocket after a while."""
    await asyncio.sleep(5)
    await send({"type": "websocket.close"})


def test_a_handshake_of_a_websocket_has_the_routes_write_deadline() -> None:
    async def main() -> None:
        routes = {"GET /ws": RouteConfig(write_timeout=3)}
        peer = Peer(make_service(rude, websockets="websockets-sansio", routes=routes))
        await peer.send(HANDSHAKE)
        assert isinstance(peer.connection.upgrade, WebSocket)
        await asyncio.sleep(50)
        assert peer.closed_after() == 3

    virtually(main)


@pytest.mark.parametrize(("logged", "lines"), [(True, ["WebSocket refused"]), (False, [])])
def test_a_websocket_has_the_routes_lines_in_the_log(logged: bool, lines: list[str]) -> None:
    async def main() -> None:
        routes = {"GET /ws": RouteConfig(write_timeout=10, access_log=logged)}
        peer = Peer(make_service(rude, websockets="websockets-sansio", routes=routes))
        await peer.send(HANDSHAKE)
        await asyncio.sleep(50)

    assert [entry["event"] for entry in virtually(main)] == lines


def test_a_body_sent_ahead_is_not_the_next_requests() -> None:
    routes = {"POST /up": RouteConfig(max_body_bytes=2)}
    story = talk(echo, post(b"abc") + ask("/", method="POST"), 0.5, routes=routes)
    assert story.answer == ok(b"abc") + ok(b"")
