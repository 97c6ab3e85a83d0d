"""The body of a request, from the connection to the application."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gomicro.connection.http1_stream import KEEP_DRAINING
from tests.connection.harness import (
    CLOSE,
    END,
    GET,
    LOST,
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
    start,
    talk,
    virtually,
)

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
OOPS = head(b"400 Bad Request", b"content-length: 4", CLOSE) + b"Oops"
KB = 1024


class Reader:
    """An application that keeps every message it receives, up to the first disconnect."""

    def __init__(self) -> None:
        self.received: list[Message] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        while True:
            self.received.append(await receive())
            if self.received[-1]["type"] == "http.disconnect":
                return
            if not self.received[-1]["more_body"]:
                await answering()(scope, receive, send)

    def summary(self) -> list[Any]:
        return [
            "disconnect" if m["type"] == "http.disconnect" else (m["body"], m["more_body"])
            for m in self.received
        ]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param([GET], [(b"", False), "disconnect"], id="no body"),
        pytest.param([post(b"abc")], [(b"abc", False), "disconnect"], id="whole"),
        pytest.param(
            [post(b"abc")[:-2], b"b", b"c"],
            [(b"a", True), (b"b", True), (b"c", False), "disconnect"],
            id="in pieces",
        ),
        pytest.param(
            [post(b"abc")[:-3], b"abc"], [(b"abc", False), "disconnect"], id="behind the head"
        ),
        pytest.param(
            [request("POST", "Transfer-Encoding: chunked"), b"1\r\na\r\n", b"0\r\n\r\n"],
            [(b"a", True), (b"", False), "disconnect"],
            id="chunked",
        ),
        pytest.param(
            [request("POST", "Transfer-Encoding: chunked", body=b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n")],
            [(b"ab", False), "disconnect"],
            id="chunked, at once",
        ),
        pytest.param([post(b"abc")[:-2], LOST], [(b"a", True), "disconnect"], id="lost"),
        pytest.param([post(b"abc")[:-2], END], [(b"a", True), "disconnect"], id="cut short"),
        pytest.param([post(b"abc")[:-2], 1.5], [(b"a", True), "disconnect"], id="too slow"),
        pytest.param(
            [request("POST", "Transfer-Encoding: chunked"), b"1\r\na\r\n", b"x\r\n"],
            [(b"a", True), "disconnect"],
            id="malformed",
        ),
        pytest.param(
            [request("POST", "Transfer-Encoding: chunked"), b"x\r\n"], ["disconnect"], id="bad"
        ),
    ],
)
def test_what_an_application_receives(steps: list[Any], expected: list[Any]) -> None:
    reader = Reader()
    talk(reader, *steps)
    assert reader.summary() == expected


@pytest.mark.parametrize(
    ("steps", "closed_after"),
    [
        pytest.param([post(b"abc")[:-1], END], 0, id="cut short"),
        pytest.param(
            [request("POST", "Transfer-Encoding: chunked"), b"x\r\n", 2.0], 0, id="malformed"
        ),
        pytest.param([post(b"abc")[:-1], 3.0], 1, id="too slow"),
    ],
)
def test_a_body_that_cannot_be_read_is_the_applications_to_answer_and_ends_the_connection(
    steps: list[Any], closed_after: float
) -> None:
    story = talk(echo, *steps)
    assert story.answer.replace(CLOSE + b"\r\n", b"") == OOPS.replace(CLOSE + b"\r\n", b"")
    assert story.closed_after is not None
    assert closed_after <= story.closed_after <= closed_after + 0.5


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        pytest.param([post(b"abc")[:-1], END], b"400 Bad Request", id="cut short"),
        pytest.param([post(b"abc")[:-1], 3.0], b"408 Request Timeout", id="too slow"),
        pytest.param(
            [request("POST", "Transfer-Encoding: chunked"), b"x\r\n", 2.0],
            b"400 Bad Request",
            id="malformed",
        ),
    ],
)
def test_an_application_that_raises_over_its_body_is_answered_for(
    steps: list[Any], status: bytes
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["type"] == "http.request":
            pass
        raise ConnectionError

    story = talk(app, *steps)
    assert story.answer.startswith(b"HTTP/1.1 " + status)
    assert "application failed" not in story.events()
    assert story.closed_after is not None


def test_the_disconnect_comes_when_the_response_is_complete() -> None:
    seen: list[Message] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await answering()(scope, receive, send)
        seen.append(await receive())
        seen.append(await receive())

    assert talk(app, GET).answer == ok()
    assert seen == [{"type": "http.disconnect"}] * 2


def test_an_application_that_waits_is_told_when_the_peer_goes() -> None:
    reader: list[Message] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        reader.append(await receive())
        reader.append(await receive())
        await answering()(scope, receive, send)

    story = talk(app, post(b"abc"), LOST)
    assert reader[-1] == {"type": "http.disconnect"}
    assert story.answer == b""
    assert story.closed_after == 0


def test_two_may_wait_for_the_body_at_once() -> None:
    seen: list[Message] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.extend(await asyncio.gather(receive(), receive(), receive()))

    talk(app, post(b"abc")[:-3], b"a", b"bc", LOST)
    assert sorted(m.get("body", b"-") for m in seen) == [b"-", b"a", b"bc"]


def test_while_an_application_reads_slowly_the_peer_is_made_to_wait() -> None:
    async def main() -> None:
        release = asyncio.Event()
        total = 0

        async def app(scope: Any, receive: Any, send: Any) -> None:
            nonlocal total
            await release.wait()
            more = True
            while more:
                message = await receive()
                total += len(message["body"])
                more = message["more_body"]
            await answering()(scope, receive, send)

        peer = Peer(make_service(app))
        await peer.send(request("POST", f"Content-Length: {256 * KB}"))
        for _ in range(16):
            await peer.send(b"x" * 16 * KB)
        waiting = peer.wire.undelivered()
        assert 64 * KB < 256 * KB - waiting <= 96 * KB
        release.set()
        await quiet()
        assert total == 256 * KB
        assert peer.wire.is_reading()
        assert peer.sent() == ok()
        peer.wire.lose(None)

    virtually(main)


def test_a_large_body_that_comes_with_its_head_makes_the_peer_wait_too() -> None:
    async def main() -> None:
        release = asyncio.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await release.wait()
            await echo(scope, receive, send)

        peer = Peer(make_service(app))
        body = b"x" * 70 * KB
        await peer.send(post(body))
        assert not peer.wire.is_reading()
        await peer.send(GET)
        assert peer.wire.undelivered() == len(GET)
        release.set()
        await quiet()
        assert peer.sent() == ok(body) + ok(b"")
        peer.wire.lose(None)

    virtually(main)


def test_a_large_body_with_many_requests_behind_it_is_read_in_turn() -> None:
    async def main() -> None:
        release = asyncio.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await release.wait()
            await echo(scope, receive, send)

        peer = Peer(make_service(app))
        body = b"x" * 70 * KB
        await peer.send(request("POST", f"Content-Length: {len(body)}"))
        await peer.send(body + GET * 4000)
        assert not peer.wire.is_reading()
        release.set()
        await asyncio.sleep(1)
        assert peer.sent() == ok(body) + ok(b"") * 4000
        assert peer.wire.is_reading()
        peer.wire.lose(None)

    virtually(main)


def test_what_came_of_a_body_before_it_failed_is_received_first() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.1)
        seen.extend([await receive(), await receive()])
        await answering()(scope, receive, send)

    data = request("POST", "Transfer-Encoding: chunked", body=b"1\r\na\r\n")
    talk(app, data, b"x\r\n", 0.2)
    assert seen == [
        {"type": "http.request", "body": b"a", "more_body": True},
        {"type": "http.disconnect"},
    ]


# 100 Continue.

EXPECT = request("POST", "Content-Length: 3", "Expect: 100-continue")


def test_100_continue_is_sent_when_the_application_reads() -> None:
    assert talk(echo, EXPECT).answer == CONTINUE
    assert talk(echo, EXPECT, b"abc").answer == CONTINUE + ok(b"abc")
    assert talk(echo, EXPECT + b"abc").answer == CONTINUE + ok(b"abc")
    assert talk(echo, EXPECT, b"abc", GET).answer == CONTINUE + ok(b"abc") + ok(b"")


def test_100_continue_is_sent_once() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        asks = [asyncio.create_task(receive()) for _ in range(3)]
        await asyncio.wait(asks, return_when=asyncio.FIRST_COMPLETED)
        await answering()(scope, receive, send)
        told.extend([message["type"] for message in await asyncio.gather(*asks)])

    told: list[str] = []
    assert talk(app, EXPECT, b"abc").answer == CONTINUE + ok()
    assert sorted(told) == ["http.disconnect", "http.disconnect", "http.request"]


def test_without_reading_the_answer_comes_without_100_continue_and_closes() -> None:
    """Nobody can tell whether the client sends its body (Go)."""
    story = talk(answering(), EXPECT, 2.0)
    assert story.answer == ok(b"ok", CLOSE)
    assert story.closed_after is not None


@pytest.mark.parametrize(
    ("body", "asks", "answer"),
    [
        pytest.param(b"", 0, ok(b"ok", CLOSE), id="no body, not asked for"),
        pytest.param(b"ab", 0, ok(b"ok", CLOSE), id="a part, not asked for"),
        pytest.param(b"ab", 1, CONTINUE + ok(b"ok", CLOSE), id="a part, read"),
        pytest.param(b"ab", 2, CONTINUE + ok(), id="a part, read to where it ends"),
        pytest.param(b"ab", 3, CONTINUE + ok(), id="a part, asked for once more"),
    ],
)
def test_a_body_that_ends_too_soon_is_as_one_that_comes_until_it_is_read(
    body: bytes, asks: int, answer: bytes
) -> None:
    """What the client sees does not depend on when its end came."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.1)
        for _ in range(asks):
            await receive()
        await answering()(scope, receive, send)

    assert talk(app, EXPECT + body, END, 0.2).answer == answer
    unexpected = request("POST", "Content-Length: 3") + body
    assert talk(app, unexpected, END, 0.2).answer == answer.removeprefix(CONTINUE)


def test_100_continue_is_not_sent_behind_a_response() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start())
        await send(part(b"a"))
        await receive()
        await send(part(b"b", more=False))

    answer = talk(app, EXPECT, b"abc").answer
    assert CONTINUE not in answer
    assert answer.endswith(b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n")


def test_100_continue_is_not_sent_to_http_10() -> None:
    data = b"POST / HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    assert talk(echo, data, b"abc").answer == ok(b"abc", CLOSE)


def test_any_other_expectation_is_refused() -> None:
    story = talk(echo, request("POST", "Content-Length: 3", "Expect: magic"), b"abc", 1.0)
    assert story.answer == head(b"417 Expectation Failed", b"content-length: 0", CLOSE)
    assert [entry["status"] for entry in story.entries] == [417]
    assert story.closed_after is not None


# Bodies that nobody reads.


def chunked(size: int) -> bytes:
    return b"%x\r\n%b\r\n0\r\n\r\n" % (size, b"x" * size)


LENGTH_KEPT = KEEP_DRAINING - 1


def test_a_body_that_nobody_reads_is_thrown_away_before_the_answer() -> None:
    data = post(b"abcdef")
    assert talk(answering(), data[:-3]).answer == b""
    assert talk(answering(), data[:-3], b"def", GET).answer == ok() + ok()


@pytest.mark.parametrize(
    ("body", "headers", "kept"),
    [
        pytest.param(b"x" * LENGTH_KEPT, f"Content-Length: {LENGTH_KEPT}", True, id="length"),
        pytest.param(
            b"x" * KEEP_DRAINING, f"Content-Length: {KEEP_DRAINING}", False, id="length, too long"
        ),
        pytest.param(chunked(KEEP_DRAINING), "Transfer-Encoding: chunked", True, id="chunked"),
        pytest.param(
            chunked(KEEP_DRAINING + 1), "Transfer-Encoding: chunked", False, id="chunked, too long"
        ),
    ],
)
@pytest.mark.parametrize("size", [KB, 64 * KB, 1024 * KB])
def test_256_kilobytes_that_nobody_reads_keep_the_connection(
    body: bytes, headers: str, kept: bool, size: int
) -> None:
    pieces = [body[i : i + size] for i in range(0, len(body), size)]
    story = talk(answering(), request("POST", headers), *pieces, GET, 0.9)
    assert story.answer == (ok() + ok() if kept else ok(b"ok", CLOSE))
    assert (story.closed_after is None) is kept


def test_the_rest_of_a_body_is_thrown_away_too() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await answering()(scope, receive, send)

    data = request("POST", f"Content-Length: {200 * KB}")
    story = talk(app, data, b"x" * 100 * KB, b"x" * 100 * KB, GET)
    assert story.answer == ok() + ok()


def test_what_is_left_of_a_body_after_a_streamed_answer_is_thrown_away() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start())
        await send(part(b"a"))
        await send(part(b"b", more=False))

    answer = head(b"200 OK", b"transfer-encoding: chunked") + b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n"
    assert talk(app, post(b"abc")[:-1]).answer == answer
    assert talk(app, post(b"abc")[:-1], b"c", GET).answer == answer + answer


def test_a_long_body_that_a_streamed_answer_leaves_unread_is_not_taken_for_a_request() -> None:
    served: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        served.append(scope["path"])
        await send(start())
        await send(part(b"a"))
        await send(part(b"b", more=False))

    data = request("POST", f"Content-Length: {KEEP_DRAINING + 2}")
    story = talk(app, data, request("GET", target="/smuggled"), 1.0)
    assert served == ["/"]
    assert story.answer.endswith(b"0\r\n\r\n")
    assert story.closed_after == 0.5


def test_a_client_that_closes_anyway_has_its_body_left_unread() -> None:
    data = request("POST", "Content-Length: 3", "Connection: close")
    story = talk(answering(), data, 1.0)
    assert story.answer == ok(b"ok", CLOSE)
    assert story.closed_after == 0.5


@pytest.mark.parametrize(
    ("steps", "closed_after"),
    [
        pytest.param([post(b"abc")[:-1], 2.0], 1.5, id="late"),
        pytest.param([post(b"abc")[:-1], END, 1.0], 0, id="cut short"),
        pytest.param(
            [request("POST", "Transfer-Encoding: chunked"), b"x\r\n", 1.0], 0.5, id="malformed"
        ),
    ],
)
def test_a_body_that_nobody_reads_and_that_fails_ends_the_connection_after_the_answer(
    steps: list[Any], closed_after: float
) -> None:
    story = talk(answering(), *steps)
    assert story.answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert story.answer.endswith(b"\r\n\r\nok")
    assert story.closed_after is not None
    assert story.closed_after <= closed_after


@pytest.mark.parametrize(("missing", "lines"), [(262_143, []), (262_144, [CLOSE])])
def test_the_answer_to_a_body_cut_short_says_close_where_go_would_not_read_on(
    missing: int, lines: list[bytes]
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "http.disconnect"
        await answering()(scope, receive, send)

    story = talk(app, request("POST", f"Content-Length: {missing}"), END)
    assert story.answer == ok(b"ok", *lines)
    assert story.closed_after is not None


def test_an_answer_that_breaks_its_length_fails_in_the_application_that_has_not_read() -> None:
    errors: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start(headers=[(b"content-length", b"1")]))
        try:
            await send(part(b"abc", more=False))
        except RuntimeError as error:
            errors.append(str(error))
            raise

    story = talk(app, post(b"abc")[:-1], b"c")
    assert errors == ["Response content longer than Content-Length"]
    assert story.answer.startswith(b"HTTP/1.1 500 ")


# Bodies over the limit.


REFUSED = (
    head(
        b"413 Request Entity Too Large",
        b"content-type: text/plain; charset=utf-8",
        b"content-length: 28",
        CLOSE,
    )
    + b"413 Request Entity Too Large"
)


GROWING = (request("POST", "Transfer-Encoding: chunked"), b"8\r\n12345678\r\n", b"3\r\nabc\r\n")


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([request("POST", "Content-Length: 11")], id="announced"),
        pytest.param([post(b"x" * 11)], id="announced and there"),
        pytest.param([request("POST", "Content-Length: 11"), b"x" * 4], id="announced, partly"),
        pytest.param(GROWING, id="chunked"),
    ],
)
def test_a_body_over_the_limit_is_refused_and_the_rest_of_it_read_for_a_moment(
    steps: list[Any],
) -> None:
    story = talk(echo, *steps, 1.0, max_body_bytes=10)
    assert story.answer == REFUSED
    assert story.half_closed
    assert story.closed_after == 0.5
    assert len(story.entries) == 1
    assert story.entries[0]["status"] == 413


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([post(b"x" * 10)], id="announced"),
        pytest.param(
            [request("POST", "Transfer-Encoding: chunked"), b"a\r\nxxxxxxxxxx\r\n0\r\n\r\n"],
            id="chunked",
        ),
    ],
)
def test_a_body_of_the_limit_passes(steps: list[Any]) -> None:
    assert talk(echo, *steps, max_body_bytes=10).answer == ok(b"x" * 10)


def test_without_a_limit_any_body_passes() -> None:
    assert talk(echo, post(b"x" * 99), max_body_bytes=0).answer == ok(b"x" * 99)


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(GROWING, id="grows over the limit"),
        pytest.param([request("POST", "Content-Length: 50"), b"x"], id="announced over the limit"),
        pytest.param([GROWING[0], b"1\r\na\r\n", b"x\r\n"], id="malformed"),
        pytest.param([request("POST", "Content-Length: 9"), b"x", 0.9], id="late"),
        pytest.param([request("POST", "Content-Length: 9"), b"x", END], id="cut short"),
    ],
)
def test_what_follows_a_body_that_failed_is_never_taken_for_a_request(steps: list[Any]) -> None:
    """Also where the head of the answer is out already, which announced to keep the connection."""
    paths: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        paths.append(scope["path"])
        await send(start())
        await send(part(b"a"))
        while (await receive())["type"] == "http.request":
            pass
        await send(part(b"b", more=False))

    options = {"max_body_bytes": 10, "read_timeout": 0.5, "write_timeout": 2.0}
    story = talk(app, *steps, request("GET", target="/smuggled"), 1.0, **options)
    assert paths == ["/"]
    assert story.answer == (
        head(b"200 OK", b"transfer-encoding: chunked") + b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n"
    )
    assert story.closed_after is not None


def test_a_body_over_the_limit_that_nobody_reads_is_given_up_after_the_answer() -> None:
    data = request("POST", "Transfer-Encoding: chunked")
    story = talk(answering(), data, b"8\r\n12345678\r\n", b"3\r\nabc\r\n", 2.0, max_body_bytes=10)
    assert story.answer == ok(b"ok", CLOSE)
    assert story.closed_after is not None


def test_a_body_over_the_limit_of_a_peer_that_has_gone_is_logged_once() -> None:
    seen: list[Message] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.1)
        seen.append(await receive())

    story = talk(app, request("POST", "Content-Length: 11"), LOST, 1.0, max_body_bytes=10)
    assert seen == [{"type": "http.disconnect"}]
    assert story.events() == ["request"]
