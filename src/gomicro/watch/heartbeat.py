"""The sign of life that an event loop is asked for, and how long it takes to give it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterable
from contextvars import Context
from math import inf
from typing import Protocol

from gomicro.threads import OwnThread, going_on

__all__ = ["PAUSE", "Heartbeat", "Watcher"]

PAUSE = 0.2
"""Seconds between a sign of life and the next time that one is asked for: five times a second cost
a thousandth of a core. A loop that blocks is found out so much later at most."""

HAVING_STOOD = 0.05
"""Seconds that whoever asks may be late itself. Later, the whole process stood still, or somebody
held the interpreter's lock: then the loop has its say first."""


class Watcher(Protocol):
    """Who hears of a loop. All is called in the heartbeat's thread, which goes on if it raises."""

    def blocked(self, seconds: float) -> None:
        """No sign of life has come for so long; again and again until there is one."""
        ...

    def free(self, seconds: float) -> None:
        """A sign of life has come after so long. `blocked` may have had no occasion to be called:
        code that holds the interpreter's lock stops the thread that watches as well.
        """
        ...


class Heartbeat:
    """Asks a loop for a sign of life, over and over, in a thread of its own.

    `after`: seconds without one after which the watchers hear of it, 0 for never. `lags` are called
    with the seconds that each took. `ask` has the loop call what it is given, and raises
    RuntimeError when the loop has closed.
    """

    def __init__(
        self,
        ask: Callable[[Callable[[], None]], object],
        after: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        event: Callable[[], threading.Event] = threading.Event,
    ) -> None:
        self.watchers: list[Watcher] = []
        self.lags: list[Callable[[float], None]] = []
        self._ask = ask
        self._after = after or inf
        self._clock = clock
        self._answered = event()
        self._ended = event()
        self._asked_at = inf
        self._answered_at = -inf
        self._thread = OwnThread(self._run, "gomicro heartbeat")

    @classmethod
    def of(cls, loop: asyncio.AbstractEventLoop, after: float) -> Heartbeat:
        """The heartbeat of a loop that runs in this thread."""
        context = Context()
        return cls(lambda answer: loop.call_soon_threadsafe(answer, context=context), after)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def end(self) -> None:
        """Ask no more, and wait until that is so."""
        self._ended.set()
        self._answered.set()
        self._thread.join()

    def age(self) -> float:
        """Seconds for which a sign of life has been waited for; 0 if there is nothing to wait for.

        From any thread.
        """
        return max(0.0, self._clock() - self._asked_at)

    def _run(self) -> None:
        while self.beat():
            pass

    def beat(self) -> bool:
        """Pause, ask, and wait for the answer; False at the end, and when the loop has closed.

        The answer is late from when it was due to be asked for: whoever holds the interpreter's
        lock keeps this thread from asking, too.
        """
        asked = self._clock() + PAUSE
        self._ended.wait(PAUSE)
        self._answered.clear()
        if self._ended.is_set():  # looked at after the other is clear, which `end` sets after it
            return False
        self._asked_at = asked
        try:
            self._ask(self._answer)
        except RuntimeError:  # the loop has closed
            return False
        self._wait(asked)
        if self._ended.is_set():
            return False
        self._asked_at = inf
        lag = max(0.0, self._answered_at - asked)
        self._tell(self.lags, lag)
        if lag >= self._after:
            self._tell([watcher.free for watcher in self.watchers], lag)
        return True

    def _wait(self, asked: float) -> None:
        patience = max(HAVING_STOOD, self._after - (self._clock() - asked))
        stood = False
        began = self._clock()
        while not self._answered.wait(None if patience == inf else patience):
            now = self._clock()
            if now - began > patience + HAVING_STOOD and not stood:
                stood = True
                patience = HAVING_STOOD
            else:
                patience = PAUSE
                self._tell([watcher.blocked for watcher in self.watchers], now - asked)
            began = now

    def _tell(self, hear: Iterable[Callable[[float], None]], seconds: float) -> None:
        for one in hear:
            with going_on():
                one(seconds)

    def _answer(self) -> None:
        self._answered_at = self._clock()
        self._answered.set()
