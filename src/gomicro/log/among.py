"""One of several processes that write to the same output."""

from __future__ import annotations

import fcntl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Among"]


@dataclass(frozen=True)
class Among:
    """What tells this process's lines from those of the others, and how it takes its turn where a
    line is too long for a write that is never mixed with another's.

    The turn is a lock on the file of `descriptor`, which all of them have; who dies gives it back.
    """

    fields: Mapping[str, Any]
    descriptor: int

    def take_turn(self) -> bool:
        """Whether it is this process's turn; never waits. It stays so until `end_turn`."""
        try:
            fcntl.lockf(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1)
        except (BlockingIOError, PermissionError):  # POSIX allows either
            return False
        return True

    def end_turn(self) -> None:
        fcntl.lockf(self.descriptor, fcntl.LOCK_UN, 1)
