"""gomicro's own threads, and how one goes on that is not to end because it failed once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

__all__ = ["OwnThread", "going_on"]


class OwnThread(threading.Thread):
    """A daemon that does not take the signal by which a worker is asked where it is: the one that
    takes it tells its own stack. What it starts, threads and processes, takes that no more either.

    For whatever runs nothing of an application.
    """

    def __init__(
        self, target: Callable[..., object], name: str, args: tuple[Any, ...] = ()
    ) -> None:
        super().__init__(target=target, name=name, args=args, daemon=True)

    def run(self) -> None:
        import signal  # which whoever starts no thread does not wait for

        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGURG,))
        super().run()


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
