"""Threads that go on."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from gomicro.threads import going_on


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
