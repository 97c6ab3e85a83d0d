"""Renewing a certificate while it is served: its files are looked at, and read when told to."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gomicro.errors import StartupError
from gomicro.server.certificate import load_certificate
from gomicro.threads import OwnThread, going_on

__all__ = ["Renewal", "looking"]

LOOK_EVERY = 3.0
"""Seconds between two looks: a pair that two of them find is served within ten."""

_Marks = tuple[tuple[int, ...] | None, ...]


class Renewal:
    """A certificate and its key, of which the handshakes from now on have the newest that fit.

    May be used by several threads. Two files are never replaced at one moment, so a pair that
    does not fit is looked at once more before anybody hears of it; the one before stays.
    """

    def __init__(
        self, cert: str, key: str, use: Callable[[ssl.SSLContext], None], log: Any
    ) -> None:
        """The files are those that have just been loaded. `use` is given each context after it."""
        self._files = (cert, key)
        self._use = use
        self._log = log
        self._lock = threading.Lock()
        self._marks = _marks(self._files)
        self._served = _digest(self._files)
        self._unsettled = False  # the last look found what cannot be used

    def renew(self) -> None:
        """Read the files anew, and log what was found."""
        with self._lock:
            self._marks = _marks(self._files)
            self._unsettled = False
            error = self._load()
            if error is not None:
                self._refused(error)

    def look(self) -> None:
        """Read the files if they are others than those that are served, also by a link of which
        only the target has changed (as Kubernetes replaces them).
        """
        with self._lock:
            marks = _marks(self._files)
            changed = marks != self._marks
            self._marks = marks
            if changed or self._unsettled:
                self._look_closer(changed=changed)

    def _look_closer(self, *, changed: bool) -> None:
        error = None if _digest(self._files) == self._served else self._load()
        self._unsettled = error is not None and changed
        if error is not None and not changed:
            self._refused(error)

    def _load(self) -> StartupError | None:
        """Serve what the files are now; why not, if it cannot be served."""
        cert, key = self._files
        digest = _digest(self._files)
        try:
            context = load_certificate(cert, key, ask=False)
        except StartupError as error:
            return error
        self._use(context)
        self._served = digest
        self._log.info("certificate renewed", certificate=cert, key=key)
        return None

    def _refused(self, error: StartupError) -> None:
        cert, key = self._files
        self._log.error("certificate refused", certificate=cert, key=key, reason=str(error))


@contextmanager
def looking(renewal: Renewal | None, every: float = LOOK_EVERY) -> Iterator[None]:
    """Look at the files again and again while the context lasts, in a thread: a disk may hang."""
    if renewal is None:
        yield
        return
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(every):
            with going_on():
                renewal.look()

    OwnThread(look, "gomicro certificate").start()
    try:
        yield
    finally:
        ended.set()


def _marks(files: tuple[str, ...]) -> _Marks:
    """What changes with a file, or with what a link leads to."""
    return tuple(map(_marks_of, files))


def _marks_of(file: str) -> tuple[int, ...] | None:
    try:
        found = Path(file).stat()
    except OSError:
        return None
    return (
        found.st_dev,
        found.st_ino,
        found.st_size,
        found.st_mtime_ns,
        found.st_ctime_ns,
    )


def _digest(files: tuple[str, ...]) -> bytes:
    """A digest of what they hold; b"" if one cannot be read."""
    import hashlib  # most services have no certificate

    digest = hashlib.sha256()
    try:
        for file in files:
            digest.update(hashlib.sha256(Path(file).read_bytes()).digest())
    except OSError:
        return b""
    return digest.digest()
