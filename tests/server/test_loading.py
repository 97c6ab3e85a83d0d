"""The time while an application is imported: SIGQUIT, and what is said of a long one."""

from __future__ import annotations

import re
import signal
import threading
import time
from typing import NoReturn

import pytest
from structlog.testing import capture_logs

from gomicro.log import get_logger
from gomicro.server import loading
from gomicro.server.loading import heed_quit, telling_if_slow


def test_sigquit_writes_the_stacks_and_ends_the_process(capfd: pytest.CaptureFixture[str]) -> None:
    def leave(status: int) -> NoReturn:
        raise SystemExit(status)

    before = signal.getsignal(signal.SIGQUIT)
    try:
        heed_quit(leave)
        with pytest.raises(SystemExit, match="2"):
            signal.raise_signal(signal.SIGQUIT)
    finally:
        signal.signal(signal.SIGQUIT, before)
    assert "thread MainThread:\n" in capfd.readouterr().err


def test_a_long_import_is_told_once_with_the_line_that_it_is_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loading, "SLOW_START", 0.01)
    with capture_logs() as entries, telling_if_slow(get_logger("test")):
        while not entries:
            time.sleep(0.01)
    [entry] = entries
    assert (entry["event"], entry["log_level"]) == ("still starting", "warning")
    assert entry["after"] == 0.01
    function = test_a_long_import_is_told_once_with_the_line_that_it_is_at.__name__
    assert re.fullmatch(rf"{re.escape(__file__)}:\d+ {function}", entry["at"])


def test_of_a_short_one_nothing_is_said() -> None:
    before = set(threading.enumerate())
    with capture_logs() as entries:
        with telling_if_slow(get_logger("test")):
            [waits] = set(threading.enumerate()) - before
        waits.join()
    assert entries == []
