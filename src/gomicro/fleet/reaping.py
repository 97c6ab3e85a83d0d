"""What process 1 owes to processes that it did not start: their end is taken note of."""

from __future__ import annotations

import os
from collections.abc import Set

__all__ = ["leave_alone", "reap_strangers"]


def reap_strangers(ours: Set[int]) -> None:
    """Let the processes go that have ended and that the system has made our children.

    One of `ours` is left to its owner; what is after it waits until the next call.
    """
    while True:
        try:
            found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if found is None or found.si_pid in ours:
            return
        os.waitpid(found.si_pid, 0)


def leave_alone(ours: Set[int]) -> None:
    """What any other process owes to them: a program may have children of its own."""
