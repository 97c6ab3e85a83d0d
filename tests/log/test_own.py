"""gomicro's own loggers, whatever is done to structlog and to the pipeline."""

from __future__ import annotations

import errno
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from gomicro import log

LEVELS = ["debug", "info", "warning", "error", "critical"]


def reconfigure() -> None:
    """What an application does that wants lines of its own."""
    structlog.configure(
        processors=[lambda *_: "mine"], logger_factory=structlog.PrintLoggerFactory()
    )


def test_own_lines_keep_their_form_where_structlog_is_configured_after_the_pipeline(
    logged: Callable[[], list[dict[str, Any]]], capsys: pytest.CaptureFixture[str]
) -> None:
    reconfigure()
    log.own_logger("gomicro.server", "info").info("listening", port=1)
    log.get_logger("shop").info("sold")
    assert [(line["event"], line["port"]) for line in logged()] == [("listening", 1)]
    assert capsys.readouterr().out == "mine\n"


@pytest.mark.parametrize("line", ["mine", b"mine", b"mine\n"], ids=str)
def test_lines_of_other_processors_go_where_the_pipelines_go(
    tmp_path: Path, line: str | bytes
) -> None:
    path = tmp_path / "log"
    with path.open("w") as stream:
        log.configure("info", "json", stream)
        structlog.configure(processors=[lambda *_: line])
        logger = log.get_logger("shop")
        logger.info("sold")
        logger.error("lost")
        log.own_logger("gomicro.server", "info").info("listening")
        log.flush()
    first, second, third = path.read_text().splitlines()
    assert (first, second, json.loads(third)["event"]) == ("mine", "mine", "listening")


def test_without_a_pipeline_own_lines_are_structlogs(capsys: pytest.CaptureFixture[str]) -> None:
    reconfigure()
    log.own_logger("gomicro.server", "info").info("listening")
    assert capsys.readouterr().out == "mine\n"


class Full(io.StringIO):
    """A stream whose disk is full at times."""

    full = False

    def write(self, text: str) -> int:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(text)


@pytest.mark.parametrize("wrapper", [None, structlog.stdlib.BoundLogger, structlog.BoundLogger])
def test_without_a_pipeline_a_line_that_the_programs_log_cannot_take_is_lost(
    wrapper: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    stream = Full()
    kept = {} if wrapper is None else {"wrapper_class": wrapper}
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(stream), **kept)
    logger = log.own_logger("gomicro.server", "info")
    for stream.full in (False, True, True, False):
        logger.info("said")
        log.entry_logger(logger)({"time": "", "level": "info", "logger": "", "event": "request"})
    assert stream.getvalue().count("said") == stream.getvalue().count("request") == 2
    told = "gomicro: lines of the log are lost: No space left on device\n"
    assert capfd.readouterr().err == told


WITHOUT_OUTPUT = """
import sys

sys.stdout = None
from gomicro import Server, ServerConfig
from tests.connection.harness import answering

import urllib.request

with Server(answering(), ServerConfig(host="127.0.0.1", port=0)).running() as url:
    assert urllib.request.urlopen(url).status == 200
"""


def test_a_program_without_a_standard_output_may_serve_and_logs_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_OUTPUT], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_is_wrong_with_structlogs_own_set_up_is_raised() -> None:
    def factory(name: str) -> Any:
        raise TypeError(f"no logger for {name}")

    structlog.configure(logger_factory=factory)
    with pytest.raises(TypeError, match=r"no logger for gomicro\.server"):
        log.own_logger("gomicro.server", "info")


@pytest.mark.parametrize("level", LEVELS)
def test_own_lines_are_logged_from_their_level_up(level: str) -> None:
    with capture_logs() as entries:
        logger = log.own_logger("gomicro.server", level)
        for word in LEVELS:
            getattr(logger, word)("said")
        logger.exception("said", exc_info=None)
    said = LEVELS[LEVELS.index(level) :]
    assert [entry["log_level"] for entry in entries] == said + ["error"] * ("error" in said)


@pytest.mark.parametrize("level", LEVELS)
def test_the_pipelines_level_holds_as_well(level: str) -> None:
    stream = io.StringIO()
    log.configure("warning", "json", stream)
    logger = log.own_logger("gomicro.server", level)
    for word in LEVELS:
        getattr(logger, word)("said")
    said = [json.loads(line)["level"] for line in stream.getvalue().splitlines()]
    assert said == LEVELS[max(LEVELS.index(level), LEVELS.index("warning")) :]


@pytest.mark.parametrize(("level", "lines"), [("info", 1), ("warning", 0)])
def test_whole_entries_are_logged_from_their_level_up(level: str, lines: int) -> None:
    stream = io.StringIO()
    log.configure("info", "json", stream)
    write = log.entry_logger(log.own_logger("gomicro.access", level))
    write({"time": "", "level": "info", "logger": "gomicro.access", "event": "request"})
    assert stream.getvalue().count('"event":"request"') == lines


def test_own_lines_can_be_captured_as_any_of_structlogs() -> None:
    log.configure("info", "json", io.StringIO())
    logger = log.own_logger("gomicro.server", "info")
    with capture_logs() as entries:
        logger.info("listening")
    assert [entry["event"] for entry in entries] == ["listening"]
