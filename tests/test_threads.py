"""gomicro's own threads, and those that go on."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Any

import pytest

import gomicro
from gomicro.threads import OwnThread, going_on


def fail(error: BaseException) -> None:
    raise error


def test_what_fails_is_told_and_not_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", told.append)
    with going_on():
        fail(ValueError("closed"))
    [args] = told
    assert (args.exc_type, str(args.exc_value)) == (ValueError, "closed")
    assert args.exc_traceback is not None
    assert args.thread is threading.current_thread()


def test_what_cannot_even_be_told_is_not_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: fail(OSError()))
    with going_on():
        fail(ValueError())


def test_what_is_no_exception_ends_it() -> None:
    with pytest.raises(KeyboardInterrupt), going_on():
        fail(KeyboardInterrupt())


def test_a_thread_of_gomicros_own_leaves_the_question_where_a_worker_is_to_others() -> None:
    masks: list[set[Any]] = []
    thread = OwnThread(lambda: masks.append(signal.pthread_sigmask(signal.SIG_BLOCK, ())), "own")
    thread.start()
    thread.join()
    assert masks == [{signal.SIGURG}]
    assert signal.SIGURG not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert (thread.daemon, thread.name) == (True, "own")


def test_all_threads_are_gomicros_own_but_the_one_that_runs_an_application() -> None:
    source = Path(gomicro.__file__).parent
    others = {
        file.relative_to(source).as_posix()
        for file in source.rglob("*.py")
        if "threading.Thread(" in file.read_text()
    }
    assert others == {"server/running.py"}
