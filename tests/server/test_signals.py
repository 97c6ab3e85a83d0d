"""The signals of a service, and who hears of them."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any

import pytest

from gomicro.server.signals import OTHERS, STOPPING, handling, stand_in

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


@pytest.mark.parametrize("first", [0, 1], ids=["in their order", "in the other order"])
def test_those_who_overlap_hear_each_signal_and_go_in_any_order(first: int) -> None:
    before = [signal.getsignal(number) for number in ALL]
    told: list[list[signal.Signals]] = [[], []]
    contexts = [handling(heard.append) for heard in told]
    for context in contexts:
        context.__enter__()
    signal.raise_signal(signal.SIGTERM)
    contexts[first].__exit__(None, None, None)
    signal.raise_signal(signal.SIGINT)
    contexts[1 - first].__exit__(None, None, None)
    assert told[first] == [signal.SIGTERM]
    assert told[1 - first] == [signal.SIGTERM, signal.SIGINT]
    assert [signal.getsignal(number) for number in ALL] == before


def test_a_signal_that_ends_all_does_so_once_all_have_heard_it() -> None:
    heard: list[str] = []

    def end(interrupted: FrameType | None) -> None:
        assert interrupted is not None
        heard.append(f"end in {interrupted.f_globals['__name__']}")
        raise KeyboardInterrupt

    def first(_: signal.Signals) -> Any:
        heard.append("first")
        return end

    with (
        pytest.raises(KeyboardInterrupt),
        handling(first),
        handling(lambda _: heard.append("second")),
    ):
        signal.raise_signal(signal.SIGINT)
    assert heard == ["first", "second", f"end in {__name__}"]


def test_streams_end_at_a_librarys_when_all_leave() -> None:
    leaving = [True, False]
    with handling(lambda _: None, lambda: leaving[0]), handling(lambda _: None, lambda: leaving[1]):
        server = getattr(signal.getsignal(signal.SIGTERM), "__self__")  # noqa: B009 -- as a library
        assert server.should_exit is False
        leaving[1] = True
        assert server.should_exit is True


def test_what_somebody_else_has_installed_since_stays_and_may_give_the_handler_back() -> None:
    """As uvicorn does where its server began later, and ends later."""
    heard: list[str] = []
    before = signal.signal(signal.SIGTERM, lambda *_: heard.append("the program"))
    try:
        with handling(lambda _: None):
            theirs = signal.signal(signal.SIGTERM, lambda *_: heard.append("the other server"))
        signal.raise_signal(signal.SIGTERM)
        signal.signal(signal.SIGTERM, theirs)
        with handling(lambda _: heard.append("a later server")):
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
        signal.signal(signal.SIGTERM, theirs)
        signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert heard == ["the other server", "a later server", "the program", "the program"]


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


def test_whoever_hears_a_signal_before_a_service_hears_it_again_afterwards() -> None:
    around: list[signal.Signals] = []
    told: list[signal.Signals] = []
    before = signal.getsignal(signal.SIGQUIT)
    stand_in(signal.SIGQUIT, around.append)
    try:
        signal.raise_signal(signal.SIGQUIT)
        with handling(told.append):
            signal.raise_signal(signal.SIGQUIT)
        assert (len(around), len(told)) == (1, 1)
        signal.raise_signal(signal.SIGQUIT)
        assert (len(around), len(told)) == (2, 1)
    finally:
        signal.signal(signal.SIGQUIT, before)
