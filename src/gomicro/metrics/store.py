"""Counters in a piece of memory, which other processes may share.

Whoever counts appends a series once, and from then on only adds to its numbers. So a reader in
another process sees whole series, and whoever takes the memory over goes on where the last one
stopped. All numbers are doubles of 64 bits in the machine's own form, written in one piece:

    layout | used | series ...        a series: length of key, key padded to 8 bytes, its numbers

A key is JSON: the family's name and the values of its labels.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from zlib import crc32

from gomicro.metrics.families import COUNTED, OTHER, Family

__all__ = ["SIZE", "Series", "Store", "read"]

SIZE = 262_144
"""Bytes of a store that is not shared: room for about a thousand series."""

_LAYOUT = 1.0 + crc32(repr(COUNTED).encode())
"""A number for what stands here and what is counted. Memory that says another one, which other code
has written, is begun anew.
"""

_WORD = 8
_HEAD = 2
_LONGEST_KEY = 512

_FAMILIES: Mapping[str, Family] = {family.name: family for family in COUNTED}


@dataclass(frozen=True)
class Series:
    """One family's numbers for some values of its labels."""

    family: Family
    labels: tuple[str, ...]
    values: tuple[float, ...]


class Store:
    """Counters, in memory that nobody else writes to meanwhile."""

    def __init__(self, memory: memoryview) -> None:
        self.memory = memory
        self.cells = memory.cast("d")
        """The numbers. A series has those from its place on."""
        if self.cells[0] != _LAYOUT:
            memory[:] = bytes(len(memory))
            self.cells[1] = _HEAD
            self.cells[0] = _LAYOUT
        self._places = {(name, *labels): at for name, labels, at in _walk(memory)}
        self._overflow: dict[str, int] = {}
        for family in COUNTED:
            others = tuple(OTHER for _ in family.labels)
            self._overflow[family.name] = self.place(family, others)

    def place(self, family: Family, labels: tuple[str, ...]) -> int:
        """The first cell of a series, which is made if it is not there; where there is no room for
        it, that of one for all others.
        """
        at = self._places.get((family.name, *labels))
        return at if at is not None else self._append(family, labels)

    def _append(self, family: Family, labels: tuple[str, ...]) -> int:
        key = json.dumps([family.name, *labels], ensure_ascii=False).encode(errors="replace")
        begins = int(self.cells[1])
        at = begins + 1 + -(-len(key) // _WORD)
        ends = at + family.cells
        if ends > len(self.cells) or len(key) > _LONGEST_KEY:
            return self._overflow[family.name]
        self.memory[(begins + 1) * _WORD : (begins + 1) * _WORD + len(key)] = key
        self.cells[begins] = len(key)
        self.cells[1] = ends  # the last, so that a reader finds all that is before it
        self._places[(family.name, *labels)] = at
        return at


def read(memory: memoryview) -> Iterator[Series]:
    """All series of a store, also another process's."""
    cells = memory.cast("d")
    if cells[0] != _LAYOUT:
        return
    for name, labels, at in _walk(memory):
        family = _FAMILIES[name]
        yield Series(family, labels, tuple(cells[at : at + family.cells]))


def _walk(memory: memoryview) -> Iterator[tuple[str, tuple[str, ...], int]]:
    """Name, labels and place of each series."""
    cells = memory.cast("d")
    begins, used = _HEAD, int(cells[1])
    while begins < used:
        length = int(cells[begins])
        start = (begins + 1) * _WORD
        name, *labels = json.loads(bytes(memory[start : start + length]))
        at = begins + 1 + -(-length // _WORD)
        yield name, tuple(labels), at
        begins = at + _FAMILIES[name].cells
