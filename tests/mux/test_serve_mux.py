"""ServeMux as an ASGI application: what each request is answered, and what registration refuses."""

from __future__ import annotations

import _thread
import asyncio
import re
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from threading import Barrier, Lock, Thread
from typing import Any

import pytest
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gomicro import mux as package
from gomicro.errors import PatternConflictError, PatternError
from gomicro.mux import ServeMux
from gomicro.mux.serve_mux import MEMO_KEY, MEMO_SIZE
from gomicro.reply.answers import reply

NOT_FOUND = b"404 page not found\n"


class Named:
    """An application that answers with its pattern, and keeps the last scope it was given."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.scope: Scope = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        await reply(send, 200, [], self.pattern.encode())


class Answer:
    """A whole answer."""

    def __init__(self, messages: list[Message]) -> None:
        self.status: int = messages[0]["status"]
        self.headers: dict[bytes, bytes] = dict(messages[0]["headers"])
        self.body: bytes = b"".join(message.get("body", b"") for message in messages[1:])

    @property
    def location(self) -> str:
        return self.headers[b"location"].decode()


def mux_of(*patterns: str) -> ServeMux:
    mux = ServeMux()
    for pattern in patterns:
        mux.handle(pattern, Named(pattern))
    return mux


def scope_of(method: str, target: str, host: str = "example.com", **more: object) -> Scope:
    path, _, query = target.encode().partition(b"?")
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path.decode(),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(b"accept", b"*/*"), (b"host", host.encode())],
        **more,
    }


def exchange(app: ASGIApp, scope: Scope, *received: Message) -> list[Message]:
    """Return all that an application sends."""
    sent: list[Message] = []
    waiting: Iterator[Message] = iter(received)

    async def receive() -> Message:
        return next(waiting)

    async def send(message: Message) -> None:
        sent.append(message)

    async def run() -> None:
        await app(scope, receive, send)

    asyncio.run(run())
    return sent


def ask(app: ASGIApp, method: str, target: str, host: str = "example.com", **more: Any) -> Answer:
    return Answer(exchange(app, scope_of(method, target, host, **more)))


FOO = ("/", "/foo/", "/foo", "/bar/", "//foo")


@pytest.mark.parametrize(
    ("method", "target", "status", "told"),
    [
        ("GET", "/", 200, "/"),
        ("GET", "//", 307, "/"),
        ("GET", "/foo/../bar/./..//baz", 307, "/baz"),
        ("GET", "/foo", 200, "/foo"),
        ("GET", "/foo/x", 200, "/foo/"),
        ("GET", "/bar/x", 200, "/bar/"),
        ("GET", "/bar", 307, "/bar/"),
        ("CONNECT", "", 404, ""),
        ("CONNECT", "/", 200, "/"),
        ("CONNECT", "//", 200, "/"),
        ("CONNECT", "//foo", 200, "//foo"),
        ("CONNECT", "/foo/../bar/./..//baz", 200, "/foo/"),
        ("CONNECT", "/foo", 200, "/foo"),
        ("CONNECT", "/foo/x", 200, "/foo/"),
        ("CONNECT", "/bar/x", 200, "/bar/"),
        ("CONNECT", "/bar", 307, "/bar/"),
    ],
)
def test_paths_are_cleaned_except_for_connect(
    method: str, target: str, status: int, told: str
) -> None:
    answer = ask(mux_of(*FOO), method, target)
    assert answer.status == status
    if status == 200:
        assert answer.body.decode() == told
    elif status == 307:
        assert answer.location == told


SEARCH = (
    "/dir/",
    "/search",
    "codesearch.google.com/search",
    "codesearch.google.com/",
    "example.com/",
)


@pytest.mark.parametrize(
    ("method", "host", "target", "status", "pattern"),
    [
        ("GET", "google.com", "/", 404, ""),
        ("GET", "google.com", "/dir", 307, "/dir/"),
        ("GET", "google.com", "/dir/", 200, "/dir/"),
        ("GET", "google.com", "/dir/file", 200, "/dir/"),
        ("GET", "google.com", "/search", 200, "/search"),
        ("GET", "google.com", "/search/", 404, ""),
        ("GET", "codesearch.google.com", "/search", 200, "codesearch.google.com/search"),
        ("GET", "codesearch.google.com", "/search/", 200, "codesearch.google.com/"),
        ("GET", "codesearch.google.com:443", "/", 200, "codesearch.google.com/"),
        ("GET", "CodeSearch.google.com", "/", 404, ""),
        ("GET", "images.google.com", "/search", 200, "/search"),
        ("GET", "google.com", "/../search", 307, "/search"),
        ("GET", "google.com", "/dir/..", 307, ""),
        ("GET", "google.com", "/dir/./file", 307, "/dir/"),
        ("CONNECT", "google.com", "/dir", 307, "/dir/"),
        ("CONNECT", "google.com", "/../search", 404, ""),
        ("CONNECT", "google.com", "/dir/..", 200, "/dir/"),
        ("CONNECT", "google.com", "/dir/./file", 200, "/dir/"),
        ("CONNECT", "codesearch.google.com", "/x", 200, "codesearch.google.com/"),
        ("CONNECT", "codesearch.google.com:443", "/x", 404, ""),
    ],
)
def test_handler_tells_the_application_and_the_pattern(
    method: str, host: str, target: str, status: int, pattern: str
) -> None:
    scope = scope_of(method, target, host)
    app, found = mux_of(*SEARCH).handler(scope)
    assert scope == scope_of(method, target, host)
    assert found == pattern
    assert Answer(exchange(app, scope)).status == status


def test_a_request_without_a_host_has_the_patterns_without_one() -> None:
    mux = mux_of("h/", "/a")
    assert ask(mux, "GET", "/a", headers=[]).body == b"/a"
    assert ask(mux, "GET", "/b", headers=[]).status == 404


@pytest.mark.parametrize(
    ("host", "target", "status", "told"),
    [
        ("example.com", "/", 404, ""),
        ("example.com", "/pkg/foo", 307, "/pkg/foo/"),
        ("example.com:3000", "/pkg/foo", 307, "/pkg/foo/"),
        ("example.com", "/pkg/bar", 200, "example.com/pkg/bar"),
        ("example.com", "/pkg/bar/", 200, "example.com/pkg/bar/"),
        ("example.com", "/pkg/baz", 307, "/pkg/baz/"),
        ("example.com", "/a%2fb", 307, "/a%2fb/"),
        ("example.com", "/pkg/baz?a=1&b=?", 307, "/pkg/baz/?a=1&b=?"),
        ("example.com", "/pkg/baz?", 307, "/pkg/baz/"),
        ("example.com", "/x/../pkg/baz?q", 307, "/pkg/baz/?q"),
    ],
)
def test_a_subtree_root_without_its_slash_is_redirected(
    host: str, target: str, status: int, told: str
) -> None:
    mux = mux_of(
        "example.com/pkg/foo/",
        "example.com/pkg/bar",
        "example.com/pkg/bar/",
        "/pkg/baz/",
        "example.com/a%2fb/",
    )
    answer = ask(mux, "GET", target, host)
    assert answer.status == status
    if status == 200:
        assert answer.body.decode() == told
    elif status == 307:
        assert answer.location == told


def test_connect_is_redirected_for_patterns_of_any_host_only() -> None:
    mux = mux_of("example.com/foo/", "/baz/")
    assert ask(mux, "CONNECT", "/foo").status == 404
    assert ask(mux, "CONNECT", "/baz?q").location == "/baz/?q"


def test_connect_is_never_redirected_to_another_host() -> None:
    assert ask(mux_of("//evil.test/"), "CONNECT", "//evil.test").location == "/evil.test/"


@pytest.mark.parametrize("target", ["/", "/a/b", "/a//"])
def test_no_slash_is_added_to_a_path_that_ends_in_one_or_would_not_match(target: str) -> None:
    mux = mux_of("/{x}/{$}")
    answer = ask(mux, "GET", target)
    assert answer.status == (307 if target == "/a//" else 404)


@pytest.mark.parametrize(
    ("method", "target", "status", "allow"),
    [
        ("GET", "/g", 200, None),
        ("HEAD", "/g", 200, None),
        ("POST", "/g", 405, "GET, HEAD"),
        ("CONNECT", "/g", 405, "GET, HEAD"),
        ("GET", "/x", 404, None),
        ("GET", "/p", 405, "PATCH, POST"),
        ("GET", "/./p", 307, None),
        ("GET", "/r/", 200, None),
        ("GET", "/r", 307, None),
        ("HEAD", "/r", 307, None),
        ("PUT", "/r/", 405, "GET, HEAD"),
        ("PUT", "/r", 200, None),
        ("POST", "/r", 405, "GET, HEAD, PUT"),
    ],
)
def test_another_method_is_told_which_are_allowed(
    method: str, target: str, status: int, allow: str | None
) -> None:
    answer = ask(mux_of("GET /g", "POST /p", "PATCH /p", "PUT /r", "GET /r/"), method, target)
    assert answer.status == status
    assert answer.headers.get(b"allow", b"").decode() == (allow or "")
    if status == 405:
        assert answer.body == b"Method Not Allowed\n"
        assert answer.headers[b"content-type"] == b"text/plain; charset=utf-8"


def test_connect_to_an_authority_has_the_patterns_of_its_host_and_port() -> None:
    mux = mux_of("PUT h:443/", "POST h/")
    assert ask(mux, "CONNECT", "", "h:443").headers[b"allow"] == b"PUT"
    assert ask(mux, "CONNECT", "", "g:443").status == 404


def test_nothing_is_found_without_patterns() -> None:
    answer = ask(ServeMux(), "GET", "/")
    assert (answer.status, answer.body) == (404, NOT_FOUND)
    assert answer.headers == {
        b"content-type": b"text/plain; charset=utf-8",
        b"x-content-type-options": b"nosniff",
    }


@pytest.mark.parametrize(
    ("target", "location", "link"),
    [
        ("//goodbye?x=1&y=2", b"/goodbye?x=1&y=2", b"/goodbye?x=1&amp;y=2"),
        ("//goodbye?", b"/goodbye", b"/goodbye"),
        ("//goodbye??", b"/goodbye??", b"/goodbye??"),
        ("//goodbye#f", b"/goodbye%23f", b"/goodbye%23f"),
        ("//<a>&\"'", b"/%3Ca%3E&%22%27", b"/%3Ca%3E&amp;%22%27"),
        (
            "/a/../b?x=<y>&z='q'\"r\"",
            b"/b?x=<y>&z='q'\"r\"",
            b"/b?x=&lt;y&gt;&amp;z=&#39;q&#39;&#34;r&#34;",
        ),
        ("//b?n=é", b"/b?n=%c3%a9", b"/b?n=\xc3\xa9"),
        ("//!$&'()*+,;=:@[]~", b"/!$&'()*+,;=:@[]~", b"/!$&amp;&#39;()*+,;=:@[]~"),
        ("//%ff%2f", b"/%ff%2f", b"/%ff%2f"),
        ("", b"/", b"/"),
        ("?x=1", b"/?x=1", b"/?x=1"),
    ],
)
def test_a_redirect_is_escaped_in_location_and_page(
    target: str, location: bytes, link: bytes
) -> None:
    answer = ask(mux_of("/"), "GET", target)
    assert answer.status == 307
    assert answer.headers == {
        b"location": location,
        b"content-type": b"text/html; charset=utf-8",
    }
    assert answer.body == b'<a href="%b">Temporary Redirect</a>.\n\n' % link


def test_a_redirect_has_no_page_for_head_and_no_type_for_other_methods() -> None:
    mux = mux_of("/")
    head, post = ask(mux, "HEAD", "//a"), ask(mux, "POST", "//a")
    assert head.headers == {b"location": b"/a", b"content-type": b"text/html; charset=utf-8"}
    assert post.headers == {b"location": b"/a"}
    assert (head.body, post.body) == (b"", b"")


BODY: Message = {"type": "http.request", "body": b"", "more_body": False}


def body(size: int, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": b"x" * size, "more_body": more}


@pytest.mark.parametrize(
    ("received", "closes"),
    [
        ([BODY], False),
        ([body(4096)], False),
        ([body(4000, more=True), body(96)], False),
        ([body(4097)], True),
        ([body(4096, more=True), body(1, more=True)], True),
        ([body(1, more=True), {"type": "http.disconnect"}], False),
    ],
    ids=["none", "limit", "parts", "above", "parts-above", "cut-short"],
)
def test_options_of_the_server_reads_a_little_body(received: list[Message], closes: bool) -> None:
    answer = Answer(exchange(mux_of("/"), scope_of("OPTIONS", "*"), *received))
    assert (answer.status, answer.body) == (200, b"")
    closing = {b"connection": b"close"} if closes else {}
    assert answer.headers == {b"content-length": b"0", **closing}


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "CONNECT"])
def test_an_asterisk_is_refused_to_other_methods(method: str) -> None:
    answer = ask(mux_of("/"), method, "*")
    assert (answer.status, answer.body) == (400, b"")
    assert answer.headers == {b"connection": b"close"}


def test_an_asterisk_refused_over_http_1_0_says_nothing_of_the_connection() -> None:
    answer = ask(mux_of("/"), "GET", "*", http_version="1.0")
    assert (answer.status, answer.headers) == (400, {})


def test_a_path_that_only_looks_like_an_asterisk_is_a_path() -> None:
    assert ask(mux_of("/"), "OPTIONS", "/*").body == b"/"


@pytest.mark.parametrize(
    ("path", "values"), [("/a b%/<c", {"x": "a b%", "r": "<c"}), ("/é/d", {"x": "é", "r": "d"})]
)
def test_a_server_that_gives_no_raw_path_is_served_by_the_decoded_one(
    path: str, values: dict[str, str]
) -> None:
    scope = scope_of("GET", "/")
    del scope["raw_path"]
    scope["path"] = path
    assert Answer(exchange(mux_of("/{x}/{r...}"), scope)).status == 200
    assert scope["path_params"] == values


def test_an_asterisk_without_a_raw_path_is_one() -> None:
    scope = scope_of("GET", "*")
    del scope["raw_path"]
    assert Answer(exchange(mux_of("/"), scope)).status == 400


@pytest.mark.parametrize(
    ("target", "status", "told"),
    [
        ("/api%20v1/a", 200, "/a"),
        ("/api%20v1//a?q", 307, "/api%20v1/a?q"),
        ("/api%20v1", 307, "/api%20v1/"),
        ("/api%20v1/dir", 307, "/api%20v1/dir/"),
        ("/api%20v12/a", 404, ""),
        ("/a", 200, "/a"),
        ("/api%20v1*", 400, ""),
    ],
)
def test_the_root_path_is_taken_off_and_put_before_redirects(
    target: str, status: int, told: str
) -> None:
    mux = mux_of("/a", "/dir/", "/{$}")
    for _ in range(2):
        answer = ask(mux, "GET", target, root_path="/api v1")
        assert answer.status == status
        if status == 200:
            assert answer.body.decode() == told
        elif status == 307:
            assert answer.location == told


def test_what_was_found_without_a_root_path_is_not_what_is_found_with_one() -> None:
    mux = mux_of("/a/b", "/b")
    assert ask(mux, "GET", "/a/b").body == b"/a/b"
    assert ask(mux, "GET", "/a/b", root_path="/a").body == b"/b"


def test_values_join_those_of_an_outer_router() -> None:
    mux = mux_of("/{x}/{y}")
    scope = scope_of("GET", "/1/2", path_params={"outer": "0", "x": "0"})
    exchange(mux, scope)
    assert scope["path_params"] == {"outer": "0", "x": "1", "y": "2"}


def test_an_application_without_values_gets_the_very_scope() -> None:
    mux, app = ServeMux(), Named("/")
    mux.handle("/", app)
    for _ in range(2):
        scope = scope_of("GET", "/a")
        exchange(mux, scope)
        assert app.scope is scope
        assert "path_params" not in scope


def websocket(target: str) -> Scope:
    scope = scope_of("GET", target, type="websocket")
    del scope["method"]
    return scope


@pytest.mark.parametrize(
    ("target", "values"), [("/ws/a", {"room": "a"}), ("/dir", None), ("/any", None)]
)
def test_a_websocket_goes_where_its_get_would(target: str, values: dict[str, str] | None) -> None:
    mux = mux_of("GET /ws/{room}", "POST /dir", "/")
    scope = websocket(target)
    assert Answer(exchange(mux, scope)).status == 200
    assert scope.get("path_params") == values


@pytest.mark.parametrize("target", ["/ws", "//ws/a", "/post", "*"])
def test_a_websocket_that_nobody_takes_is_closed(target: str) -> None:
    mux = mux_of("GET /ws/{room}", "/ws/", "POST /post")
    sent = exchange(mux, websocket(target))
    assert sent == [{"type": "websocket.close", "code": 1000, "reason": ""}]


def test_lifespan_is_answered() -> None:
    sent = exchange(
        mux_of("/"),
        {"type": "lifespan"},
        {"type": "lifespan.startup"},
        {"type": "lifespan.shutdown"},
    )
    assert [message["type"] for message in sent] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]


def test_another_scope_is_refused() -> None:
    with pytest.raises(ValueError, match="not mqtt"):
        exchange(mux_of("/"), {"type": "mqtt"})


def test_endpoints_are_functions_from_request_to_response_async_or_not() -> None:
    mux = ServeMux()

    @mux.handle_func("GET /items/{id}")
    async def item(request: Request) -> Response:
        return PlainTextResponse(f"item {request.path_params['id']}")

    def plain(request: Request) -> Response:
        return PlainTextResponse("plain")

    assert mux.handle_func("/plain", plain) is plain
    assert asyncio.run(item(Request(scope_of("GET", "/", path_params={"id": 7})))).body == b"item 7"
    assert ask(mux, "GET", "/items/a%2Fb").body == b"item a/b"
    assert ask(mux, "PUT", "/plain").body == b"plain"


def test_an_http_exception_of_an_endpoint_is_its_answer() -> None:
    mux = ServeMux()

    @mux.handle_func("GET /items/{id}")
    async def item(request: Request) -> Response:
        raise HTTPException(404, f"no item {request.path_params['id']}")

    answer = ask(mux, "GET", "/items/7")
    assert (answer.status, answer.body) == (404, b"no item 7")


@pytest.mark.parametrize("register", ["handle", "decorator", "handle_func"])
def test_a_conflict_names_the_lines_that_registered_both(register: str) -> None:
    mux = mux_of()
    mux.handle("/a/{x}", Named("first"))

    def endpoint(request: Request) -> Response:
        return Response()

    ways: dict[str, Callable[[], object]] = {
        "handle": lambda: mux.handle("/{y}/b", Named("second")),
        "decorator": lambda: mux.handle_func("/{y}/b")(endpoint),
        "handle_func": lambda: mux.handle_func("/{y}/b", endpoint),
    }
    with pytest.raises(PatternConflictError) as conflict:
        ways[register]()
    places = re.findall(r"registered at (\S+):(\d+)\)", str(conflict.value))
    assert {file for file, _ in places} == {__file__}
    source = Path(__file__).read_text().splitlines()
    assert ["/{y}/b" in source[int(places[0][1]) - 1], "/a/{x}" in source[int(places[1][1]) - 1]]
    assert 'both match some paths, like "/a/b"' in str(conflict.value)
    assert ask(mux, "GET", "/z/b").status == 404


def test_a_place_that_no_line_of_python_has_is_unknown() -> None:
    mux = ServeMux()
    app = Named("/")
    done = Lock()
    done.acquire()
    calls = [partial(mux.handle, "/", app)]
    dropped = weakref.ref(calls[0], lambda _: done.release())
    _thread.start_new_thread(calls.pop(), ())
    assert done.acquire(timeout=10)
    assert dropped() is None
    with pytest.raises(PatternConflictError, match="registered at unknown location"):
        mux.handle("/", app)


def test_a_malformed_pattern_is_refused() -> None:
    with pytest.raises(PatternError, match=r'parsing "/\{x": at offset 1: bad wildcard segment'):
        mux_of("/{x")


def test_a_handler_that_cannot_be_called_is_refused() -> None:
    nothing: Any = None
    with pytest.raises(TypeError, match="not callable: None"):
        ServeMux().handle("/", nothing)


def test_a_class_whose_instances_are_meant_is_refused() -> None:
    """Starlette's endpoints are classes, too: those serve when they are made."""
    handler: Any = ServeMux
    with pytest.raises(TypeError, match="the handler for '/' is a class, and no instance: <class"):
        ServeMux().handle("/", handler)
    ServeMux().handle("/", HTTPEndpoint)


@pytest.mark.parametrize("endpoint", [3, "main:endpoint"])
def test_an_endpoint_that_cannot_be_called_is_refused(endpoint: Any) -> None:
    mux = ServeMux()
    nobody_knows: Any = min
    ServeMux().handle_func("/x", nobody_knows)
    wrong: list[Any] = [lambda: None, lambda scope, receive, send: None]
    for func in wrong:
        with pytest.raises(TypeError, match=r"with a request alone: .*; an ASGI application is"):
            ServeMux().handle_func("/x", func)
    with pytest.raises(TypeError, match="the endpoint for '/x' is not callable: "):
        mux.handle_func("/x", endpoint)
    mux.handle("/x", ServeMux())  # nothing was registered


def test_a_pattern_holds_from_its_registration_on() -> None:
    mux = mux_of("/")
    for pattern in ("/a", "GET /a", "example.com/", "example.com/a", "GET example.com/a"):
        assert ask(mux, "GET", "/a").body != pattern.encode()
        mux.handle(pattern, Named(pattern))
        assert ask(mux, "GET", "/a").body == pattern.encode()


@pytest.mark.parametrize("pattern", ["/a", "example.com/"])
def test_a_route_found_while_a_pattern_is_registered_is_not_remembered_behind_it(
    pattern: str,
) -> None:
    mux = mux_of("/")

    class Overtaken(dict[str, Any]):
        """A scope at whose `point`th look-up a pattern is registered."""

        def __init__(self, scope: Scope, point: int) -> None:
            super().__init__(scope)
            self.point = point

        def __getitem__(self, key: str) -> Any:
            self._tick()
            return super().__getitem__(key)

        def get(self, key: str, default: Any = None) -> Any:
            self._tick()
            return super().get(key, default)

        def _tick(self) -> None:
            self.point -= 1
            if not self.point:
                mux.handle(pattern, Named(pattern))

    point = left = 0
    while left <= 0:
        point += 1
        mux = mux_of("/")
        scope = Overtaken(scope_of("GET", "/a"), point)
        exchange(mux, scope)
        left = scope.point
        if left <= 0:
            assert ask(mux, "GET", "/a").body == pattern.encode()
    assert point > 5


def test_many_threads_register_while_others_are_served() -> None:
    mux = mux_of("/")
    start = Barrier(4)
    wrong: list[str] = []

    def register(number: int) -> None:
        start.wait()
        for i in range(200):
            pattern = f"/{number}/{i}"
            mux.handle(pattern, Named(pattern))
            if mux.handler(scope_of("GET", pattern))[1] != pattern:
                wrong.append(pattern)

    threads = [Thread(target=register, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    start.wait()
    wrong += [f"/x/{i}" for i in range(200) if ask(mux, "GET", f"/x/{i}").body != b"/"]
    for thread in threads:
        thread.join()
    assert wrong == []
    assert ask(mux, "GET", "/2/199").body == b"/2/199"


def test_what_is_remembered_has_bounds() -> None:
    mux = mux_of("/")
    for number in range(MEMO_SIZE + 10):
        ask(mux, "GET", f"/{number}")
    assert len(mux._memo) <= MEMO_SIZE
    mux = mux_of("/")
    ask(mux, "GET", "/" + "a" * MEMO_KEY)
    ask(mux, "M" * MEMO_KEY, "/")
    assert mux._memo == {}


def test_ten_thousand_patterns_are_told_apart() -> None:
    mux = mux_of(*(f"/group{number}/{{name}}" for number in range(10_000)))
    for number in (0, 4_999, 9_999):
        assert ask(mux, "GET", f"/group{number}/a").body == f"/group{number}/{{name}}".encode()
    assert ask(mux, "GET", "/group10000/a").status == 404


def test_the_package_offers_the_multiplexer_only() -> None:
    assert package.__all__ == ["ServeMux"]
