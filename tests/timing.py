"""Times that tell what a program waits for, on a machine that does other work besides."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["assert_takes_less"]

TRIES = 3


def assert_takes_less(seconds: float, measure: Callable[[], float]) -> None:
    """Assert that something takes less than so long, at the best of a few times: what the program
    waits for is in each of them, what a busy machine adds is not.
    """
    took: list[float] = []
    while len(took) < TRIES:
        took.append(measure())
        if took[-1] < seconds:
            return
    raise AssertionError(f"it took {took} s, each time {seconds:g} s or more")
