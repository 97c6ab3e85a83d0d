"""Hearing of changed files, through watchfiles, in a thread."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from gomicro.errors import ConfigError, StartupError
from gomicro.reload.sight import Sight, Unseen
from gomicro.server.app_hints import how_to_add
from gomicro.threads import OwnThread

if TYPE_CHECKING:
    from gomicro.reload.files import Files

__all__ = ["Changes"]


class Changes:
    """Tells of changed files. While the context lasts they wake whoever waits for this file, who
    then calls `deliver`; that calls `on_change` with their paths, absolute and sorted, and
    `on_unseen` with the reason where changes are not seen for a while: see `Sight`.

    Raises ConfigError if watchfiles is not installed.
    """

    def __init__(
        self,
        files: Files,
        on_change: Callable[[list[str]], object],
        on_unseen: Callable[[str], object],
    ) -> None:
        try:
            from watchfiles import watch
        except ImportError:
            command = how_to_add("watchfiles")
            raise ConfigError(f"--reload needs watchfiles; to add it: {command}") from None
        self._on_change = on_change
        self._on_unseen = on_unseen
        self._stop = threading.Event()
        self._sight = Sight(watch, files, self._stop)
        self._told: queue.SimpleQueue[set[str] | Unseen] = queue.SimpleQueue()
        self._read, self._written = socket.socketpair()
        self._read.setblocking(False)
        self._thread = OwnThread(self._run, "reload")

    def fileno(self) -> int:
        return self._read.fileno()

    def __enter__(self) -> Changes:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._read.close()
        self._written.close()

    def deliver(self) -> None:
        """Tell what has changed. Raises StartupError if the system cannot watch."""
        with contextlib.suppress(BlockingIOError):
            self._read.recv(4096)
        changed: set[str] = set()
        while not self._told.empty():
            told = self._told.get()
            if not isinstance(told, Unseen):
                changed |= told
            elif told.for_good:
                raise StartupError(f"cannot watch for changes (--reload): {told.reason}")
            else:
                self._on_unseen(told.reason)
        if changed:
            self._on_change(sorted(changed))

    def _run(self) -> None:
        for told in self._sight.news():
            self._told.put(told)
            self._written.send(b"!")
