"""A profile of a thread."""

from __future__ import annotations

import sys
import threading
from collections import Counter

from gomicro.watch.profile import collapsed, sample


def test_a_thread_that_has_ended_is_nowhere() -> None:
    before = sys.getswitchinterval()
    assert sample(-1, 0.02, threading.Event()) == Counter()
    assert sys.getswitchinterval() == before


def test_stacks_are_collapsed_to_a_line_each() -> None:
    assert collapsed(Counter({("a", "b"): 2, ("a",): 1})) == "a 1\na;b 2\n"
