"""Lines of requests: the same as of an entry, whatever is remembered of them."""

from __future__ import annotations

import contextvars
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.contextvars import bound_contextvars

from gomicro import log
from gomicro.log.render_console import console_renderer
from gomicro.log.render_json import render_json
from gomicro.log.request_lines import RequestLines

NOW = "2026-11-23T20:02:56.123456Z"
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


@given(st.lists(st.tuples(KEYS, st.integers(0, 3_000_000)), min_size=1, max_size=4))
def test_a_line_says_the_same_the_first_time_and_ever_after(
    requests: list[tuple[tuple[str, str, int, int], int]],
) -> None:
    lines = RequestLines(lambda: NOW, render_json)
    for _ in range(4):
        for number, (key, micros) in enumerate(requests):
            said = lines.line(HEAD, key, micros, f"10.0.0.1:{number}", f"a-{number}")
            usual = render_json(entry(key, micros, f"10.0.0.1:{number}", f"a-{number}"))
            assert json.loads(said) == json.loads(usual)
            assert list(json.loads(said)) == list(json.loads(usual))
            assert said.count(b"\n") == 1
            assert said.endswith(b"}\n")


def test_lines_for_people_are_rendered_each_time() -> None:
    render = console_renderer(colours=False)
    lines = RequestLines(lambda: NOW, render)
    key = ("GET", "/a", 200, 5)
    for micros in (1, 20, 300, 4000):
        said = lines.line(HEAD, key, micros, "10.0.0.1:1", "a-1")
        assert said == render(entry(key, micros, "10.0.0.1:1", "a-1"))


def test_what_is_remembered_is_bounded() -> None:
    lines = RequestLines(lambda: NOW, render_json)
    for number in range(2000):
        for _ in range(3):
            lines.line(HEAD, ("GET", f"/{number}", 200, 5), 7, "c", "r")
    assert len(lines._known) <= 256
    assert len(lines._seen) <= 256


@pytest.mark.parametrize("level", ["info", "warning"])
def test_usual_requests_are_logged_from_level_info_down(
    level: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure(level, "json")
    usual = log.request_logger(log.get_logger("gomicro.access"))
    if usual is not None:  # in a context without variables, such as other tests leave
        assert contextvars.Context().run(usual, ("GET", "/", 200, 5), 7, "c", "r")
    log.flush()
    assert capsys.readouterr().out.count('"path":"/"') == (level == "info")
    assert (usual is None) == (level == "warning")


def test_a_request_with_bound_context_variables_is_no_usual_one() -> None:
    log.configure("info", "json")
    usual = log.request_logger(log.get_logger("gomicro.access"))
    assert usual is not None
    with bound_contextvars(user="ann"):
        assert not usual(("GET", "/", 200, 5), 7, "c", "r")
    bound: Any = log.get_logger("gomicro.access").bind(field=1)
    assert log.request_logger(bound) is None
