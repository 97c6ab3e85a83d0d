"""A thread that does something over and over, and is not to end because it failed once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

__all__ = ["going_on"]


@contextmanager
def going_on() -> Iterator[None]:
    """Have an Exception that is raised within told as one that ends a thread is, by
    `threading.excepthook`, and go on after the context.

    For whoever calls what may log: a program's own logging may fail, as with a closed stream.
    """
    try:
        yield
    except Exception as error:
        told = (type(error), error, error.__traceback__, threading.current_thread())
        with suppress(Exception):  # standard error may be what has failed
            threading.excepthook(threading.ExceptHookArgs(told))
