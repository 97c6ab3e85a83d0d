"""The handlers of signals that are gomicro's own: a process that is forked has none of them.

What an application forks (os.fork without exec, as multiprocessing does) has its parent's handlers,
and the descriptor that wakes the parent's event loop: a signal to the child would be told to the
service, and the child live on.
"""

from __future__ import annotations

import os
import signal
import threading
from typing import Any, Final, NamedTuple

__all__ = ["take"]


class _Taken(NamedTuple):
    """A signal that is gomicro's while `ours` is its handler, and otherwise was handled by
    `theirs`.
    """

    ours: Any
    theirs: Any


_taken: Final[dict[int, _Taken]] = {}
_of_thread: Final = threading.local()


def take(number: int, handler: Any) -> Any:
    """As `signal.signal`, of a handler that a forked child shall not have: there the signal is
    handled as it was by somebody else before. To give one back to whoever had it is this as well.
    """
    if not _taken:
        os.register_at_fork(before=_wait, after_in_child=_give_back, after_in_parent=_go_on)
    before = signal.signal(number, handler)
    known = _taken.get(number)
    theirs = known.theirs if known is not None and before == known.ours else before
    _taken[number] = _Taken(handler, theirs)
    return before


def _wait() -> None:
    """Have signals wait for the end of the fork: none comes to a child that has these handlers."""
    _of_thread.mask = signal.pthread_sigmask(signal.SIG_BLOCK, tuple(_taken))


def _go_on() -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, _of_thread.mask)


def _give_back() -> None:
    """In the child, whose one thread is its main thread."""
    for number, (ours, theirs) in _taken.items():
        if ours != theirs and signal.getsignal(number) == ours:  # else somebody else has it
            signal.set_wakeup_fd(-1)  # asyncio does so itself, from Python 3.12 on
            signal.signal(number, theirs or signal.SIG_DFL)
    _go_on()
