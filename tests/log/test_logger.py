"""Loggers: structlog as users know it, and a short way that nobody can tell from the long one."""

from __future__ import annotations

import asyncio
import contextvars
import io
import itertools
import logging
import re
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from structlog.contextvars import bound_contextvars

from gomicro import log
from gomicro.log.chain import interpolate, make_chain
from gomicro.log.logger import (
    Named,
    _calling_module,
    entry_logger,
    make_loggers,
)
from gomicro.log.render_console import console_renderer
from gomicro.log.render_json import render_json
from gomicro.log.sink import Sink

Read = Callable[[], list[dict[str, Any]]]
NOW = "2026-11-23T20:02:56.123456Z"


class Memory:
    """An output that keeps what it gets."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes, start: int) -> int:
        self.data += data[start:]
        return len(data) - start

    def taken(self) -> bytes:
        data, self.data = self.data, b""
        return data


class Broken:
    """An object without a text."""

    def __repr__(self) -> str:
        raise RuntimeError("no")


def unbound() -> contextvars.Context:
    """A context without the variables that another test has bound, which bar the short way."""
    return contextvars.Context()


MEMORY = Memory()
SINK = Sink(MEMORY, lambda lost: b"")
ANY_TEXT = st.text(st.characters(codec=None))
NAMES = ANY_TEXT | st.sampled_from(["time", "level", "logger", "stack", "exception"])
ENTRY = ("time", "level", "logger", "event")
FIELDS = st.dictionaries(
    NAMES.filter(lambda name: name not in ("self", "event", "exc_info", "stack_info")),
    ANY_TEXT | st.integers() | st.binary() | st.none(),
)


@pytest.mark.parametrize(
    "render", [render_json, console_renderer(colours=True)], ids=["json", "console"]
)
@pytest.mark.parametrize("level", ["debug", "info", "warning", "error", "critical"])
@given(ANY_TEXT, FIELDS, FIELDS)
def test_short_way_gives_the_bytes_of_the_processors(
    render: Any, level: str, event: str, bound: dict[str, Any], fields: dict[str, Any]
) -> None:
    chain = make_chain(lambda: NOW, render)
    named = Named(SINK, "product-api")
    short: Any = make_loggers("debug", chain, lambda: NOW, render).loggers
    long: Any = structlog.make_filtering_bound_logger("debug")
    getattr(long(named, chain, bound), level)(event, **fields)
    expected = MEMORY.taken()
    unbound().run(getattr(short(named, chain, bound), level), event, **fields)
    assert expected == MEMORY.taken()


@pytest.mark.parametrize(
    "render", [render_json, console_renderer(colours=True)], ids=["json", "console"]
)
@given(ANY_TEXT, FIELDS, FIELDS)
def test_an_entry_gives_the_bytes_of_the_processors(
    render: Any, event: str, bound: dict[str, Any], fields: dict[str, Any]
) -> None:
    chain = make_chain(lambda: NOW, render)
    named = Named(SINK, "product-api")
    ours: Any = make_loggers("info", chain, lambda: NOW, render).loggers
    structlogs: Any = structlog.make_filtering_bound_logger("info")
    fields = {name: value for name, value in fields.items() if name not in ENTRY}
    structlogs(named, chain, bound).info(event, **fields)
    expected = MEMORY.taken()
    for logger in (ours(named, chain, bound), structlogs(named, chain, bound)):
        entry = {"time": "", "level": "info", "logger": "product-api", "event": event, **fields}
        unbound().run(entry_logger(logger), entry)
        assert expected == MEMORY.taken()


def test_an_entry_has_the_bound_context_variables(logged: Read) -> None:
    entry = {"time": "", "level": "info", "logger": "a", "event": "e", "field": 1}
    with bound_contextvars(user="ann"):
        entry_logger(log.get_logger("a"))(entry)
    assert without_time(logged()) == [
        {"level": "info", "logger": "a", "event": "e", "user": "ann", "field": 1}
    ]


def test_no_entry_is_logged_below_the_level(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("warning", "json")
    entry_logger(log.get_logger("a"))({"time": "", "level": "info", "logger": "a", "event": "e"})
    log.flush()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "render", [render_json, console_renderer(colours=True)], ids=["json", "console"]
)
def test_an_event_without_fields_has_its_own_time_each_time(render: Any) -> None:
    """What is remembered of a line is neither its time nor another logger's, level's or event's."""
    ticks = map(str, itertools.count(100_000))
    chain = make_chain(ticks.__next__, render)
    short: Any = make_loggers("debug", chain, ticks.__next__, render).loggers
    events = [*(f"{n} of 100001" for n in range(300)), "long" * 200, "é\x1b[31m", ""]
    calls = itertools.product([*events, *reversed(events)], ("a", "b"), ("info", "error"))
    for time, (event, name, level) in enumerate(calls, 100_000):
        unbound().run(getattr(short(Named(SINK, name), chain, {}), level), event)
        entry = {"time": str(time), "level": level, "logger": name, "event": event}
        assert MEMORY.taken() == render(entry)


def test_line_has_time_level_logger_and_event_first(logged: Read) -> None:
    log.get_logger("product-api").info("Hello world", b=1, a="x")
    (entry,) = logged()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", entry.pop("time"))
    assert list(entry.items()) == [
        ("level", "info"),
        ("logger", "product-api"),
        ("event", "Hello world"),
        ("b", 1),
        ("a", "x"),
    ]


def without_time(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for entry in entries:
        del entry["time"]
    return entries


def test_users_loggers_of_structlog_go_the_same_way(logged: Read) -> None:
    logger = structlog.get_logger().bind(user="ann")
    logger.warning("one", n=1)
    structlog.get_logger("named", user="bob").info("two %s %d", "a", 2)
    head = {"level": "warning", "logger": __name__, "event": "one"}
    assert [
        {**head, "user": "ann", "n": 1},
        {"level": "info", "logger": "named", "event": "two a 2", "user": "bob"},
    ] == without_time(logged())


def test_field_called_logger_names_the_logger(logged: Read) -> None:
    structlog.get_logger().bind(logger="mine").info("one", time="never", level="x")
    assert without_time(logged()) == [{"level": "info", "logger": "mine", "event": "one"}]


def test_bound_context_variables_are_merged(logged: Read) -> None:
    logger = log.get_logger("a")
    with bound_contextvars(request_id="7"):
        logger.info("inside")
    logger.info("outside")
    inside, outside = without_time(logged())
    assert inside == {"level": "info", "logger": "a", "event": "inside", "request_id": "7"}
    assert outside == {"level": "info", "logger": "a", "event": "outside"}


def test_context_variables_of_others_stay_out(logged: Read) -> None:
    variable = contextvars.ContextVar[int]("other")

    def call() -> None:
        variable.set(1)
        log.get_logger("a").info("e")

    contextvars.copy_context().run(call)
    assert without_time(logged()) == [{"level": "info", "logger": "a", "event": "e"}]


def test_exception_is_one_field_with_the_whole_traceback(logged: Read) -> None:
    logger = log.get_logger("a")
    try:
        raise RuntimeError("first\nsecond")
    except RuntimeError:
        logger.exception("caught")
        logger.info("caught", exc_info=True)
    error, info = without_time(logged())
    assert (error.pop("level"), info.pop("level")) == ("error", "info")
    assert error == info
    lines = error["exception"].splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-2:] == ["RuntimeError: first", "second"]


def test_stack_ends_where_the_logger_was_called(logged: Read) -> None:
    log.get_logger("a").info("here", stack_info=True)
    (entry,) = logged()
    assert "stack_info=True" in entry["stack"].splitlines()[-1]


def test_other_processors_are_honoured(logged: Read) -> None:
    logger = log.get_logger("a")
    with structlog.testing.capture_logs() as captured:
        logger.info("captured", n=1)
    logger.info("logged")
    assert captured == [{"event": "captured", "n": 1, "log_level": "info"}]
    assert [entry["event"] for entry in logged()] == ["logged"]


def test_wrapped_logger_of_another_kind_is_honoured(logged: Read) -> None:
    structlog.wrap_logger(logging.getLogger("wrapped")).info("%s")
    (entry,) = logged()
    assert entry["logger"] == "wrapped"


def test_asynchronous_methods_go_the_same_way(logged: Read) -> None:
    asyncio.run(log.get_logger("a").ainfo("e", n=1))
    assert without_time(logged()) == [{"level": "info", "logger": "a", "event": "e", "n": 1}]


@pytest.mark.parametrize(
    ("method", "level"),
    [
        ("info", "info"),
        ("msg", "info"),
        ("warning", "warning"),
        ("warn", "warning"),
        ("error", "error"),
        ("critical", "critical"),
        ("fatal", "critical"),
    ],
)
def test_method_has_its_level(logged: Read, method: str, level: str) -> None:
    getattr(log.get_logger("a"), method)("e")
    assert [level] == [entry["level"] for entry in logged()]


def test_level_can_be_a_number(logged: Read) -> None:
    log.get_logger("a").log(logging.WARNING, "e")
    assert [entry["level"] for entry in logged()] == ["warning"]


def test_error_is_written_before_the_loop_turns(logged: Read, tmp_path: Any) -> None:
    async def main() -> bytes:
        log.get_logger("a").info("one")
        before = (tmp_path / "log").read_bytes()
        log.get_logger("a").error("two")
        return bytes(before)

    assert asyncio.run(main()) == b""
    assert [entry["event"] for entry in logged()] == ["one", "two"]


def test_level_debug_logs_all() -> None:
    stream = io.StringIO()
    log.configure("debug", "json", stream)
    log.get_logger("a").debug("e")
    assert '"level":"debug","logger":"a","event":"e"' in stream.getvalue()


def test_level_below_is_neither_logged_nor_enabled(tmp_path: Any) -> None:
    with (tmp_path / "log").open("w") as stream:
        log.configure("warning", "json", stream)
        logger = log.get_logger("a")
        logger.info("e")
        assert not logger.is_enabled_for(logging.INFO)
        assert logger.is_enabled_for(logging.WARNING)
    assert (tmp_path / "log").read_bytes() == b""


def test_unnamed_logger_has_the_name_of_its_module() -> None:
    frame = sys._getframe()
    assert __name__ == _calling_module(frame)
    assert _calling_module(None) == "structlog"


@pytest.mark.parametrize(
    ("event", "args", "expected"),
    [
        pytest.param("%s and %d", ("a", 1), "a and 1", id="positional"),
        pytest.param("%(a)s", ({"a": 1},), "1", id="one mapping in a tuple"),
        pytest.param("%(a)s", {"a": 1}, "1", id="a mapping, as logging unpacks it"),
        pytest.param("%s", ({},), "{}", id="an empty mapping"),
        pytest.param("100%", ("a",), "100% ('a',)", id="does not fit"),
        pytest.param("100%", (), "100%", id="no arguments"),
        pytest.param(7, (), "7", id="no text"),
        pytest.param(Broken(), (), "<Broken whose repr raises RuntimeError>", id="broken"),
        pytest.param("%d", (Broken(),), "%d <tuple whose repr raises RuntimeError>", id="both"),
    ],
)
def test_interpolation_never_loses_the_line(event: object, args: Any, expected: str) -> None:
    assert expected == interpolate(event, args)


def test_lines_of_threads_all_arrive(logged: Read) -> None:
    def work() -> None:
        for number in range(100):
            log.get_logger("a").info("e", n=number)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(list(range(100)) * 4) == sorted(entry["n"] for entry in logged())
