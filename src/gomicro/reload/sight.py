"""Watching some directories, whatever becomes of them: removed, replaced, or full of odd names."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gomicro.reload.files import Files

__all__ = ["Sight", "Unseen"]

QUIET = 50
"""Milliseconds without a change after which those before are told: an editor saves in steps."""

LONGEST = 500
"""Milliseconds after which changes are told though there are more, and after which the directories
are looked at though nothing is told of them.
"""

AGAIN = 0.5
"""Seconds after which a watch that has ended is begun anew."""

_SLACK = 1.0
"""Seconds for which a change may be on its way to a watch, on a busy machine: when that ends, it is
lost. One that is told twice does no harm."""


@dataclass(frozen=True)
class Unseen:
    """Changes are not seen, and why; `for_good` if they never have been."""

    reason: str
    for_good: bool = False


class Sight:
    """What is seen of the files, in the thread that asks, until `stop` is set.

    A watch that fails, or whose directory is removed or replaced, is begun anew as soon as that can
    be. What changed meanwhile is among the changes then; of a directory that is another one, its
    own path. Only one that cannot even begin is the end.

    `watch` is that of watchfiles.
    """

    def __init__(
        self,
        watch: Callable[..., Iterable[set[tuple[Any, str]]]],
        files: Files,
        stop: threading.Event,
    ) -> None:
        self._watch = watch
        self._files = files
        self._stop = stop
        self._directories = list(map(str, files.directories))
        self._known = self._identities()
        self._replaced: set[str] = set()
        self._seen_until = time.time()
        self._begun = False

    def news(self) -> Iterator[set[str] | Unseen]:
        """Paths of changed files; or why there are none, once for each reason in a row."""
        said, again = "", False
        while not self._stop.is_set():
            try:
                yield from self._changes(again=again)
                said = ""
            except Exception as error:
                reason = str(error)
                if self._begun and reason != said:
                    said = reason
                    yield Unseen(reason)
                elif not self._begun and again:  # once may be an odd name, at the first moment
                    yield Unseen(reason, for_good=True)
                    return
            again = True
            if self._begun:
                self._stop.wait(AGAIN)

    def _changes(self, *, again: bool) -> Iterator[set[str]]:
        """What one watch sees; if it is not the first, before that what none has seen."""
        self._look(set())
        for directory, identity in self._known.items():
            if identity is None:  # watchfiles would not say so of each
                raise FileNotFoundError(f"there is no directory {directory!r}")
        missed = self._seen_until - _SLACK if again else inf
        for changes in self._watch(
            *self._directories,
            watch_filter=None,
            debounce=LONGEST,
            step=QUIET,
            rust_timeout=LONGEST,
            stop_event=self._stop,
            raise_interrupt=False,
            yield_on_timeout=True,
            # A directory of another user's that appears within is nothing to go blind for.
            ignore_permission_denied=True if self._begun else None,
        ):
            found = {path for _, path in changes if self._files.matter(path)} | self._replaced
            self._replaced = set()
            if missed < inf:
                found |= self._files.changed_since(missed)
                missed = inf
            self._begun, self._seen_until = True, time.time()
            if found:
                yield found
            if self._look({path for change, path in changes if change.name == "deleted"}):
                return

    def _look(self, deleted: set[str]) -> bool:
        """Whether a directory is not the one that it was. One that is made anew at once may have
        the same number: then only the change tells that it was `deleted`.
        """
        now = self._identities()
        others = {
            one for one in self._directories if one in deleted or now[one] != self._known[one]
        }
        self._known = now
        self._replaced |= others
        return bool(others)

    def _identities(self) -> dict[str, tuple[int, int] | None]:
        return {one: _identity(one) for one in self._directories}


def _identity(directory: str) -> tuple[int, int] | None:
    try:
        found = Path(directory).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
