"""The standard library's records and warnings come out as everything else does."""

from __future__ import annotations

import asyncio
import io
import logging
import re
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from structlog.contextvars import bound_contextvars

from gomicro import log
from gomicro.log.bridge import Bridge
from gomicro.log.python_warnings import capture_warnings

Read = Callable[[], list[dict[str, Any]]]


def without_time(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for entry in entries:
        del entry["time"]
    return entries


def own_handler() -> Bridge:
    """Return the bridge itself, where pytest's own handler would raise for a bad record."""
    (bridge,) = (item for item in logging.getLogger().handlers if isinstance(item, Bridge))
    return bridge


def test_record_is_a_line_with_its_extra_fields(logged: Read) -> None:
    logging.getLogger("uvicorn.error").info(
        "Started %s", "it\n", extra={"color_message": "x", "pid": 7}
    )
    assert without_time(logged()) == [
        {"level": "info", "logger": "uvicorn.error", "event": "Started it\n", "pid": 7}
    ]


@pytest.mark.parametrize(
    ("message", "args", "event"),
    [
        pytest.param("100%", (), "100%", id="no arguments"),
        pytest.param("%d", ("x",), "%d ('x',)", id="arguments that do not fit"),
        pytest.param("%(a)s", ({"a": 1},), "1", id="a mapping"),
        pytest.param({"a": 1}, (), "{'a': 1}", id="no text"),
    ],
)
def test_message_is_rendered_as_logging_does(
    logged: Read, message: Any, args: tuple[Any, ...], event: str
) -> None:
    own_handler().handle(logging.LogRecord("a", logging.INFO, "", 1, message, args, None))
    assert [event] == [entry["event"] for entry in logged()]


def test_exception_is_a_field(logged: Read) -> None:
    try:
        raise RuntimeError("no")
    except RuntimeError:
        logging.getLogger("a").exception("caught")
    (entry,) = logged()
    assert (entry["level"], entry["event"]) == ("error", "caught")
    assert entry["exception"].endswith("RuntimeError: no")


def test_exception_that_another_process_rendered_is_a_field(logged: Read) -> None:
    record = logging.makeLogRecord({"name": "a", "msg": "m", "levelno": 20, "exc_text": "text"})
    own_handler().handle(record)
    assert [entry["exception"] for entry in logged()] == ["text"]


def test_stack_is_a_field(logged: Read) -> None:
    logging.getLogger("a").info("here", stack_info=True)
    (entry,) = logged()
    assert "stack_info=True" in entry["stack"].splitlines()[-1]


def test_bound_context_variables_are_merged(logged: Read) -> None:
    with bound_contextvars(request_id="7"):
        logging.getLogger("a").info("e")
    assert [entry["request_id"] for entry in logged()] == ["7"]


def test_record_of_an_error_is_written_before_the_loop_turns(logged: Read, tmp_path: Path) -> None:
    async def main() -> list[int]:
        logging.getLogger("a").warning("one")
        before = len((tmp_path / "log").read_bytes().splitlines())
        logging.getLogger("a").error("two")
        return [before, len((tmp_path / "log").read_bytes().splitlines())]

    assert asyncio.run(main()) == [0, 2]
    assert [entry["event"] for entry in logged()] == ["one", "two"]


def test_warning_is_a_line(logged: Read) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        capture_warnings()  # after pytest's own way with them
        warnings.warn("old,\n  and gone", DeprecationWarning, stacklevel=1)
    (entry,) = logged()
    assert (entry["level"], entry["logger"]) == ("warning", "py.warnings")
    place, _, said = entry["event"].partition(": ")
    assert re.fullmatch(rf"{re.escape(__file__)}:\d+", place)
    assert said == "DeprecationWarning: old, and gone"


def test_warning_that_is_meant_for_a_file_is_written_there(logged: Read) -> None:
    with warnings.catch_warnings():
        capture_warnings()
        file = io.StringIO()
        warnings.showwarning("old", UserWarning, "a.py", 3, file, "f()")
    assert file.getvalue() == "a.py:3: UserWarning: old\n  f()\n"
    assert logged() == []


def test_exception_that_a_loop_handles_is_a_line(logged: Read) -> None:
    async def main() -> None:
        asyncio.get_running_loop().call_exception_handler(
            {"message": "bad", "exception": RuntimeError("no")}
        )

    asyncio.run(main())
    entry = logged()[-1]
    assert (entry["logger"], entry["level"], entry["event"]) == ("asyncio", "error", "bad")
    assert entry["exception"].endswith("RuntimeError: no")


def test_level_holds_for_records_too() -> None:
    log.configure("warning", "json", sys.stdout)
    assert not logging.getLogger("a").isEnabledFor(logging.INFO)
    assert logging.getLogger("a").isEnabledFor(logging.WARNING)
