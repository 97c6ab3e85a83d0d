"""What an application does to the standard library's logging while it is loaded."""

from __future__ import annotations

import logging
import logging.config
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from gomicro import log
from gomicro.log.bridge import Bridge
from gomicro.log.python_warnings import capture_warnings

Logged = Callable[[], list[dict[str, Any]]]


@contextmanager
def alone() -> Iterator[None]:
    """Put aside pytest's own handlers, which it adds for each call."""
    root = logging.getLogger()
    before = root.handlers[:]
    root.handlers[:] = [handler for handler in before if isinstance(handler, Bridge)]
    try:
        yield
    finally:
        root.handlers[:] = before


def handlers() -> list[type[logging.Handler]]:
    return [type(handler) for handler in logging.getLogger().handlers]


@contextmanager
def enabled_again() -> Iterator[None]:
    """Enable the loggers that have been disabled meanwhile."""
    known = logging.Logger.manager.loggerDict.values()
    loggers = [one for one in known if isinstance(one, logging.Logger) and not one.disabled]
    try:
        yield
    finally:
        for logger in loggers:
            logger.disabled = False


def test_an_application_that_sets_up_nothing_logs_into_the_pipeline(logged: Logged) -> None:
    with alone():
        library = logging.getLogger("library")
        with log.left_to_the_application():
            logging.getLogger("shop").warning("while it is loaded")
        logging.getLogger("shop").info("afterwards")
        library.addHandler(logging.NullHandler())
        library.info("of a library")
        assert [line["event"] for line in logged()] == [
            "while it is loaded",
            "afterwards",
            "of a library",
        ]
        assert handlers() == [Bridge]


def test_what_basic_config_asks_for_is_in_force(
    logged: Logged, capsys: pytest.CaptureFixture[str]
) -> None:
    with alone():
        with log.left_to_the_application():
            logging.basicConfig(level=logging.DEBUG, format="mine %(message)s", stream=sys.stderr)
        logging.getLogger("shop").debug("sold")
        log.own_logger("gomicro.server", "info").info("listening")
        assert capsys.readouterr().err == "mine sold\n"
        assert [line["event"] for line in logged()] == ["listening"]
        assert handlers() == [logging.StreamHandler]


def test_basic_config_that_asks_for_a_level_only_sets_the_level(
    logged: Logged, capsys: pytest.CaptureFixture[str]
) -> None:
    with alone():
        with log.left_to_the_application():
            logging.basicConfig(level=logging.DEBUG)
        logging.getLogger("shop").debug("sold")
        assert [(line["level"], line["event"]) for line in logged()] == [("debug", "sold")]
        assert capsys.readouterr().err == ""


def test_warnings_reach_the_pipeline_meanwhile_and_afterwards(logged: Logged) -> None:
    with alone():
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            capture_warnings()  # after pytest's own way with them
            with log.left_to_the_application():
                warnings.warn("early", stacklevel=1)
            warnings.warn("late", stacklevel=1)
            logging.captureWarnings(False)
        assert ["early" in line["event"] for line in logged()] == [True, False]
        assert logged()[1]["logger"] == "py.warnings"


def test_warnings_outlive_a_configuration_that_disables_every_logger(logged: Logged) -> None:
    with alone(), enabled_again():
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            capture_warnings()  # after pytest's own way with them
            warnings.warn("before", stacklevel=1)
            with log.left_to_the_application():
                logging.config.dictConfig({"version": 1})
                assert logging.getLogger("py.warnings").disabled
                warnings.warn("early", stacklevel=1)
                logging.config.dictConfig({"version": 1})
            warnings.warn("late", stacklevel=1)
            logging.captureWarnings(False)
        assert [line["event"].split()[-1] for line in logged()] == ["before", "early", "late"]


def test_an_application_that_cannot_be_loaded_leaves_all_as_it_was(logged: Logged) -> None:
    with alone():
        before = logging.lastResort
        with pytest.raises(ImportError), log.left_to_the_application():
            raise ImportError
        assert logging.lastResort is before
        assert handlers() == [Bridge]
        assert logged() == []


def test_where_no_pipeline_is_set_up_nothing_is_done() -> None:
    with alone():
        with log.left_to_the_application():
            logging.basicConfig(format="%(message)s")
        assert handlers() == [logging.StreamHandler]


def test_where_a_program_has_handlers_of_its_own_nothing_is_done(logged: Logged) -> None:
    with alone():
        logging.getLogger().addHandler(logging.NullHandler())
        with log.left_to_the_application():
            assert handlers() == [Bridge, logging.NullHandler]
        assert handlers() == [Bridge, logging.NullHandler]


def test_basic_config_without_a_form_gives_way_to_the_pipeline(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with alone():
        forms: list[dict[str, Any]] = [{}, {"format": "mine %(message)s"}]
        for form in forms:
            logging.getLogger().handlers.clear()
            logging.basicConfig(level=logging.INFO, stream=sys.stderr, **form)
            log.configure(format="json")
            logging.getLogger("shop").info("once")
            log.flush()
            said = capsys.readouterr()
            assert said.err == ("mine once\n" if form else "")
            assert said.out.count('"event":"once"') == 1


def test_what_a_logger_writes_to_the_terminal_itself_is_not_written_twice(
    logged: Logged, capsys: pytest.CaptureFixture[str]
) -> None:
    with alone():
        shop, stock = logging.getLogger("shop"), logging.getLogger("shop.stock")
        handler = logging.StreamHandler(sys.stdout)
        handler.setLevel(logging.WARNING)
        handler.addFilter(lambda record: "secret" not in record.getMessage())
        shop.addHandler(handler)
        try:
            stock.warning("empty")
            stock.info("half full")
            stock.warning("secret")
        finally:
            shop.removeHandler(handler)
        stock.warning("empty again")
        assert capsys.readouterr().out == "empty\n"
        assert [line["event"] for line in logged()] == ["half full", "secret", "empty again"]
