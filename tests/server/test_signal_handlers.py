"""The handlers of signals in a process that is forked."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from typing import Any

import pytest

from gomicro.fleet.signals import Signals
from gomicro.server.signal_handlers import take
from gomicro.server.signals import handling, stand_in
from tests.integration.process import PATIENCE

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")

FORK = multiprocessing.get_context("fork")


@contextmanager
def forked() -> Iterator[BaseProcess]:
    """A child that waits for its end."""
    child = FORK.Process(target=time.sleep, args=(2 * PATIENCE,))
    child.start()
    try:
        yield child
    finally:
        child.kill()
        child.join()


def test_sigterm_ends_a_forked_child_and_is_not_told_to_its_parent() -> None:
    told: list[signal.Signals] = []
    for _ in range(5):  # at once, and again and again: whatever the child has come to
        with handling(told.append), forked() as child:
            child.terminate()
            child.join(PATIENCE)
            assert child.exitcode == -signal.SIGTERM
    assert told == []


def test_nor_does_a_supervisor_hear_of_it() -> None:
    told: list[signal.Signals] = []
    with Signals(told.append) as signals, forked() as child:
        child.terminate()
        child.join(PATIENCE)
        assert child.exitcode == -signal.SIGTERM
        signals.deliver()
    assert set(told) <= {signal.SIGCHLD}


def test_what_stands_in_for_a_service_is_given_back_as_well() -> None:
    before = signal.signal(signal.SIGQUIT, signal.SIG_DFL)  # a job in the background ignores it
    told: list[signal.Signals] = []
    stand_in(signal.SIGQUIT, told.append)
    try:
        with handling(told.append):
            pass
        with forked() as child:
            os.kill(child.pid or 0, signal.SIGQUIT)
            child.join(PATIENCE)
            assert child.exitcode == -signal.SIGQUIT
    finally:
        take(signal.SIGQUIT, before)
    assert told == []


def handlers_in_child() -> tuple[dict[int, Any], bool]:
    """What a forked child has for some signals, and whether one wakes somebody."""
    read, write = FORK.Pipe(duplex=False)

    def tell() -> None:
        numbers = (signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2)
        found = {int(number): signal.getsignal(number) for number in numbers}
        names = {number: getattr(one, "__name__", one) for number, one in found.items()}
        write.send((names, signal.set_wakeup_fd(-1) >= 0))

    child = FORK.Process(target=tell)
    child.start()
    names, wakes = read.recv()
    child.join()
    return names, wakes


def test_the_programs_own_handlers_hold_in_its_children() -> None:
    def before(number: int, _: object) -> None: ...
    def since(number: int, _: object) -> None: ...

    was = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGUSR1)}
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    signal.signal(signal.SIGTERM, before)
    signal.set_wakeup_fd(ours.fileno())
    try:
        with handling(lambda _: None), handling(lambda _: None):
            signal.signal(signal.SIGUSR1, since)
            within = handlers_in_child()
        signal.signal(signal.SIGTERM, since)
        afterwards, _ = handlers_in_child()
    finally:
        signal.set_wakeup_fd(-1)
        ours.close()
        theirs.close()
        for number, handler in was.items():
            signal.signal(number, handler)
    names = {signal.SIGTERM: "before", signal.SIGUSR1: "since", signal.SIGUSR2: signal.SIG_DFL}
    assert within == (names, False)
    assert afterwards[signal.SIGTERM] == "since"


def test_a_forked_child_may_serve_itself() -> None:
    read, write = FORK.Pipe(duplex=False)

    def serve() -> None:
        told: list[signal.Signals] = []
        with handling(told.append):
            signal.raise_signal(signal.SIGTERM)
        write.send(told)

    with handling(lambda _: None):
        child = FORK.Process(target=serve)
        child.start()
        child.join(PATIENCE)
    assert read.poll()
    assert read.recv() == [signal.SIGTERM]
