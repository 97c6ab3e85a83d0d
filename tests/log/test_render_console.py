"""Console lines: made for people, and safe for their terminals."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gomicro.log.render_console import console_renderer

ANY_TEXT = st.text(st.characters(codec=None))
HEAD = {"time": "20:02:56.123", "level": "info", "logger": "product-api", "event": "Hello world"}
START = "20:02:56.123 info     product-api    "
REQUEST = {
    **HEAD,
    "logger": "gomicro.access",
    "event": "request",
    "method": "GET",
    "path": "/a\x1b",
    "status": 200,
    "bytes": 5,
    "duration": 0.00034,
    "client": "127.0.0.1:50000",
    "request_id": "id-1",
}
OURS = "20:02:56.123 info     "
ACCESS = {
    **HEAD,
    "logger": "gomicro.access",
    "path": "/ws\x1b",
    "client": "[::1]:5",
    "request_id": "id-1",
}
LISTENING = {
    **HEAD,
    "logger": "gomicro.server",
    "event": "listening",
    "address": ["[::]:9090"],
    "port": 9090,
    "tls": False,
    "read_header_timeout": 1.0,
    "read_timeout": 30.0,
    "write_timeout": 0.0,
    "idle_timeout": 120.0,
}
LIMITS = "headers 1s, read 30s, write unlimited, idle 2m0s"


def render(entry: dict[str, Any], *, colours: bool = False) -> str:
    return console_renderer(colours=colours)(entry).decode()


@given(st.fixed_dictionaries(dict.fromkeys(HEAD, ANY_TEXT)), st.dictionaries(ANY_TEXT, ANY_TEXT))
def test_any_text_gives_one_printable_line(head: dict[str, Any], fields: dict[str, Any]) -> None:
    fields.pop("exception", None)
    fields.pop("stack", None)
    line = render({**fields, **head})
    assert line.endswith("\n")
    assert line[:-1].isprintable()


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        pytest.param(HEAD, f"{START}Hello world\n", id="event"),
        pytest.param(
            {**HEAD, "n": 1, "name": "Ann", "none": None, "raw": b"\xff\n"},
            rf"{START}Hello world n=1 name=Ann none=None raw=\xff\n" + "\n",
            id="fields",
        ),
        pytest.param(
            {**HEAD, "a": "x y", "b": 'say "hi"', "c": "", "d": "k=v"},
            rf'{START}Hello world a="x y" b="say \"hi\"" c="" d="k=v"' + "\n",
            id="quotes where needed",
        ),
        pytest.param(
            {**HEAD, "a": "\r\n\x1b]0;title\x07\u202e"},
            rf"{START}Hello world a=\r\n\u001b]0;title\u0007\u202e" + "\n",
            id="escapes",
        ),
        pytest.param(
            {**HEAD, "exception": "Traceback\n  a\x1b", "stack": "Stack\n  b"},
            f"{START}Hello world\n    Stack\n      b\n    Traceback\n      a\\u001b\n",
            id="traceback below",
        ),
        pytest.param(
            REQUEST,
            rf"{OURS}GET /a\u001b 200 5B 0.3ms 127.0.0.1:50000 id-1" + "\n",
            id="request",
        ),
        pytest.param(
            {**REQUEST, "cut": "write", "user": "Ann"},
            rf"{OURS}GET /a\u001b 200 5B 0.3ms cut=write 127.0.0.1:50000 id-1 user=Ann" + "\n",
            id="request with more",
        ),
        pytest.param(
            {**HEAD, "event": "request", "path": "/"},
            f"{START}request path=/\n",
            id="another logger's event called request",
        ),
        pytest.param(
            {**HEAD, "logger": "gomicro.access", "event": "request", "path": "/"},
            "20:02:56.123 info     gomicro.access request path=/\n",
            id="a request without its fields",
        ),
        pytest.param(
            {**HEAD, "event": ["a"]}, "20:02:56.123 info     product-api    a\n", id="no text"
        ),
        pytest.param(
            {**ACCESS, "event": "WebSocket opened"},
            rf"{OURS}WS /ws\u001b opened [::1]:5 id-1" + "\n",
            id="opened",
        ),
        pytest.param(
            {**ACCESS, "event": "WebSocket refused", "status": 403, "duration": 0.0012},
            rf"{OURS}WS /ws\u001b refused 403 1.2ms [::1]:5 id-1" + "\n",
            id="refused",
        ),
        pytest.param(
            {
                **ACCESS,
                "event": "WebSocket closed",
                "code": 4000,
                "reason": "no more",
                "duration": 62.51,
                "received": 3,
                "received_bytes": 45,
                "sent": 5,
                "sent_bytes": 120,
            },
            rf"{OURS}WS /ws\u001b closed 4000 1m2.5s in 3/45B out 5/120B [::1]:5 id-1 "
            'reason="no more"\n',
            id="closed",
        ),
        pytest.param(
            {
                **ACCESS,
                "event": "WebSocket closed",
                "code": 1000,
                "duration": 0.0123,
                "received": 0,
                "received_bytes": 0,
                "sent": 0,
                "sent_bytes": 0,
            },
            rf"{OURS}WS /ws\u001b closed 1000 12.3ms in 0/0B out 0/0B [::1]:5 id-1" + "\n",
            id="closed at once",
        ),
        pytest.param(
            LISTENING,
            f"{OURS}listening on http://localhost:9090 (all interfaces, Ctrl-C stops) {LIMITS}\n",
            id="listening",
        ),
        pytest.param(
            {**LISTENING, "address": ["127.0.0.1:1", "[::1]:1", "unix:/a\x1b"], "tls": True},
            f"{OURS}listening on https://127.0.0.1:1, https://[::1]:1, unix:/a\\u001b "
            f"(Ctrl-C stops) {LIMITS}\n",
            id="listening on several",
        ),
        pytest.param(
            {**LISTENING, "address": ["0.0.0.0:1"]},
            f"{OURS}listening on http://localhost:1 (all IPv4 interfaces, Ctrl-C stops) {LIMITS}\n",
            id="listening on IPv4",
        ),
        pytest.param(
            {**HEAD, "names": ["a", "b"], "requests": ("GET /a", 1, b"\xff"), "none": []},
            rf'{START}Hello world names=a,b requests="GET /a,1,\xff" none=""' + "\n",
            id="lists",
        ),
        pytest.param(
            {**HEAD, "a": "x" * 4098},
            f'{START}Hello world a="' + "x" * 2048 + "...(2 characters)..." + "x" * 2048 + '"\n',
            id="cut",
        ),
    ],
)
def test_line_reads_well(entry: dict[str, Any], expected: str) -> None:
    assert expected == render(entry)


DIM, RESET = "\x1b[2m", "\x1b[0m"
COLOURED = f"{DIM}20:02:56.123{RESET} \x1b[32minfo    {RESET} "


def test_colours_are_for_time_and_level() -> None:
    assert render(HEAD, colours=True) == f"{COLOURED}product-api    Hello world\n"


def test_who_it_was_stands_back() -> None:
    line = render({**HEAD, "client": "a:1", "n": 1, "request_id": "i"}, colours=True)
    assert line == (
        f"{COLOURED}product-api    Hello world {DIM}client=a:1{RESET} n=1 "
        f"{DIM}request_id=i{RESET}\n"
    )


@pytest.mark.parametrize(
    ("status", "colour"),
    [(204, "32"), (304, "36"), (404, "33"), (500, "31"), (0, "31"), (101, "")],
)
def test_a_status_has_the_colour_of_its_class(status: int, colour: str) -> None:
    line = render({**REQUEST, "status": status}, colours=True)
    shown = f"\x1b[{colour}m{status}{RESET}" if colour else str(status)
    assert line == (f"{COLOURED}GET /a\\u001b {shown} 5B 0.3ms {DIM}127.0.0.1:50000 id-1{RESET}\n")


def test_a_request_is_one_line_of_100_columns() -> None:
    long = {"path": "/api/v1/orders/123456", "bytes": 123456, "duration": 0.9999}
    assert len(render({**REQUEST, **long, "request_id": "a20a365fc7-1fff"})) <= 101


def test_level_of_another_name_has_no_colour() -> None:
    line = render({**HEAD, "level": "trace"}, colours=True)
    assert line.startswith(f"{DIM}20:02:56.123{RESET} trace    product-api ")
