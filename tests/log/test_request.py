"""Lines of a request have its names, whoever logs them."""

from __future__ import annotations

import asyncio
import contextvars
import json
import logging
import time
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from structlog.contextvars import bound_contextvars

from gomicro import log
from gomicro.log.among import Among
from gomicro.log.chain import make_chain
from gomicro.log.fieldless import Fieldless
from gomicro.log.learned_line import LineJoiner
from gomicro.log.render_console import console_renderer
from gomicro.log.render_json import render_json
from gomicro.log.request import CurrentRequest, current, is_plain, request_fields

Read = Callable[[], list[dict[str, Any]]]

NAMED = {"request_id": "0a-1"}
TRACED = {"request_id": 'of "many" marks', "trace_id": "1f", "span_id": "2f"}


class Request:
    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def log_fields(self) -> dict[str, str]:
        return dict(self._names)

    @property
    def only_name(self) -> str:
        name = self._names["request_id"]
        return name if len(self._names) == 1 and is_plain(name) else ""


def during(names: dict[str, str], do: Callable[[], Any]) -> Any:
    """Call in the context of a request."""
    context = contextvars.Context()
    context.run(current.set, Request(names))
    return context.run(do)


def fields(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    beside = ("time", "level", "logger")
    return [{k: v for k, v in entry.items() if k not in beside} for entry in entries]


@pytest.mark.parametrize("names", [NAMED, TRACED], ids=["id", "trace"])
def test_lines_of_structlog_and_logging_have_the_names_of_their_request(
    logged: Read, names: dict[str, str]
) -> None:
    def do() -> None:
        log.get_logger("a").info("one")
        log.get_logger("a").info("two", field=1)
        logging.getLogger("b").warning("three")
        structlog.get_logger("c").error("four")
        with bound_contextvars(user="ann"):
            log.get_logger("a").info("five")

    during(names, do)
    assert fields(logged()) == [
        {"event": "one", **names},
        {"event": "two", "field": 1, **names},
        {"event": "three", **names},
        {"event": "four", **names},
        {"event": "five", "user": "ann", **names},
    ]


def test_lines_outside_of_a_request_have_none(logged: Read) -> None:
    contextvars.Context().run(log.get_logger("a").info, "one")
    assert fields(logged()) == [{"event": "one"}]


def test_a_field_of_the_line_itself_goes_first(logged: Read) -> None:
    def do() -> None:
        log.get_logger("a").info("one", request_id="mine")
        logging.getLogger("b").warning("two", extra={"request_id": "mine"})

    during(NAMED, do)
    assert [entry["request_id"] for entry in logged()] == ["mine", "mine"]


def test_what_a_request_starts_has_its_names(logged: Read) -> None:
    async def child() -> None:
        log.get_logger("a").info("child")
        await asyncio.to_thread(log.get_logger("a").info, "thread")

    async def main() -> None:
        current.set(Request(NAMED))
        await asyncio.create_task(child())

    asyncio.run(main())
    assert fields(logged()) == [{"event": "child", **NAMED}, {"event": "thread", **NAMED}]


@pytest.mark.parametrize(
    "render", [render_json, console_renderer(colours=True)], ids=["json", "console"]
)
@pytest.mark.parametrize("names", [{}, NAMED], ids=["none", "id"])
@pytest.mark.parametrize("event", ["Hello world", "0a-1", "12:00", "", 'a "quoted" word'])
def test_a_line_without_fields_is_the_one_of_the_processors(
    render: Any, names: dict[str, str], event: str
) -> None:
    clock = ["12:00:00"]
    fieldless = Fieldless("info", lambda: clock[0], render)
    chain = make_chain(lambda: clock[0], render)

    def long_way() -> bytes:
        entry: Any = {"event": event, "logger": "product-api"}
        for process in chain:
            entry = process(None, "info", entry)
        return bytes(entry)

    for clock[0] in ("12:00:00", "12:00:01", "12:00:02"):
        expected = during(names, long_way) if names else contextvars.Context().run(long_way)
        assert fieldless.line("product-api", event, names.get("request_id", "")) == expected


@pytest.mark.parametrize("name", ["", "0a-1"], ids=["none", "id"])
def test_a_known_line_is_made_when_it_is_written(name: str) -> None:
    """With the time at which it was logged."""
    fieldless = Fieldless("info", lambda: "2026-11-23T20:02:55.999999Z", render_json)
    first = fieldless.line("product-api", "Hello world", name)
    assert isinstance(first, bytes)
    began = time.monotonic()
    known = fieldless.line("product-api", "Hello world", name)
    assert not isinstance(known, bytes)
    assert began <= known[1] <= time.monotonic()
    at = known[1]
    joiner = LineJoiner(lambda: 1795464176_123456_789, lambda: at + 0.001)
    joined = joiner.join([first, known, first]).splitlines(keepends=True)
    assert joined[0] == joined[2] == first
    assert joined[1] == joined[0].replace(b"55.999999", b"56.122456")


@pytest.mark.parametrize("name", ["7", "42", "a"])
def test_a_name_that_stands_elsewhere_in_the_line_is_told_as_it_is(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure("info", "json", among=Among({"worker": 4, "pid": 4242742}, -1))
    logger = log.get_logger("a")
    for other in (name, "first", name, "second"):
        during({"request_id": other}, lambda: logger.info("a"))
        log.flush()
        line = json.loads(capsys.readouterr().out)
        assert {"request_id": other, "worker": 4, "pid": 4242742}.items() <= line.items()


@pytest.mark.parametrize("name", ["", "0a-1"], ids=["none", "id"])
def test_lines_that_are_remembered_are_bounded(name: str) -> None:
    fieldless = Fieldless("info", lambda: "12:00", render_json)
    for number in range(1000):
        fieldless.line("a", f"event {number}", name)
        fieldless.line("a", "x" * 1000, name)
    assert len(fieldless._known) + len(fieldless._known_in_requests) <= 256


def test_an_entry_that_has_no_id_is_given_one(logged: Read) -> None:
    entry = {"time": "", "level": "info", "logger": "a", "event": "e"}
    during(NAMED, lambda: log.entry_logger(log.get_logger("a"))(entry))
    assert fields(logged()) == [{"event": "e", **NAMED}]


def test_a_program_can_ask_for_the_names() -> None:
    assert request_fields() == {}
    assert dict(CurrentRequest()) == {}
    assert during(TRACED, request_fields) == TRACED
    assert during(TRACED, lambda: (dict(CurrentRequest()), len(CurrentRequest()))) == (TRACED, 3)
    with pytest.raises(KeyError):
        CurrentRequest()["request_id"]
