"""The pipeline as a whole, mostly in processes of its own with real pipes and terminals."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import structlog

from gomicro import log
from gomicro.log import pipeline
from gomicro.log.bridge import Bridge

HELLO = """
from gomicro import log
log.configure({arguments})
log.get_logger("product-api").info("Hello world", name="\\x1b[31mAnn")
"""


def python(code: str, **options: object) -> subprocess.CompletedProcess[bytes]:
    """Run `code` in a process of its own; standard output is a pipe unless said otherwise."""
    options = {"stdout": subprocess.PIPE, **options}
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        [sys.executable, "-c", code], check=False, timeout=30, stderr=subprocess.PIPE, **options
    )


def on_terminal(code: str, environment: Mapping[str, str]) -> bytes:
    """Return what a terminal shows of `code`."""
    master, slave = pty.openpty()
    base = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    try:
        result = python(code, stdout=slave, env={**base, "TERM": "xterm", **environment})
        assert result.stderr == b""
        return os.read(master, 65536)
    finally:
        os.close(slave)
        os.close(master)


def test_auto_is_json_on_a_pipe() -> None:
    result = python(HELLO.format(arguments=""))
    assert result.stderr == b""
    entry = json.loads(result.stdout)
    assert list(entry) == ["time", "level", "logger", "event", "name"]
    assert entry["name"] == "\x1b[31mAnn"


def test_auto_is_console_with_colours_on_a_terminal() -> None:
    shown = on_terminal(HELLO.format(arguments=""), {})
    assert b"\x1b[32minfo    \x1b[0m product-api    Hello world" in shown
    assert rb"name=\u001b[31mAnn" in shown


@pytest.mark.parametrize(
    "environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["NO_COLOR", "dumb terminal"]
)
def test_terminal_that_wants_no_colours_gets_none(environment: dict[str, str]) -> None:
    shown = on_terminal(HELLO.format(arguments=""), environment)
    assert b"info     product-api    Hello world" in shown
    assert b"\x1b" not in shown


def test_json_on_a_terminal_has_no_raw_escapes() -> None:
    shown = on_terminal(HELLO.format(arguments="format='json'"), {})
    assert b'"name":"\\u001b[31mAnn"' in shown
    assert b"\x1b" not in shown


def test_console_on_a_pipe_has_no_colours() -> None:
    result = python(HELLO.format(arguments="format='console'"))
    assert b"info     product-api    Hello world" in result.stdout
    assert b"\x1b" not in result.stdout


@pytest.mark.parametrize("format_", ["console", "json"])
def test_lines_of_an_unfinished_turn_are_written_at_exit(format_: str) -> None:
    result = python(
        f"""
import asyncio
from gomicro import log
log.configure(format={format_!r})
loop = asyncio.new_event_loop()
def last():
    log.get_logger("a").info("last")
    raise SystemExit(3)
loop.call_soon(last)
loop.run_forever()
"""
    )
    assert result.returncode == 3
    assert b"last" in result.stdout


def test_lines_before_an_unhandled_exception_are_written() -> None:
    result = python(
        """
import asyncio
from gomicro import log
log.configure()
async def main():
    log.get_logger("a").info("last")
    raise RuntimeError("no")
asyncio.run(main())
"""
    )
    assert result.returncode == 1
    assert json.loads(result.stdout)["event"] == "last"
    assert b"RuntimeError: no" in result.stderr


def test_reader_that_is_gone_does_not_end_the_service() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        result = python(
            """
import sys
from gomicro import log
log.configure()
for _ in range(3):
    log.get_logger("a").error("e")
sys.stderr.write("served")
""",
            stdout=writer,
        )
    finally:
        os.close(writer)
    assert (result.returncode, result.stderr) == (0, b"served")


def test_reader_that_stands_still_does_not_hold_up_the_exit() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        while os.write(writer, b"x" * 65536) == 65536:
            pass
    except BlockingIOError:
        os.set_blocking(writer, True)
    result = python(
        """
import sys
from gomicro import log
log.configure()
log.get_logger("a").error("e")
sys.stderr.write("served")
""",
        stdout=writer,
    )
    os.close(writer)
    os.close(reader)
    assert (result.returncode, result.stderr) == (0, b"served")


def test_process_without_standard_output_can_log() -> None:
    result = python(
        """
import os, sys
sys.stdout = None
from gomicro import log
log.configure()
log.get_logger("a").info("e")
"""
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")


def test_forked_child_writes_only_its_own_lines() -> None:
    result = python(
        """
import asyncio, os, sys, warnings
warnings.simplefilter("ignore")
from gomicro import log
log.configure()
async def main():
    logger = log.get_logger("a")
    logger.info("parent")
    child = os.fork()
    if not child:
        logger.info("child")
        log.flush()
        os._exit(0)
    os.waitpid(child, 0)
asyncio.run(main())
"""
    )
    assert result.stderr == b""
    assert [json.loads(line)["event"] for line in result.stdout.splitlines()] == ["child", "parent"]


def test_forked_child_forgets_its_parents_lines() -> None:
    async def main() -> None:
        log.get_logger("a").info("parent")
        pipeline._forget()
        log.get_logger("a").info("child")

    stream = io.StringIO()
    log.configure("info", "json", stream)
    asyncio.run(main())
    log.flush()
    assert json.loads(stream.getvalue())["event"] == "child"


def test_import_configures_nothing() -> None:
    result = python(
        """
import logging, structlog, gomicro.log
print(structlog.is_configured(), logging.getLogger().handlers)
"""
    )
    assert (result.stdout, result.stderr) == (b"False []\n", b"")


def test_logger_made_before_the_pipeline_uses_it_afterwards() -> None:
    logger = log.get_logger("early")
    stream = io.StringIO()
    log.configure("info", "json", stream)
    logger.info("e")
    assert json.loads(stream.getvalue())["logger"] == "early"


def test_last_call_counts_and_leaves_one_bridge() -> None:
    first, second = io.StringIO(), io.StringIO()
    log.configure("info", "json", first)
    log.configure("info", "json", second)
    logging.getLogger("a").info("e")
    assert first.getvalue() == ""
    assert second.getvalue().count("\n") == 1
    handlers = logging.getLogger().handlers
    assert sum(isinstance(handler, Bridge) for handler in handlers) == 1


def test_an_applications_own_call_does_not_change_what_lasts() -> None:
    """The command is told level and form by who runs it; what it says itself counts."""
    first, second, third = io.StringIO(), io.StringIO(), io.StringIO()
    log.configure("info", "json", first, lasts=True)
    log.configure("debug", "console", second)
    log.get_logger("a").debug("e")
    log.get_logger("a").info("e")
    assert json.loads(first.getvalue())["event"] == "e"
    log.configure("info", "json", third, lasts=True)
    log.get_logger("a").info("e")
    assert (second.getvalue(), third.getvalue().count("\n")) == ("", 1)


def test_unknown_level_says_what_would_be_right() -> None:
    with pytest.raises(ValueError, match=r"level is one of debug, info, .*, not 'loud'"):
        log.configure("loud")
    assert not structlog.is_configured()


def test_unknown_format_says_what_would_be_right() -> None:
    unknown: Any = "xml"
    with pytest.raises(ValueError, match="format is one of auto, console, json, not 'xml'"):
        log.configure("info", unknown)
    assert not structlog.is_configured()


def test_lost_lines_are_told_of_by_the_pipeline(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("w") as stream:
        log.configure("info", "json", stream)
        saved = os.dup(stream.fileno())
        reading = os.open(os.devnull, os.O_RDONLY)
        os.dup2(reading, stream.fileno())
        log.get_logger("a").info("lost")
        os.dup2(saved, stream.fileno())
        os.close(saved)
        os.close(reading)
        log.get_logger("a").info("kept")
    notice, kept = (json.loads(line) for line in path.read_text().splitlines())
    del notice["time"]
    assert notice == {
        "level": "warning",
        "logger": "gomicro.log",
        "event": "log lines lost",
        "lines": 1,
    }
    assert kept["event"] == "kept"


def test_public_names() -> None:
    assert log.__all__ == [
        "configure",
        "entry_logger",
        "flush",
        "for_people",
        "get_logger",
        "left_to_the_application",
        "lines_lost",
        "own_logger",
        "request_fields",
        "request_logger",
        "set_level",
    ]
