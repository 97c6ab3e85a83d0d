"""A connection as its client sees it."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import pytest

from gomicro.connection.deadlines import DRAIN, LINGER
from gomicro.connection.phase import Phase
from tests.connection.harness import (
    CLOSE,
    END,
    GET,
    LOST,
    Peer,
    answering,
    echo,
    head,
    make_service,
    ok,
    post,
    quiet,
    request,
    talk,
    virtually,
)

BAD = (
    head(
        b"400 Bad Request",
        b"content-type: text/plain; charset=utf-8",
        b"content-length: 15",
        CLOSE,
    )
    + b"400 Bad Request"
)
KB = 1024


async def paths(scope: Any, receive: Any, send: Any) -> None:
    await answering(scope["path"].encode())(scope, receive, send)


def to(target: str) -> bytes:
    return request("GET", target=target)


def leave(peer: Peer, *, patient: bool) -> None:
    """Tell a connection that its service stops."""
    peer.service.phase = Phase.DRAINING if patient else Phase.HURRYING
    peer.connection.leave()


# Requests in a row.


def test_a_connection_is_kept() -> None:
    story = talk(paths, to("/a"), 0.5, to("/b"), 60.0, to("/c"))
    assert story.answer == ok(b"/a") + ok(b"/b") + ok(b"/c")
    assert story.closed_after is None


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_requests_may_be_cut_anywhere(size: int) -> None:
    data = to("/a") + post(b"body") + to("/b") + post(b"")
    pieces = [data[i : i + size] for i in range(0, len(data), size)]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await (echo if scope["method"] == "POST" else paths)(scope, receive, send)

    assert talk(app, *pieces).answer == ok(b"/a") + ok(b"body") + ok(b"/b") + ok(b"")


def test_pipelined_requests_are_answered_in_their_order() -> None:
    data = b"".join(to(f"/{n}") for n in range(20))
    assert talk(paths, data).answer == b"".join(ok(f"/{n}".encode()) for n in range(20))


def test_a_pipelined_request_waits_for_the_answer_before_it() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/slow":
            await asyncio.sleep(0.5)
        await paths(scope, receive, send)

    data = to("/slow") + to("/a")
    assert talk(app, data, 0.4).answer == b""
    assert talk(app, data, 0.4, to("/b"), 0.2).answer == ok(b"/slow") + ok(b"/a") + ok(b"/b")


def test_pipelined_requests_that_fill_the_buffer_wait_in_the_kernel() -> None:
    async def main() -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await asyncio.sleep(0.01)
            await answering()(scope, receive, send)

        peer = Peer(make_service(app))
        data = GET * (200 * KB // len(GET))
        for i in range(0, len(data), 16 * KB):
            await peer.send(data[i : i + 16 * KB])
        assert not peer.wire.is_reading()
        assert len(data) - peer.wire.undelivered() < 100 * KB
        await asyncio.sleep(100)
        assert peer.sent().count(b"ok") == len(data) // len(GET)
        assert peer.wire.undelivered() == 0
        peer.wire.lose(None)

    virtually(main)


def test_an_application_that_runs_on_after_its_answer_does_not_hold_up_the_next_request() -> None:
    done: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await paths(scope, receive, send)
        await asyncio.sleep(0.5)
        done.append(scope["path"])

    assert talk(app, to("/a"), to("/b")).answer == ok(b"/a") + ok(b"/b")
    talk(app, to("/a"), to("/b"), 1.0)
    assert done[-2:] == ["/a", "/b"]


def test_an_answer_within_a_call_of_the_application_begins_no_request_inside_of_it() -> None:
    order: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.01)
        order.append(f"begin {scope['path']}")
        await paths(scope, receive, send)
        order.append(f"end {scope['path']}")

    talk(app, to("/a") + to("/b"), 1.0)
    assert order == ["begin /a", "end /a", "begin /b", "end /b"]


def test_the_same_head_again_is_another_request() -> None:
    scopes: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)
        scope["headers"].append((b"x-seen", b"1"))
        scope["path"] = "/changed"
        scope["state"]["seen"] = True
        await echo(scope, receive, send)

    answer = talk(app, post(b"abc"), post(b"abd"), GET, GET, GET + GET).answer
    assert answer == ok(b"abc") + ok(b"abd") + ok(b"") * 4
    assert [len(scope["headers"]) for scope in scopes] == [3, 3, 2, 2, 2, 2]
    assert [scope["state"] for scope in scopes] == [{"seen": True}] * 6


# Blank lines around requests.


@pytest.mark.parametrize(
    ("steps", "good"),
    [
        pytest.param([post(b"a"), b"\r\n" + GET], True, id="CRLF after a POST"),
        pytest.param([post(b"a") + b"\r\n\r\n" + GET], True, id="two CRLF after a POST"),
        pytest.param([post(b"a"), b"\r\n", GET], True, id="CRLF, then the request"),
        pytest.param([post(b"a"), b"\r\n\r\n\r\n" + GET], False, id="three CRLF after a POST"),
        pytest.param(
            [post(b"a"), b"\r\n\r\n", b"\r\n" + GET], False, id="three CRLF after a POST, in two"
        ),
        pytest.param(
            [post(b"a"), b"\r\n", b"\r\n\r\n" + GET], False, id="three CRLF after a POST, cut"
        ),
        pytest.param([request("PUT"), b"\r\n" + GET], False, id="CRLF after a PUT"),
    ],
)
def test_after_a_post_up_to_four_bytes_of_line_ends_are_skipped(
    steps: list[bytes], good: bool
) -> None:
    answer = talk(answering(), *steps).answer
    assert answer == (ok() + ok() if good else ok() + BAD)


def test_a_blank_line_before_the_first_request_is_refused() -> None:
    assert talk(answering(), b"\r\n" + GET).answer == BAD


# Heads that are refused.


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"bad\r\n\r\n", id="no request line"),
        pytest.param(b"GET / HTTP/1.1\r\nbad\r\n", id="bad line of an incomplete head"),
        pytest.param(b"GET / HTTP/1.1\n", id="bare LF"),
        pytest.param(to("/a b"), id="space in the target"),
        pytest.param(request("GET", "Host: h"), id="two Hosts"),
    ],
)
def test_a_bad_head_is_refused_once_and_closes(data: bytes) -> None:
    story = talk(answering(), data, GET, 1.0)
    assert story.answer == BAD
    assert story.closed_after == LINGER
    assert story.half_closed
    assert [(e["event"], e["status"], e["client"]) for e in story.entries] == [
        ("request refused", 400, "10.0.0.1:4711")
    ]


def test_a_bad_head_in_pieces_is_refused_at_its_bad_line() -> None:
    story = talk(answering(), b"GET / HTTP/1.1\r\n", 0.1, b"bad", 0.1, b"\r\n", 1.0)
    assert story.answer == BAD
    assert story.closed_after == 0.7


def test_requests_before_a_bad_one_are_answered() -> None:
    assert talk(paths, to("/a") + b"bad\r\n\r\n" + to("/b")).answer == ok(b"/a") + BAD


def test_a_refusal_without_a_client_address_is_logged() -> None:
    async def main() -> None:
        peer = Peer(make_service(answering()), peername=None)
        await peer.send(b"bad\r\n\r\n")
        peer.wire.lose(None)

    assert [entry["client"] for entry in virtually(main)] == [""]


GO_LIMIT = 1024 * KB + 4096


@pytest.mark.parametrize("size", [16 * KB, 64 * KB, 2048 * KB])
@pytest.mark.parametrize(("length", "good"), [(GO_LIMIT, True), (GO_LIMIT + 1, False)])
def test_a_head_may_have_a_megabyte_and_gos_slop(size: int, length: int, good: bool) -> None:
    frame = len(request("GET", "X: "))
    data = request("GET", "X: " + "y" * (length - frame))
    assert len(data) == length
    story = talk(answering(), *[data[i : i + size] for i in range(0, length, size)], 1.0)
    if good:
        assert story.answer == ok()
    else:
        assert story.answer.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
        assert story.events() == ["request refused"]


def test_a_head_that_never_ends_is_refused_at_the_limit() -> None:
    story = talk(answering(), b"GET / HTTP/1.1\r\nX: ", *[b"y" * 1000] * 10, max_header_bytes=4096)
    assert story.answer.startswith(b"HTTP/1.1 431 ")


def test_five_hundred_and_one_header_values_are_refused() -> None:
    assert talk(answering(), request("GET", *["a: b"] * 499)).answer == ok()
    answer = talk(answering(), request("GET", *["a: b"] * 500)).answer
    assert answer.startswith(b"HTTP/1.1 431 ")


# Deadlines.


@pytest.mark.parametrize(
    ("steps", "answer", "closed_after"),
    [
        pytest.param([5.0], b"", 1, id="nothing"),
        pytest.param([b"GET / HTTP/1.1\r\nHost: h\r\n", 5.0], b"", 1, id="incomplete head"),
        pytest.param([b"GET / HT", 5.0], BAD, 1 + LINGER, id="partial request line"),
        pytest.param([b"GET / HTTP/1.1\r\nHo", 5.0], BAD, 1 + LINGER, id="line without colon"),
        pytest.param([0.9, GET, 200.0], ok(), 120.9, id="idle"),
        pytest.param([GET, 100.0, b"GET", 200.0], ok(), 120, id="three bytes are still idle"),
        pytest.param([GET, 100.0, b"GET /", 20.0], ok() + BAD, 101.5, id="four bytes are not"),
        pytest.param([GET, 100.0, GET[:-2], 20.0], ok(), 101, id="incomplete second head"),
        pytest.param([GET[:-2], 0.9, GET[-2:] + GET[:-2], 3.0], ok(), 1.9, id="pipelined"),
    ],
)
def test_a_slow_client_is_cut(steps: list[Any], answer: bytes, closed_after: float) -> None:
    story = talk(answering(), *steps)
    assert story.answer == answer
    assert story.closed_after == closed_after


def test_a_head_has_its_own_deadline() -> None:
    options = {"read_timeout": 5.0, "read_header_timeout": 2.0}
    assert talk(echo, GET[:-2], 9.0, **options).closed_after == 2
    assert talk(echo, post(b"ab")[:-1], 4.5, b"b", write_timeout=9.0, **options).answer == ok(b"ab")


def test_dribbling_does_not_put_the_deadline_off() -> None:
    dribble = [step for byte in GET[:20] for step in (bytes([byte]), 0.1)]
    story = talk(answering(), *dribble)
    assert story.closed_after is not None
    assert story.closed_after <= 1 + LINGER


def test_the_read_deadline_covers_head_and_body() -> None:
    story = talk(echo, 0.5, post(b"abc")[:-1], 0.6)
    assert story.answer == head(b"400 Bad Request", b"content-length: 4", CLOSE) + b"Oops"


def test_without_timeouts_a_connection_stays() -> None:
    off = {"read_timeout": 0.0, "write_timeout": 0.0, "idle_timeout": 0.0}
    data = post(b"abc")
    story = talk(echo, 1e6, data[:9], 1e6, data[9:-1], 1e6, b"c", 1e6, GET, **off)
    assert story.answer == ok(b"abc") + ok(b"")
    assert story.closed_after is None


def test_a_late_answer_to_a_kept_connection_leaves_it_the_idle_time() -> None:
    """The timer that was set for the first request must not end the wait for the second."""
    story = talk(answering(), GET, 119.0, GET, 119.0, GET)
    assert story.answer == ok() * 3
    assert story.closed_after is None


def test_a_short_idle_time_holds() -> None:
    assert talk(answering(), GET, 5.0, idle_timeout=0.5).closed_after == 0.5


# The peer closes its side.


@pytest.mark.parametrize(
    ("steps", "answer"),
    [
        pytest.param([END], b"", id="nothing sent"),
        pytest.param([b"GET", END], BAD, id="three bytes"),
        pytest.param([GET[:-2], END], BAD, id="incomplete head"),
        pytest.param([b"GET / HTTP/1.1\r\nHo", END], BAD, id="incomplete line"),
        pytest.param([GET, END], ok(), id="kept alive"),
        pytest.param([GET, b"GE", END], ok(), id="less than four bytes of the next"),
        pytest.param([GET, GET[:-2], END], ok() + BAD, id="incomplete second head"),
        pytest.param([GET + GET[:-2], END], ok() + BAD, id="incomplete pipelined head"),
    ],
)
def test_half_closing(steps: list[Any], answer: bytes) -> None:
    story = talk(answering(), *steps)
    assert story.answer == answer
    assert story.closed_after == 0


def test_requests_that_were_sent_before_the_end_are_answered() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.1)
        await paths(scope, receive, send)

    story = talk(app, to("/a") + to("/b") + to("/c"), END, 1.0)
    assert story.answer == ok(b"/a") + ok(b"/b") + ok(b"/c")
    assert story.closed_after == 0.3


def test_an_incomplete_request_behind_one_in_flight_is_refused_at_the_end() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.1)
        await paths(scope, receive, send)

    assert talk(app, to("/a") + to("/b")[:-2], END, 1.0).answer == ok(b"/a") + BAD


def test_the_end_of_a_lingering_connection_closes_it() -> None:
    assert talk(answering(), b"bad\r\n\r\n", END).closed_after == 0


def test_over_tls_nobody_lingers_or_stays_half_closed() -> None:
    async def main() -> None:
        peer = Peer(make_service(echo), sslcontext=ssl.create_default_context())
        await peer.send(b"bad\r\n\r\n")
        assert peer.closed_after() == 0
        assert not peer.wire.half_closed

        async def waits(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await receive()

        peer = Peer(make_service(waits), sslcontext=ssl.create_default_context())
        await peer.send(GET)
        assert peer.connection.stream.exchange.scope["scheme"] == "https"
        peer.wire.end()
        assert peer.wire.closing
        await quiet()

    virtually(main)


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([post(b"abc")[:-3], b"abc"], id="a body that comes later"),
        pytest.param([request("HEAD")], id="HEAD"),
        pytest.param([GET], id="the usual"),
    ],
)
def test_a_head_is_parsed_once_a_request_however_it_is_served(pieces: list[bytes]) -> None:
    async def main() -> None:
        peer = Peer(make_service(echo))
        for times in (1, 2):
            for piece in pieces:
                await peer.send(piece)
            assert len(peer.service.heads.known) == times - 1  # it is known when it comes again
        peer.wire.lose(None)

    virtually(main)


# A connection that ends.


@pytest.mark.parametrize("data", [b"", GET[:9], GET, post(b"abc")[:-1], GET * 3])
def test_nothing_is_left_of_a_connection_that_breaks(data: bytes) -> None:
    async def main() -> None:
        peer = Peer(make_service(echo))
        if data:
            await peer.send(data)
        peer.wire.lose(ConnectionResetError())
        await quiet()
        assert not peer.service.connections
        assert not peer.service.tasks
        assert peer.timers() == []

    virtually(main)


def test_a_peer_that_goes_while_its_answer_is_on_its_way_leaves_nothing_behind() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.5)
        await answering()(scope, receive, send)

    story = talk(app, GET + GET, LOST, 1.0)
    assert story.answer == b""
    assert story.closed_after == 0


def test_a_request_that_is_lost_is_logged_only_where_it_is_wanted() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.5)

    (entry,) = talk(app, GET, LOST).entries
    assert (entry["event"], entry["status"]) == ("request", 0)
    assert talk(app, GET, LOST, access_log=False).entries == []


@pytest.mark.usefixtures("eager")
def test_taking_an_answer_within_a_call_of_the_application_begins_nothing_inside() -> None:
    async def main() -> None:
        order: list[str] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            order.append(f"begin {scope['path']}")
            await answering(b"x" * 70_000)(scope, receive, send)
            peer.wire.take()
            order.append(f"end {scope['path']}")

        peer = Peer(make_service(app))
        peer.wire.stuck = True
        await peer.send(to("/a") + to("/b"))
        await asyncio.sleep(0.1)
        assert order == ["begin /a", "end /a", "begin /b", "end /b"]
        peer.wire.lose(None)

    virtually(main)


def test_a_lingering_close_leaves_a_slow_reader_its_time() -> None:
    """The answer must not be cut off before the write deadline by the wait for the peer's end."""

    async def main() -> None:
        peer = Peer(make_service(answering(b"x" * 500_000, headers=[(b"connection", b"close")])))
        peer.wire.stuck = True
        await peer.send(GET + GET)
        await asyncio.sleep(0.8)
        assert not peer.wire.aborted
        peer.wire.take()
        await asyncio.sleep(5)
        assert peer.wire.closed

    virtually(main)


# What the application is told.


def scope_of(data: bytes, *, extra: dict[str, Any] | None = None, **options: Any) -> Any:
    scopes: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)
        await answering()(scope, receive, send)

    async def main() -> None:
        peer = Peer(make_service(app, **options), **(extra or {}))
        await peer.send(data)
        peer.wire.lose(None)

    virtually(main)
    return scopes[0]


def test_the_scope_is_asgis() -> None:
    scope = scope_of(request("POST", "X-A: b", target="/a%20b?c=d"))
    assert set(scope.pop("extensions")) == {
        "gomicro.shutdown",
        "gomicro.request",
        "gomicro.connection",
    }
    assert scope == {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("10.0.0.2", 80),
        "client": ("10.0.0.1", 4711),
        "scheme": "http",
        "method": "POST",
        "root_path": "",
        "path": "/a b",
        "raw_path": b"/a%20b",
        "query_string": b"c=d",
        "headers": [(b"host", b"h"), (b"x-a", b"b")],
        "state": {},
    }


def test_the_scope_of_http_10() -> None:
    scope = scope_of(b"GET / HTTP/1.0\r\n\r\n")
    assert (scope["http_version"], scope["headers"]) == ("1.0", [])


def test_the_scope_under_a_root_path() -> None:
    scope = scope_of(to("/%61"), root_path="/api")
    assert (scope["root_path"], scope["path"], scope["raw_path"]) == (
        "/api",
        "/api/a",
        b"/api/%61",
    )


def test_the_scope_of_a_unix_socket() -> None:
    scope = scope_of(GET, extra={"peername": "", "sockname": "/run/s"})
    assert (scope["client"], scope["server"]) == (None, ("/run/s", None))


def test_each_request_has_its_own_copy_of_the_state() -> None:
    states: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        states.append(dict(scope["state"]))
        scope["state"]["mine"] = 1
        await answering()(scope, receive, send)

    async def main() -> None:
        service = make_service(app)
        service.state["shared"] = 2
        peer = Peer(service)
        await peer.send(GET + GET)
        peer.wire.lose(None)

    virtually(main)
    assert states == [{"shared": 2}] * 2


def test_each_request_has_a_context_of_its_own() -> None:
    from contextvars import ContextVar

    variable: ContextVar[str] = ContextVar("variable", default="unset")
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(variable.get())
        variable.set("set")
        await answering()(scope, receive, send)

    talk(app, GET, GET + GET)
    assert seen == ["unset"] * 3


# The access log.


def test_a_request_is_logged_once_when_it_is_answered() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.25)
        await answering(b"abc", 201)(scope, receive, send)

    story = talk(app, request("PUT", "X-Request-Id: mine", target="/a%0Ab?c"), 1.0)
    assert story.entries == [
        {
            "event": "request",
            "log_level": "info",
            "method": "PUT",
            "path": "/a\nb",
            "status": 201,
            "bytes": 3,
            "duration": 0.25,
            "client": "10.0.0.1:4711",
            "request_id": "mine",
        }
    ]


def test_requests_without_an_id_are_given_one() -> None:
    ids = [entry["request_id"] for entry in talk(answering(), GET * 3).entries]
    assert len(set(ids)) == 3


def test_requests_are_not_logged_where_nobody_wants_it() -> None:
    assert talk(answering(), GET, access_log=False).entries == []
    closing = answering(headers=[(b"connection", b"close")])
    assert talk(closing, GET, access_log=False).entries == []


# The service stops.


@pytest.mark.parametrize(
    ("before", "wait", "after", "closed_after"),
    [
        pytest.param(b"", 0, b"", 0, id="new, at once"),
        pytest.param(GET, 0, b"", 0, id="idle, at once"),
        pytest.param(GET, 0.5, b"", 1, id="idle, after a wait"),
        pytest.param(b"", 0.5, b"", 1, id="new, after a wait"),
    ],
)
def test_an_idle_connection_is_closed_when_the_service_stops(
    before: bytes, wait: float, after: bytes, closed_after: float
) -> None:
    async def main() -> None:
        peer = Peer(make_service(answering()))
        if before:
            await peer.send(before)
        leave(peer, patient=bool(wait))
        await asyncio.sleep(2)
        assert peer.closed_after() == closed_after

    virtually(main)


@pytest.mark.parametrize(("patient", "closed_after"), [(False, 0.1), (True, LINGER)])
def test_a_connection_that_lingers_does_not_hold_a_service_that_stops_at_once(
    patient: bool, closed_after: float
) -> None:
    async def main() -> None:
        peer = Peer(make_service(answering()))
        await peer.send(b"BAD\r\n\r\n")
        await asyncio.sleep(0.1)
        leave(peer, patient=patient)
        await asyncio.sleep(2)
        assert peer.closed_after() == pytest.approx(closed_after)

    virtually(main)


@pytest.mark.parametrize("steps", [[GET], [GET[:9], GET[9:]], [b"GE", GET[2:]]])
@pytest.mark.parametrize("before", [b"", GET])
def test_the_next_request_is_answered_with_close_when_the_service_stops(
    before: bytes, steps: list[bytes]
) -> None:
    async def main() -> None:
        peer = Peer(make_service(answering()))
        if before:
            await peer.send(before)
        leave(peer, patient=True)
        await asyncio.sleep(0.5)
        for step in steps:
            await peer.send(step)
        assert peer.sent().endswith(ok(b"ok", CLOSE))
        await asyncio.sleep(5)
        assert peer.closed_after() == 0.5 + LINGER

    virtually(main)


def test_a_request_in_flight_is_answered_with_close_when_the_service_stops() -> None:
    async def main() -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await asyncio.sleep(0.5)
            await answering()(scope, receive, send)

        peer = Peer(make_service(app))
        await peer.send(GET)
        assert peer.connection.in_flight() is not None
        leave(peer, patient=True)
        await asyncio.sleep(0.6)
        assert peer.sent() == ok(b"ok", CLOSE)
        assert peer.connection.in_flight() is None
        peer.wire.end()
        await quiet()
        assert peer.closed_after() == 0.6

    virtually(main)


def test_an_incomplete_request_is_waited_for_when_the_service_stops() -> None:
    async def main() -> None:
        peer = Peer(make_service(answering()))
        await peer.send(GET[:9])
        leave(peer, patient=False)
        await peer.send(GET[9:])
        assert peer.sent() == ok(b"ok", CLOSE)
        peer.wire.lose(None)

    virtually(main)


def test_to_be_told_again_does_not_put_the_end_off() -> None:
    async def main() -> None:
        peer = Peer(make_service(answering()))
        leave(peer, patient=True)
        await asyncio.sleep(0.9)
        leave(peer, patient=True)
        await asyncio.sleep(2)
        assert peer.closed_after() == 1

    virtually(main)


def test_a_connection_that_is_accepted_while_the_service_stops_is_given_its_time() -> None:
    async def main() -> None:
        service = make_service(answering())
        service.phase = Phase.DRAINING
        peer = Peer(service)
        await asyncio.sleep(5)
        assert peer.closed_after() == DRAIN

    virtually(main)


def test_hurry_closes_a_connection_that_was_given_time() -> None:
    async def main() -> None:
        peer = Peer(make_service(answering()))
        leave(peer, patient=True)
        await asyncio.sleep(0.3)
        leave(peer, patient=False)
        await quiet()
        assert peer.closed_after() == 0.3

    virtually(main)


def test_a_slow_reader_is_closed_when_it_has_taken_its_answer_and_the_service_stops() -> None:
    """Not after the idle time, which would use up the shutdown's grace."""

    async def main() -> None:
        peer = Peer(make_service(answering(b"x" * 50_000), write_timeout=10.0))
        peer.wire.stuck = True
        await peer.send(GET)
        await asyncio.sleep(2)
        leave(peer, patient=True)
        await asyncio.sleep(1)
        peer.wire.take()
        await asyncio.sleep(20)
        assert peer.wire.closed

    virtually(main)


def test_a_slow_reader_gets_its_answer_when_the_service_stops() -> None:
    async def main() -> None:
        peer = Peer(make_service(answering(b"x" * 500_000)))
        peer.service.phase = Phase.DRAINING
        peer.wire.stuck = True
        await peer.send(GET)
        await asyncio.sleep(0.8)
        assert not peer.wire.aborted
        peer.wire.lose(None)

    virtually(main)
