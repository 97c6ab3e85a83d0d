"""What the parts of a fleet do where another part is not there, or not any more."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gomicro.config import ServerConfig
from gomicro.fleet import admin
from gomicro.fleet.actions import Locate
from gomicro.fleet.log import Log
from gomicro.fleet.supervisor import Supervisor
from gomicro.fleet.worker import Worker


def lines(log: Log, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    log.flush()
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_warning_is_logged_as_a_logger_would(capsys: pytest.CaptureFixture[str]) -> None:
    log = Log(ServerConfig(log_format="json"))
    log.warning("said", field=1)
    [line] = lines(log, capsys)
    assert (line["level"], line["event"], line["field"]) == ("warning", "said", 1)


def test_an_error_of_the_admin_listener_is_logged_with_its_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = Log(ServerConfig(log_format="json"))
    admin._Logger(log).info("said")
    assert "exception" not in lines(log, capsys)[0]
    admin._Logger(log).info("failed", exc_info=ValueError("a defect"), path="/")
    [line] = lines(log, capsys)
    assert line["exception"].endswith("ValueError: a defect")
    assert (line["logger"], line["path"]) == ("gomicro.admin", "/")


def test_a_worker_whose_process_has_ended_is_not_looked_at() -> None:
    supervisor: Any = SimpleNamespace(machine=SimpleNamespace(workers={1: object()}), hands={})
    assert admin._workers(supervisor) == []


def test_what_was_to_be_done_with_a_worker_that_has_ended_is_not_done() -> None:
    supervisor = object.__new__(Supervisor)
    fake = cast("Any", supervisor)
    todo: list[list[Any]] = [[Locate(1)], []]
    machine = SimpleNamespace(actions=lambda: todo.pop(0), stands=lambda: (None, ""))
    done: list[Any] = []
    fake.machine, fake.hands, fake._do = machine, {}, {Locate: done.append}
    fake._telling = SimpleNamespace(look=lambda *_: None)
    supervisor._act()
    assert (todo, done) == ([], [])


def test_without_an_admin_listener_a_worker_tells_nobody() -> None:
    worker = object.__new__(Worker)
    worker._answering = None
    with worker.telling_of(cast("Any", None), ServerConfig()) as addresses:
        assert addresses == []


def test_a_worker_that_leaves_is_not_held() -> None:
    worker = object.__new__(Worker)
    fake = cast("Any", worker)
    fake._holding = None
    fake._channel = SimpleNamespace(heard=lambda: [("hold", {})], ended=False)
    worker._hear(cast("Any", None), cast("Any", None))
    assert worker._holding is None
