"""Finds the registered patterns that a new one may conflict with, without looking at them all."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final, NamedTuple

from gomicro.mux.pattern import Pattern

__all__ = ["RoutingIndex"]


class _Key(NamedTuple):
    """Patterns of one host with this literal at this position; None stands for a wildcard."""

    host: str
    position: int
    literal: str | None


class RoutingIndex:
    """Patterns by the literals at their positions.

    Two patterns of one host that have different literals at the same position share no request.
    So a new pattern with a literal at some position can only conflict with those that have the
    same literal or a wildcard there, or a multi wildcard there or before.
    """

    def __init__(self) -> None:
        self._by_literal: Final[dict[_Key, list[Pattern]]] = {}
        self._multis: Final[dict[tuple[str, int], list[Pattern]]] = {}
        self._by_host: Final[dict[str, list[Pattern]]] = {}

    def add(self, pattern: Pattern) -> None:
        """Take a pattern in."""
        host = pattern.host
        self._by_host.setdefault(host, []).append(pattern)
        for position, segment in enumerate(pattern.segments):
            if segment.multi:
                self._multis.setdefault((host, position), []).append(pattern)
            else:
                key = _Key(host, position, None if segment.wild else segment.text)
                self._by_literal.setdefault(key, []).append(pattern)

    def candidates(self, pattern: Pattern) -> Iterator[Pattern]:
        """Yield at least the patterns that conflict with `pattern`; each at most once."""
        host = pattern.host
        fewest = [self._by_host.get(host, [])]
        size = len(fewest[0])
        multis: list[list[Pattern]] = []
        for position, segment in enumerate(pattern.segments):
            multis.append(self._multis.get((host, position), []))
            if segment.wild:
                continue
            found = [
                self._by_literal.get(_Key(host, position, segment.text), []),
                self._by_literal.get(_Key(host, position, None), []),
                *multis,
            ]
            count = sum(map(len, found))
            if count < size:
                fewest, size = found, count
        return chain.from_iterable(fewest)
