"""Lines of requests: the same as of an entry, whatever is remembered of them."""

from __future__ import annotations

import contextvars
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.contextvars import bound_contextvars

from gomicro import log
from gomicro.log.learned_line import LineJoiner
from gomicro.log.render_console import console_renderer
from gomicro.log.render_json import render_json
from gomicro.log.request_lines import RequestKey, RequestLines

NOW = "2026-11-23T20:02:56.123456Z"
AT = 5000.0
HEAD = {"level": "info", "logger": "gomicro.access", "event": "request"}
SENTINELS = ["@the time@", "@the client@", "@the request@", "0.987654321"]
PATHS = st.text() | st.sampled_from(["/", "/a", '/"', "/ä", "/\x7f", "/" * 300, *SENTINELS])
KEYS = st.tuples(st.sampled_from(["GET", "POST"]), PATHS, st.integers(200, 599), st.integers(0))


def entry(key: tuple[str, str, int, int], micros: int, client: str, name: str) -> dict[str, Any]:
    method, path, status, sent = key
    return {
        "time": NOW, **HEAD, "method": method, "path": path, "status": status, "bytes": sent,
        "duration": micros / 1e6, "client": client, "request_id": name,
    }  # fmt: skip


def learned(lines: RequestLines, key: RequestKey, took: float, client: str, name: str) -> bytes:
    """The line as it is made from what is known, or b"" if it is not known."""
    around = lines.known.get(key)
    if around is None:
        lines.learn(HEAD, key)
        return b""
    joiner = LineJoiner(lambda: 1795464176_123456_789, lambda: AT)
    return joiner.join([(around, AT, took, client, name)])


@given(st.lists(st.tuples(KEYS, st.integers(0, 999_999)), min_size=1, max_size=4))
def test_a_line_that_is_known_says_what_it_said_before(
    requests: list[tuple[RequestKey, int]],
) -> None:
    lines = RequestLines(render_json)
    for _ in range(4):
        for number, (key, micros) in enumerate(requests):
            took = (micros + 0.5) / 1e6
            said = learned(lines, key, took, f"10.0.0.1:{number}", f"a-{number}")
            if not said:
                continue
            usual = render_json(entry(key, micros, f"10.0.0.1:{number}", f"a-{number}"))
            assert json.loads(said) == json.loads(usual)
            assert list(json.loads(said)) == list(json.loads(usual))
            assert said.count(b"\n") == 1
            assert said.endswith(b"}\n")


def test_a_usual_line_is_known_from_the_third_time_on() -> None:
    lines = RequestLines(render_json)
    said = [learned(lines, ("GET", "/a", 200, 5), 0.0, "c", "r") != b"" for _ in range(4)]
    assert said == [False, False, True, True]


def test_lines_for_people_are_not_learned() -> None:
    lines = RequestLines(console_renderer(colours=False))
    for _ in range(4):
        lines.learn(HEAD, ("GET", "/a", 200, 5))
    assert not lines.known


def test_what_is_remembered_is_bounded() -> None:
    lines = RequestLines(render_json)
    for number in range(2000):
        for _ in range(3):
            lines.learn(HEAD, ("GET", f"/{number}", 200, 5))
    assert len(lines.known) <= 256
    assert len(lines._seen) <= 256


def test_usual_requests_are_logged_at_once_when_they_have_come_before(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.configure("info", "json")
    usual = log.request_logger(log.get_logger("gomicro.access"))
    assert usual is not None
    context = contextvars.Context()  # without variables, such as other tests leave
    arguments = ("GET", "/", 200, 5), time.monotonic(), 0.000007, "c", "r"
    assert [context.run(usual, *arguments) for _ in range(4)] == [False, False, True, True]
    log.flush()
    written = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["duration"] for line in written] == [0.000007, 0.000007]


def test_a_long_request_is_no_usual_one() -> None:
    log.configure("info", "json")
    usual = log.request_logger(log.get_logger("gomicro.access"))
    assert usual is not None
    for _ in range(4):
        assert not contextvars.Context().run(usual, ("GET", "/", 200, 5), 7.0, 1.0, "c", "r")


def test_above_level_info_there_are_no_usual_requests() -> None:
    log.configure("warning", "json")
    assert log.request_logger(log.get_logger("gomicro.access")) is None


def test_a_request_with_bound_context_variables_is_no_usual_one() -> None:
    log.configure("info", "json")
    usual = log.request_logger(log.get_logger("gomicro.access"))
    assert usual is not None
    with bound_contextvars(user="ann"):
        for _ in range(4):
            assert not usual(("GET", "/", 200, 5), 7.0, 0.1, "c", "r")
    bound: Any = log.get_logger("gomicro.access").bind(field=1)
    assert log.request_logger(bound) is None
