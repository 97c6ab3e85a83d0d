"""The signals of a service, and who hears of them."""

from __future__ import annotations

import signal
import threading

import pytest

from gomicro.server.signals import OTHERS, STOPPING, handling

ALL = (*STOPPING, *OTHERS)


@pytest.mark.parametrize("number", ALL)
def test_a_signal_is_told_at_once_and_afterwards_handled_as_before(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    told: list[signal.Signals] = []
    with handling(told.append):
        signal.raise_signal(number)
        assert told == [number]
        signal.raise_signal(number)
    assert told == [number] * 2
    assert signal.getsignal(number) is before


def test_a_library_finds_at_the_handler_whether_streams_shall_end() -> None:
    leaving = False
    with handling(lambda _: None, lambda: leaving):
        server = getattr(signal.getsignal(signal.SIGTERM), "__self__")  # noqa: B009 -- as a library
        assert server.should_exit is False
        leaving = True
        assert server.should_exit is True


def test_what_is_raised_for_a_signal_ends_the_context() -> None:
    def interrupt(_: signal.Signals) -> None:
        raise KeyboardInterrupt

    before = [signal.getsignal(number) for number in ALL]
    with pytest.raises(KeyboardInterrupt), handling(interrupt):
        signal.raise_signal(signal.SIGINT)
    assert [signal.getsignal(number) for number in ALL] == before


def test_outside_of_the_main_thread_nothing_is_changed() -> None:
    before = [signal.getsignal(number) for number in ALL]
    seen: list[object] = []

    def run() -> None:
        with handling(lambda _: None):
            seen.extend(signal.getsignal(number) for number in ALL)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == before


def test_a_program_keeps_the_handlers_it_has_for_signals_that_do_not_stop() -> None:
    heard: list[int] = []
    told: list[signal.Signals] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _: heard.append(number))
    try:
        with handling(told.append):
            signal.raise_signal(signal.SIGUSR1)
            signal.raise_signal(signal.SIGUSR2)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert (heard, told) == ([signal.SIGUSR1], [signal.SIGUSR2])
