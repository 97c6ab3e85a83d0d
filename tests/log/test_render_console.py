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
}
REQUEST_START = "20:02:56.123 info     gomicro.access "


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
            rf"{REQUEST_START}GET /a\u001b 200 5B 0.3ms client=127.0.0.1:50000" + "\n",
            id="request",
        ),
        pytest.param(
            {**REQUEST, "duration": "\x1b"},
            rf"{REQUEST_START}GET /a\u001b 200 5B \u001b client=127.0.0.1:50000" + "\n",
            id="request whose duration is no number",
        ),
        pytest.param(
            {**HEAD, "event": "request", "path": "/"},
            f"{START}request path=/\n",
            id="another event called request",
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


def test_colours_are_for_time_and_level() -> None:
    expected = "\x1b[2m20:02:56.123\x1b[0m \x1b[32minfo    \x1b[0m product-api    Hello world\n"
    assert expected == render(HEAD, colours=True)


def test_level_of_another_name_has_no_colour() -> None:
    line = render({**HEAD, "level": "trace"}, colours=True)
    assert "\x1b[0m trace   \x1b[0m" in line
