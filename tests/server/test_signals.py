"""The signals that stop a service."""

from __future__ import annotations

import runpy
import signal
import sys
import threading

import pytest

from gomicro.server import signals
from gomicro.server.signals import handling

STOPPING = [signal.SIGINT, signal.SIGTERM]


@pytest.mark.parametrize("number", STOPPING)
def test_a_signal_is_told_at_once_and_afterwards_handled_as_before(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    told: list[signal.Signals] = []
    with handling(told.append):
        signal.raise_signal(number)
        assert told == [number]
        signal.raise_signal(number)
    assert told == [number] * 2
    assert signal.getsignal(number) is before


def test_what_is_raised_for_a_signal_ends_the_context() -> None:
    def interrupt(_: signal.Signals) -> None:
        raise KeyboardInterrupt

    before = [signal.getsignal(number) for number in STOPPING]
    with pytest.raises(KeyboardInterrupt), handling(interrupt):
        signal.raise_signal(signal.SIGINT)
    assert [signal.getsignal(number) for number in STOPPING] == before


def test_outside_of_the_main_thread_nothing_is_changed() -> None:
    before = [signal.getsignal(number) for number in STOPPING]
    seen: list[object] = []

    def run() -> None:
        with handling(lambda _: None):
            seen.extend(signal.getsignal(number) for number in STOPPING)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == before


def test_on_windows_ctrl_break_stops_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(signal, "SIGBREAK", signal.SIGUSR1, raising=False)
    module = runpy.run_path(signals.__file__)
    told: list[signal.Signals] = []
    with module["handling"](told.append):
        signal.raise_signal(signal.SIGUSR1)
    assert told == [signal.SIGUSR1]
