"""Responses, as an application sends them."""

from __future__ import annotations

import asyncio
import re
from array import array
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from gomicro.connection import service
from gomicro.connection.phase import Phase
from tests.connection.harness import (
    CLOSE,
    END,
    GET,
    LOST,
    App,
    Message,
    Peer,
    answering,
    echo,
    head,
    make_service,
    ok,
    part,
    post,
    quiet,
    request,
    sending,
    start,
    talk,
    virtually,
)

CHUNKED = b"transfer-encoding: chunked"
HEAD = request("HEAD")
HTTP_10 = b"GET / HTTP/1.0\r\n\r\n"
ERROR = (
    head(
        b"500 Internal Server Error",
        b"content-type: text/plain; charset=utf-8",
        b"content-length: 21",
        CLOSE,
    )
    + b"Internal Server Error"
)


def test_a_response_leaves_in_one_write() -> None:
    async def main() -> None:
        peer = Peer(make_service(answering()))
        await peer.send(GET)
        assert len(peer.wire.written) == 1
        peer.wire.lose(None)

    virtually(main)


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        pytest.param([start(), part(b"ab", more=False)], ok(b"ab"), id="whole"),
        pytest.param([start(), {"type": "http.response.body"}], ok(b""), id="defaults of ASGI"),
        pytest.param(
            [{"type": "http.response.start", "status": 200}, part(b"ab", more=False)],
            ok(b"ab"),
            id="no headers",
        ),
        pytest.param(
            [start(), part(b"ab"), part(b""), part(b"c"), part(b"", more=False)],
            head(b"200 OK", CHUNKED) + b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
            id="streamed",
        ),
        pytest.param(
            [start(), part(b"ab"), part(b"c", more=False)],
            head(b"200 OK", CHUNKED) + b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
            id="streamed to the last part",
        ),
        pytest.param(
            [start(headers=[(b"content-length", b"3")]), part(b"ab"), part(b"c", more=False)],
            ok(b"abc"),
            id="streamed with a length",
        ),
        pytest.param(
            [start(204, [(b"content-length", b"2")]), part(b"ab", more=False)],
            head(b"204 No Content"),
            id="204",
        ),
        pytest.param([start(304), part(b"ab", more=False)], head(b"304 Not Modified"), id="304"),
        pytest.param(
            [start(418, [(b"X-A", b"b")]), part(b"", more=False)],
            head(b"418 I'm a teapot", b"x-a: b", b"content-length: 0"),
            id="status and header",
        ),
        pytest.param([start(), part(b"x" * 70_000, more=False)], ok(b"x" * 70_000), id="large"),
    ],
)
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_what_is_sent_is_what_is_written(
    messages: list[Message], expected: bytes, kind: Callable[[bytes], Any]
) -> None:
    messages = [{**m, "body": kind(m["body"])} if "body" in m else m for m in messages]
    story = talk(sending(*messages), GET, GET)
    assert story.answer == expected * 2
    assert story.closed_after is None
    assert story.events() == ["request", "request"]


@pytest.mark.parametrize("size", [3, 100_000])
def test_a_buffer_has_the_length_of_its_bytes(size: int) -> None:
    """Starlette takes a memoryview; one of numbers has fewer of them than bytes."""
    body = array("d", range(size))
    begun = start(headers=[(b"content-length", b"%d" % (8 * size))])
    in_parts = sending(begun, part(memoryview(body)), part(memoryview(b""), more=False))
    assert talk(in_parts, GET).answer == ok(body.tobytes())
    whole = sending(start(), part(memoryview(body), more=False))
    assert talk(whole, GET).answer == ok(body.tobytes())
    last = talk(whole, request("GET", "Connection: close"))
    assert last.answer == ok(body.tobytes(), CLOSE)


@pytest.mark.parametrize("body", [None, "text", 3])
@pytest.mark.parametrize("more", [False, True])
def test_what_has_no_bytes_is_no_body(body: Any, *, more: bool) -> None:
    story = talk(sending(start(), part(body, more=more)), GET)
    assert story.answer == ERROR
    assert "application failed" in story.events()


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        pytest.param([start(), part(b"ab", more=False)], [b"content-length: 2"], id="length"),
        pytest.param([start(), part(b"", more=False)], [], id="empty"),
        pytest.param([start(), part(b"ab"), part(b"c", more=False)], [], id="streamed"),
    ],
)
def test_a_response_to_head_has_no_body(messages: list[Message], expected: list[bytes]) -> None:
    story = talk(sending(*messages), HEAD, HEAD)
    assert story.answer == head(b"200 OK", *expected) * 2
    assert [entry["bytes"] for entry in story.entries] == [0, 0]


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        pytest.param(
            [start(), part(b"ab", more=False)],
            head(b"200 OK", b"content-length: 2", CLOSE) + b"ab",
            id="length",
        ),
        pytest.param(
            [start(), part(b"ab"), part(b"c", more=False)],
            head(b"200 OK", CLOSE) + b"abc",
            id="ends by closing",
        ),
    ],
)
def test_http_10_is_closed(messages: list[Message], expected: bytes) -> None:
    story = talk(sending(*messages), HTTP_10)
    assert story.answer == expected
    assert story.closed_after == 0


def test_http_10_is_kept_if_asked_for() -> None:
    data = b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    story = talk(answering(), data, data)
    assert story.answer == ok(b"ok", b"connection: keep-alive") * 2
    assert story.closed_after is None


def test_an_application_may_close_the_connection() -> None:
    story = talk(answering(headers=[(b"Connection", b"close")]), GET + GET, 1.0)
    assert story.answer == ok(b"ok", CLOSE)
    assert story.closed_after is not None


def test_a_head_is_sent_when_the_application_waits_before_the_body() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start())
        await asyncio.sleep(0.5)
        await send(part(b"ab", more=False))

    begun = head(b"200 OK", CHUNKED)
    assert talk(app, GET).answer == begun
    assert talk(app, GET, 0.6).answer == begun + b"2\r\nab\r\n0\r\n\r\n"


def test_a_head_is_sent_when_a_later_step_of_the_application_waits() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.1)
        await send(start(headers=[(b"content-length", b"2")]))
        await asyncio.sleep(0.5)
        await send(part(b"ab", more=False))

    assert talk(app, GET).answer == b""
    assert talk(app, GET, 0.2).answer == head(b"200 OK", b"content-length: 2")
    assert talk(app, GET, 0.7).answer == ok(b"ab")


def test_a_response_begun_and_ended_in_a_later_step_leaves_whole() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.1)
        await answering()(scope, receive, send)

    assert talk(app, GET, 0.2).answer == ok()


def test_what_is_sent_to_a_lost_connection_is_dropped() -> None:
    done: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await receive()
        await send(start())
        await send(part(b"a"))
        await send({"type": "anything"})
        done.append("done")

    story = talk(app, GET, LOST)
    assert done == ["done"]
    assert story.answer == b""
    assert "application failed" not in story.events()


# An application that errs.


async def raises(scope: Any, receive: Any, send: Any) -> None:
    raise ValueError("no")


async def says_nothing(scope: Any, receive: Any, send: Any) -> None:
    pass


async def returns_something(scope: Any, receive: Any, send: Any) -> Any:
    return 5


@pytest.mark.parametrize(
    ("app", "event"),
    [
        pytest.param(raises, "application failed", id="raises"),
        pytest.param(
            says_nothing, "application returned without starting a response", id="says nothing"
        ),
        pytest.param(
            returns_something, "application returned int instead of None", id="returns a value"
        ),
        pytest.param(sending({"type": "http.response.body"}), "application failed", id="no start"),
        pytest.param(sending({"type": "x"}), "application failed", id="unknown message"),
        pytest.param(
            sending({"type": "http.response.start"}), "application failed", id="no status"
        ),
    ],
)
def test_an_application_that_errs_before_its_response_is_answered_for(app: Any, event: str) -> None:
    story = talk(app, GET, 1.0)
    assert story.answer == ERROR
    assert story.closed_after is not None
    assert sorted(story.events()) == sorted([event, "request"])


@pytest.mark.parametrize(
    ("messages", "event"),
    [
        pytest.param(
            [start(), part(b"a")],
            "application returned without completing its response",
            id="not complete",
        ),
        pytest.param([start(), part(b"a"), start()], "application failed", id="a second start"),
        pytest.param([start(), part(b"a"), {"type": "x"}], "application failed", id="unknown"),
        pytest.param(
            [start(headers=[(b"content-length", b"1")]), part(b"a"), part(b"b")],
            "application failed",
            id="longer than its length",
        ),
        pytest.param(
            [start(headers=[(b"content-length", b"2")]), part(b"a"), part(b"", more=False)],
            "application failed",
            id="shorter than its length",
        ),
    ],
)
def test_an_application_that_errs_in_its_response_has_the_connection_closed(
    messages: list[Message], event: str
) -> None:
    story = talk(sending(*messages), GET)
    assert story.answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"0\r\n\r\n" not in story.answer
    assert b"500" not in story.answer
    assert story.closed_after == 0
    assert event in story.events()


@pytest.mark.parametrize(
    "messages",
    [
        pytest.param([start(1000), part(b"a", more=False)], id="whole"),
        pytest.param([start(1000), part(b"a")], id="streamed"),
    ],
)
def test_a_bad_status_is_never_written(messages: list[Message]) -> None:
    story = talk(sending(*messages), GET, 1.0)
    assert b"1000" not in story.answer
    assert "application failed" in story.events()
    assert story.closed_after is not None


def test_a_bad_status_of_an_application_that_waits_is_its_own_error() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(1000))
        await asyncio.sleep(0.1)
        await send(part(b"a", more=False))

    story = talk(app, GET, 1.0)
    assert b"1000" not in story.answer
    assert "application failed" in story.events()
    assert story.closed_after is not None


@pytest.mark.parametrize("late", [0.0, 0.1])
def test_a_bad_header_raises_in_the_application_which_may_answer_otherwise(late: float) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if late:
            await asyncio.sleep(late)
        try:
            await send(start(headers=[(b"a", b"b\r\nc: d")]))
        except RuntimeError as error:
            await answering(str(error).encode())(scope, receive, send)

    assert talk(app, GET, 0.2).answer == ok(b"Invalid HTTP header value.")


def test_a_message_after_the_response_is_an_error_of_the_application() -> None:
    errors: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await answering()(scope, receive, send)
        for message in (part(b"a"), start()):
            try:
                await send(message)
            except RuntimeError as error:
                errors.append(str(error))

    assert talk(app, GET, GET).answer == ok() * 2
    assert errors[:2] == [
        "Unexpected ASGI message 'http.response.body' sent, after the response's end.",
        "Expected ASGI message 'http.response.body', but got 'http.response.start'.",
    ]


def test_an_error_is_logged_once_with_its_exception() -> None:
    entries = talk(raises, GET).entries
    failed = [entry for entry in entries if entry["event"] == "application failed"]
    assert len(failed) == 1
    (entry,) = failed
    error, at = entry.pop("exc_info"), entry.pop("at")
    assert isinstance(error, ValueError)
    assert at.startswith("tests/connection/test_exchange.py:")
    assert entry.pop("request_id")
    assert entry == {
        "event": "application failed",
        "log_level": "error",
        "method": "GET",
        "path": "/",
        "error": "ValueError",
    }


def test_an_error_after_the_response_is_logged() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await answering()(scope, receive, send)
        raise ValueError

    story = talk(app, GET)
    assert story.answer == ok()
    assert "application failed" in story.events()


def test_an_error_after_the_response_leaves_the_next_request_alone() -> None:
    first = True

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal first
        if first:
            first = False
            await answering(b"one")(scope, receive, send)
            await asyncio.sleep(0.2)
            raise ValueError
        await asyncio.sleep(0.2)
        await answering(b"two")(scope, receive, send)

    story = talk(app, GET, 0.1, GET, 0.3)
    assert story.answer == ok(b"one") + ok(b"two")


def test_an_application_that_cancels_itself_has_failed() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise asyncio.CancelledError

    assert talk(app, GET).answer == ERROR


@pytest.mark.parametrize("error", [asyncio.CancelledError, SystemExit])
def test_no_error_of_an_application_ends_the_server(error: type[BaseException]) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise error

    assert talk(app, GET).answer == ERROR


# Flow control.


def test_an_application_waits_for_a_peer_that_takes_nothing() -> None:
    async def main() -> None:
        sent = 0

        async def app(scope: Any, receive: Any, send: Any) -> None:
            nonlocal sent
            await send(start())
            for _ in range(8):
                await send(part(b"x" * 32_768))
                sent += 1
            await send(part(b"", more=False))

        peer = Peer(make_service(app))
        peer.wire.stuck = True
        await peer.send(GET)
        assert sent == 2
        peer.wire.take()
        await quiet()
        assert sent == 4
        peer.wire.stuck = False
        peer.wire.take()
        await quiet()
        assert sent == 8
        assert peer.sent().endswith(b"0\r\n\r\n")
        peer.wire.lose(None)

    virtually(main)


def test_an_application_that_waits_for_a_lost_peer_goes_on() -> None:
    async def main() -> None:
        done: list[str] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send(start())
            await asyncio.gather(*[send(part(b"x" * 70_000)) for _ in range(3)])
            done.append("done")

        peer = Peer(make_service(app))
        peer.wire.stuck = True
        await peer.send(GET)
        assert done == []
        peer.wire.lose(ConnectionResetError())
        await quiet()
        assert done == ["done"]
        assert not peer.service.tasks

    virtually(main)


def test_requests_wait_while_the_peer_takes_no_answers() -> None:
    async def main() -> None:
        peer = Peer(make_service(answering(b"x" * 70_000)))
        peer.wire.stuck = True
        await peer.send(GET * 4)
        assert peer.sent().count(b"HTTP/1.1 200") == 1
        peer.wire.stuck = False
        peer.wire.take()
        await quiet()
        assert peer.sent().count(b"HTTP/1.1 200") == 4
        peer.wire.lose(None)

    virtually(main)


# The write deadline.


def test_the_write_deadline_cancels_the_handler_and_closes() -> None:
    ended: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError as error:
            ended.append(str(error))
            raise

    story = talk(app, GET, 3.0, write_timeout=2.0)
    assert ended == ["the write deadline has passed"]
    assert story.answer == b""
    assert story.closed_after == 2.0
    assert story.events() == ["write deadline passed", "request"]
    entry = story.entries[0]
    assert entry["write_timeout"] == 2.0
    assert "--write-timeout" in entry["hint"]
    assert (entry["method"], entry["path"]) == ("GET", "/")


def test_a_slow_reader_is_cut_at_the_write_deadline() -> None:
    async def main() -> None:
        peer = Peer(make_service(answering(b"x" * 500_000)))
        peer.wire.stuck = True
        await asyncio.sleep(0.5)
        await peer.send(GET)
        await asyncio.sleep(5)
        assert peer.wire.aborted
        assert peer.closed_after() == 1.5

    request, late = virtually(main)
    assert (request["event"], request["status"]) == ("request", 200)
    assert (late["event"], late["waiting_for"], late["client"]) == (
        "write deadline passed",
        "client",
        "10.0.0.1:4711",
    )


def test_a_slow_reader_of_a_stream_is_cut_at_the_write_deadline() -> None:
    async def main() -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send(start())
            while True:
                await send(part(b"x" * 70_000))

        peer = Peer(make_service(app))
        peer.wire.stuck = True
        await peer.send(GET)
        await asyncio.sleep(5)
        assert peer.wire.aborted
        assert peer.closed_after() == 1
        assert not peer.service.tasks

    assert [e["event"] for e in virtually(main)] == ["write deadline passed", "request"]


def test_the_write_deadline_begins_at_the_end_of_the_headers() -> None:
    story = talk(echo, GET[:9], 0.9, GET[9:], 0.9, read_timeout=5.0)
    assert story.answer == ok(b"")

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.95)
        await answering()(scope, receive, send)

    assert talk(slow, GET[:9], 0.9, GET[9:], 1.0).answer == ok()


def test_the_write_deadline_stands_while_a_body_is_thrown_away() -> None:
    story = talk(answering(), post(b"abc")[:-1], 3.0, read_timeout=0.0)
    assert story.answer == b""
    assert story.closed_after == 1.0


def test_what_an_application_that_failed_has_written_is_cut_at_the_write_deadline() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start())
        await send(part(b"x" * 1000))
        await asyncio.sleep(0.1)
        raise ValueError

    async def main() -> None:
        peer = Peer(make_service(app))
        peer.wire.stuck = True
        await peer.send(GET)
        await asyncio.sleep(0.2)
        assert peer.wire.closing
        await asyncio.sleep(5)
        assert peer.wire.aborted
        assert peer.closed_after() == 1.1

    virtually(main)


def test_a_half_closed_peer_gets_its_answer() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.5)
        await answering()(scope, receive, send)

    story = talk(app, GET, END, 1.0)
    assert story.answer == ok()
    assert story.closed_after == 0.5


# The end of an exchange.


@pytest.mark.parametrize("step", ["answered", LOST], ids=["answered", "lost"])
def test_whoever_waits_in_receive_is_woken_by_the_end_of_the_response(step: str) -> None:
    told: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def wait() -> None:
            while (message := await receive())["type"] != "http.disconnect":
                assert message["type"] == "http.request"
            told.append(message["type"])

        waiting = [asyncio.create_task(wait()) for _ in range(2)]
        await asyncio.sleep(0.1)
        await answering()(scope, receive, send)
        await asyncio.gather(*waiting)

    for data in (GET, post(b"abc"), request("POST", "Content-Length: 3")):
        told.clear()
        talk(app, data, 0.05, *([LOST] if step is LOST else [0.15, b"abc"]), 1.0)
        assert told == ["http.disconnect"] * 2


@pytest.mark.parametrize("late", [0.0, 0.1])
def test_an_exception_after_a_whole_response_keeps_the_connection(late: float) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await answering(b"oops", 500)(scope, receive, send)
        if late:
            await asyncio.sleep(late)
        raise ValueError("after")

    story = talk(app, GET, post(b"abc"), 1.0, GET, 1.0)
    assert story.answer == (head(b"500 Internal Server Error", b"content-length: 4") + b"oops") * 3
    assert story.closed_after is None
    assert story.events().count("application failed") == 3


def test_an_exception_after_the_last_part_keeps_the_connection() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in (start(), part(b"a"), part(b"", more=False)):
            await send(message)
        raise ValueError("after")

    story = talk(app, GET, GET)
    assert story.answer == (head(b"200 OK", CHUNKED) + b"1\r\na\r\n0\r\n\r\n") * 2
    assert story.closed_after is None


def test_a_failure_after_a_start_of_which_nothing_is_written_is_a_500() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(headers=[(b"x", b"y")]))
        raise ValueError("before the body")

    assert talk(app, GET).answer == ERROR


@pytest.mark.parametrize(
    "messages",
    [
        pytest.param(
            [start(headers=[(b"content-length", b"9")]), part(b"a", more=False)], id="short"
        ),
        pytest.param(
            [start(headers=[(b"content-length", b"1")]), part(b"abc", more=False)], id="long"
        ),
        pytest.param([start(headers=[(b"content-length", b"1")]), part(b"abc")], id="long part"),
        pytest.param([start(103), part(b"", more=False)], id="103"),
        pytest.param([start(100), part(b"a")], id="100"),
    ],
)
def test_what_cannot_be_sent_is_a_500_as_long_as_nothing_is_written(
    messages: list[Message],
) -> None:
    story = talk(sending(*messages), GET)
    assert story.answer == ERROR
    assert "application failed" in story.events()


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, asyncio.CancelledError])
def test_an_application_that_raises_what_is_no_exception_is_answered_for(
    error: type[BaseException],
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise error

    story = talk(app, GET)
    assert story.answer == ERROR
    assert [e["error"] for e in story.entries if e["event"] == "application failed"] == [
        error.__name__
    ]


# A client that leaves, and one that closes its side only.


EVENTS = [(b"content-type", b"text/event-stream")]


def stream(headers: Sequence[tuple[bytes, bytes]], ended: list[str]) -> App:
    """Stream until the peer has left, as Starlette does."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def listen() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            ended.append("disconnect")

        await send(start(headers=headers))
        listening = asyncio.create_task(listen())
        for n in range(5):
            await send(part(b"%d" % n))
            await asyncio.wait([listening], timeout=0.1)
            if listening.done():
                return
        await send(part(b"", more=False))
        await listening

    return app


def test_a_half_closing_client_gets_a_streamed_response_whole() -> None:
    ended: list[str] = []
    story = talk(stream([], ended), GET, 0.15, END, 2.0)
    assert story.answer.endswith(b"1\r\n4\r\n0\r\n\r\n")
    assert story.events() == ["request"]


def test_a_client_that_leaves_before_its_answer_is_not_given_one() -> None:
    """Django's and Quart's handlers are cancelled then, and return without a word."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    story = talk(app, GET, 0.3, END, 3.0, log_level="debug", write_timeout=9.0)
    assert story.answer == b""
    assert story.closed_after == 1.3
    gave_up, line = story.entries
    assert (gave_up["event"], gave_up["log_level"]) == ("application gave up", "debug")
    assert (line["event"], line["status"], line["cut"]) == ("request", 0, "client")


@pytest.mark.parametrize("early", [True, False], ids=["at once", "later"])
def test_the_end_of_a_client_of_events_is_the_applications_to_know(early: bool) -> None:
    ended: list[str] = []
    steps = [GET, END] if early else [GET, 0.15, END]
    story = talk(stream(EVENTS, ended), *steps, 2.0, log_level="debug")
    assert ended == ["disconnect"]
    assert [(e["event"], e["cut"]) for e in story.entries] == [("request", "client")]
    assert story.closed_after == (0.0 if early else 0.15)


@pytest.mark.parametrize("leaving", [True, False], ids=["with the service", "by itself"])
def test_a_stream_of_events_may_end_with_the_service(leaving: bool) -> None:
    """sse-starlette's do, without a last part."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(headers=EVENTS))
        await send(part(b"0"))
        await asyncio.sleep(0.5)

    async def main() -> None:
        peer = Peer(make_service(app))
        await peer.send(GET)
        if leaving:
            peer.service.phase = Phase.DRAINING
            peer.connection.leave()
        await asyncio.sleep(1)
        assert peer.wire.closed

    event, _ = virtually(main)
    expected = "stream of events ended with the service"
    assert (event["event"] == expected, event["log_level"]) == (
        (True, "debug") if leaving else (False, "error")
    )


def test_what_is_sent_to_a_client_of_events_that_has_left_is_for_nobody() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(headers=EVENTS))
        await send(part(b"0"))
        while (await receive())["type"] != "http.disconnect":
            pass
        for message in (part(b"1"), start(), part(b"2", more=False)):  # as on uvicorn
            await send(message)
        raise ValueError("and nobody is there for that")

    story = talk(app, GET, 0.1, END, 1.0, log_level="debug")
    assert story.answer.endswith(b"\r\n\r\n1\r\n0\r\n")
    assert [(e["event"], e["cut"]) for e in story.entries] == [("request", "client")]


@pytest.mark.parametrize("polls", [True, False], ids=["asks", "waits"])
@pytest.mark.parametrize("early", [True, False], ids=["at once", "later"])
def test_a_client_that_has_closed_its_side_has_perhaps_left_where_no_answer_begins(
    early: bool, polls: bool
) -> None:
    told: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        told.append((await receive())["type"])
        began, end = asyncio.get_running_loop().time(), 2.0 if early else 2.2
        if polls:  # as `Request.is_disconnected` does
            await asyncio.sleep(end - 0.1)
            asking = asyncio.ensure_future(receive())
            await asyncio.sleep(0)
            assert asking.done() is True
            told.append(asking.result()["type"])
        else:
            told.append((await receive())["type"])
            took = asyncio.get_running_loop().time() - began
            assert took == pytest.approx(1.0 if early else 1.2)
        await answering()(scope, receive, send)

    steps = [post(b"abc"), END] if early else [post(b"abc"), 0.2, END]
    story = talk(app, *steps, 3.0, write_timeout=9.0)
    assert told == ["http.request", "http.disconnect"]
    assert story.answer == ok()
    assert story.events() == ["request"]
    assert "cut" not in story.entries[0]


def test_who_asks_without_end_costs_one_timer() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await asyncio.sleep(0.1)
        for _ in range(1000):
            asking = asyncio.create_task(receive())
            await asyncio.sleep(0)
            asking.cancel()
        loop: Any = asyncio.get_running_loop()
        waking = [timer for timer in loop.timers if "wake" in repr(timer._callback)]
        assert len(waking) == 1
        await answering()(scope, receive, send)

    assert talk(app, GET, END, 0.5).answer == ok()


def test_each_answer_to_a_client_that_has_closed_its_side_has_its_time_to_begin() -> None:
    told: list[float] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        began = asyncio.get_running_loop().time()
        await receive()
        assert (await receive())["type"] == "http.disconnect"
        told.append(asyncio.get_running_loop().time() - began)
        await answering()(scope, receive, send)

    story = talk(app, GET * 3, END, 9.0, write_timeout=9.0)
    assert told == pytest.approx([1.0, 1.0, 1.0])
    assert story.answer == ok() * 3


def test_an_application_that_knows_that_its_client_has_left_before_it_streams_says_so() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        asking = asyncio.create_task(receive())
        await asyncio.sleep(0.1)
        asking2 = asyncio.create_task(receive())
        await asyncio.sleep(0.1)
        await send(start(headers=EVENTS))
        assert (await asking2)["type"] == "http.disconnect"  # since that is a stream of events
        await asking

    story = talk(app, GET, END, 1.0)
    assert [(e["event"], e["cut"]) for e in story.entries] == [("request", "client")]


def test_a_client_that_is_lost_makes_no_error_line() -> None:
    ended: list[str] = []
    story = talk(stream(EVENTS, ended), GET, 0.15, LOST, 2.0)
    assert ended == ["disconnect"]
    assert story.events() == ["request"]
    assert (story.entries[0]["status"], story.entries[0]["cut"]) == (200, "client")


# What ended it, in the log.


async def hangs(scope: Any, receive: Any, send: Any) -> None:
    await asyncio.sleep(100)


async def hangs_in_the_body(scope: Any, receive: Any, send: Any) -> None:
    await send(start())
    await asyncio.sleep(100)


async def fails_in_the_body(scope: Any, receive: Any, send: Any) -> None:
    await send(start())
    await send(part(b"a"))
    raise ValueError("midway")


@pytest.mark.parametrize(
    ("app", "steps", "status", "cut"),
    [
        pytest.param(hangs, [GET, 2.0], 0, "write", id="nothing answered in time"),
        pytest.param(hangs_in_the_body, [GET, 2.0], 200, "write", id="not all answered in time"),
        pytest.param(echo, [post(b"abc")[:-1], 2.0], 400, "read", id="the body is late"),
        pytest.param(echo, [post(b"abc")[:-1], END], 400, "client", id="the body is cut short"),
        pytest.param(hangs, [GET, 0.1, LOST], 0, "client", id="the client leaves"),
        pytest.param(fails_in_the_body, [GET], 200, "application", id="the application fails"),
        pytest.param(echo, [GET], 200, None, id="nothing"),
    ],
)
def test_a_requests_line_says_what_ended_it(
    app: App, steps: list[Any], status: int, cut: str | None
) -> None:
    (entry,) = [e for e in talk(app, *steps).entries if e["event"] == "request"]
    assert (entry["status"], entry.get("cut")) == (status, cut)


def test_a_late_body_is_said_with_the_bytes_that_came() -> None:
    for data, announced in (
        (post(b"x" * 1000)[:-500], 1000),
        (request("POST", "Transfer-Encoding: chunked") + b"1f4\r\n" + b"x" * 500, None),
    ):
        late, _ = talk(echo, data, 2.0).entries
        assert (late["event"], late["log_level"]) == ("read deadline passed", "warning")
        assert (late["received"], late["announced"], late["read_timeout"]) == (500, announced, 1.0)
        assert late["client"] == "10.0.0.1:4711"
        assert "--read-timeout" in late["hint"]


@pytest.mark.parametrize("lines", [(), ("Expect: 100-continue",)])
def test_a_late_body_that_nobody_waits_for_goes_without_a_word(lines: tuple[str, ...]) -> None:
    """As of a client that asks whether to send it, and is told in the answer not to (RFC 9110
    section 10.1.1).
    """
    story = talk(answering(), request("POST", "Content-Length: 9", *lines), 9.0)
    assert story.events() == ["request"]
    assert story.closed_after is not None
    assert "cut" not in story.entries[0]


def test_a_refusal_in_the_applications_place_is_logged_with_its_bytes() -> None:
    (entry,) = talk(echo, post(b"x" * 20), max_body_bytes=10).entries
    assert (entry["status"], entry["bytes"]) == (413, 28)


def test_a_response_that_was_begun_before_the_service_stopped_ends_its_connection() -> None:
    async def main() -> None:
        peer = Peer(make_service(stream([], [])))
        await peer.send(GET)
        peer.service.phase = Phase.DRAINING
        peer.connection.leave()
        await asyncio.sleep(5)
        assert peer.wire.closed
        assert peer.sent().endswith(b"0\r\n\r\n")

    virtually(main)


def test_an_answer_to_a_connection_that_is_closing_goes_nowhere() -> None:
    async def main() -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await asyncio.sleep(0.1)
            peer.wire.closing = True
            await answering()(scope, receive, send)

        peer = Peer(make_service(app))
        await peer.send(GET)
        await asyncio.sleep(0.2)
        assert peer.sent() == b""
        peer.wire.lose(None)

    virtually(main)


@pytest.mark.parametrize("closing", [True, False])
def test_a_last_answer_to_a_connection_that_is_closing_leaves_nothing_behind(closing: bool) -> None:
    """A transport closes by itself, as over TLS at the peer's end, and is lost a moment later."""

    async def main() -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await asyncio.sleep(0.1)
            peer.wire.closing = closing
            await answering(headers=[(b"connection", b"close")])(scope, receive, send)

        peer = Peer(make_service(app))
        await peer.send(GET)
        await asyncio.sleep(0.2)
        assert peer.connection.in_flight() is None
        peer.connection.leave()
        peer.wire.lose(None)
        assert peer.timers() == []
        assert not peer.service.connections

    virtually(main)


@pytest.mark.parametrize("more", [False, True], ids=["whole", "in parts"])
def test_the_date_is_that_of_the_answer_not_of_the_request(
    monkeypatch: pytest.MonkeyPatch, *, more: bool
) -> None:
    """RFC 9110 section 6.6.1: of the moment just before the message is generated."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/slow":
            await asyncio.sleep(6)
        await send(start())
        await send(part(b"a", more=more))
        if more:
            await send(part(b"b", more=False))

    async def main() -> None:
        loop = asyncio.get_running_loop()
        monkeypatch.setattr(service, "time", lambda: 1_000_000_000 + loop.time() - 1000)
        shared = make_service(app, write_timeout=30.0)
        peers = [Peer(shared), Peer(shared)]
        await peers[0].send(GET)
        await asyncio.sleep(0.1)
        await peers[1].send(request("GET", target="/slow"))
        await asyncio.sleep(10)
        for peer in peers:
            (second,) = re.findall(rb"date: [^\r]+:(\d\d) GMT", b"".join(peer.wire.written))
            seconds.append(int(second) - 40)

    seconds: list[int] = []
    virtually(main)
    assert seconds == [0, 6]
