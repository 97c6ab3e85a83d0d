"""Heads that clients send again and again, so that they are parsed once."""

from __future__ import annotations

from typing import Final, Generic, TypeVar

__all__ = ["LONGEST_HEAD", "MOST", "HeadMemory"]

LONGEST_HEAD: Final = 1024
"""Bytes up to which a whole head is remembered."""

MOST: Final = 256
"""Heads that a memory holds, and keys of heads that have come once."""


T = TypeVar("T")


class HeadMemory(Generic[T]):
    """Heads that have come more than once, by bytes of theirs. Bounded in number and size.

    What comes once, however much of it, drives nothing out.
    """

    __slots__ = ("_longest", "_most", "_seen", "heads")

    def __init__(self, longest: int, most: int = MOST) -> None:
        self.heads: dict[bytes, T] = {}
        self._seen: set[bytes] = set()
        self._longest = longest
        self._most = most

    def offer(self, key: bytes, head: T) -> bool:
        """Keep a head if its key has been offered before, not long ago; whether it is kept now."""
        if len(key) > self._longest:
            return False
        if key not in self._seen:
            if len(self._seen) >= self._most:
                self._seen.clear()
            self._seen.add(key)
            return False
        self._seen.discard(key)
        if len(self.heads) >= self._most:
            self.heads.clear()
        self.heads[key] = head
        return True
