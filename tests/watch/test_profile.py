"""A profile of a thread."""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter

from gomicro.watch.profile import collapsed, sample


def test_a_thread_that_has_ended_is_nowhere() -> None:
    before = sys.getswitchinterval()
    assert sample(-1, 0.02, threading.Event()) == Counter()
    assert sys.getswitchinterval() == before


def test_a_look_that_takes_long_takes_of_the_time_and_adds_none() -> None:
    class Slow(threading.Event):
        """Another thread holds the interpreter's lock for a tenth of a second, over and over."""

        def wait(self, timeout: float | None = None) -> bool:
            time.sleep(0.1)
            return super().wait(timeout)

    found = sample(threading.get_ident(), 0.2, Slow())
    assert 1 <= found.total() <= 2


def test_a_time_that_is_over_at_once_has_one_look() -> None:
    assert sample(threading.get_ident(), 1e-9, threading.Event()).total() == 1


def test_stacks_are_collapsed_to_a_line_each() -> None:
    assert collapsed(Counter({("a", "b"): 2, ("a",): 1})) == "a 1\na;b 2\n"
