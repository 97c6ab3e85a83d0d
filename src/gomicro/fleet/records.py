"""Shared memory: what each worker says of itself, for its supervisor and for the other workers.

One block, made by the supervisor and inherited as a descriptor. It holds one record a process,
each of sixteen numbers of 64 bits, and after all records an area of COUNTERS bytes for each. A
record belongs to one process at a time, which alone writes to it while it lives; when it has ended
the supervisor clears the record's fields. The counters stay as they are, and the next process that
is given the record goes on from there: so their sum over all records never falls.

A number is written in one piece. There is no lock: two numbers may be of two moments.
"""

from __future__ import annotations

import mmap
import os
import sys
import tempfile
from enum import IntEnum
from typing import Final

__all__ = ["COUNTERS", "RECORDS", "Field", "Record", "Records"]

RECORDS: Final = 768
"""Three for each worker there may be: one that serves, one that starts, one that leaves."""

COUNTERS: Final = 262_144
"""Bytes of the counters of one record. Memory is used where it is written to only."""


class Field(IntEnum):
    """The numbers of a record. A new one goes to the end; there is room for sixteen."""

    PID = 0
    PLACE = 1
    """The worker's number, from 1 on."""
    GENERATION = 2
    HEARTBEAT = 3
    """When its event loop last ran, in nanoseconds of the monotonic clock; 0 before it does."""
    ACCEPTING = 4
    """1 while it accepts connections."""
    CONNECTIONS = 5
    IN_FLIGHT = 6
    """Requests that are being served, as of its last heartbeat."""
    REQUESTS = 7
    """Requests that it has begun to serve since it started."""
    MEMORY = 8
    """Bytes of memory that it holds (its resident set), as of its last heartbeat."""


_FIELDS: Final = 16
_WORD: Final = 8
_HEAD: Final = 1
"""Numbers before the first record: how many records have ever been given out."""

_WORDS: Final = _HEAD + RECORDS * _FIELDS
_COUNTERS_AT: Final = -(-_WORDS * _WORD // mmap.PAGESIZE) * mmap.PAGESIZE
_SIZE: Final = _COUNTERS_AT + RECORDS * COUNTERS


class Record:
    """One process's part."""

    def __init__(self, fields: memoryview[int], counters: memoryview) -> None:
        self._fields = fields
        self.counters = counters
        """The bytes of its counters, whose meaning is their user's; zero at first."""

    def __getitem__(self, field: Field) -> int:
        return self._fields[field]

    def __setitem__(self, field: Field, value: int) -> None:
        self._fields[field] = value

    def clear(self) -> None:
        """Forget the process, but for its counters."""
        for number in range(_FIELDS):
            self._fields[number] = 0


class Records:
    """All records of a block, which is mapped as long as one of them is held."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        """The block's; it is for handing down, and the block's owner's to close."""
        self._map = mmap.mmap(descriptor, _SIZE)
        self._view = memoryview(self._map)
        self._given: set[int] = set()
        self._words = self._view[: _WORDS * _WORD].cast("Q")

    @classmethod
    def make(cls) -> Records:
        """A block of zeros, which goes with the last process that has it."""
        if sys.platform == "linux":
            descriptor = os.memfd_create("gomicro-fleet", os.MFD_CLOEXEC)
        else:
            with tempfile.TemporaryFile() as file:
                descriptor = os.dup(file.fileno())
        os.ftruncate(descriptor, _SIZE)
        return cls(descriptor)

    def take(self) -> int:
        """Give out the lowest record that belongs to nobody; the number it has from now on."""
        index = next(index for index in range(RECORDS) if index not in self._given)
        self._given.add(index)
        self._words[0] = max(self._words[0], index + 1)
        return index

    def give_back(self, index: int) -> None:
        """The process that had the record has ended."""
        self.record(index).clear()
        self._given.discard(index)

    def record(self, index: int) -> Record:
        """The record of that number, from 0 on."""
        at, start = _COUNTERS_AT + index * COUNTERS, _HEAD + index * _FIELDS
        return Record(self._words[start : start + _FIELDS], self._view[at : at + COUNTERS])

    def all(self) -> list[Record]:
        """Every record that has ever been given out: for their counters."""
        return [self.record(index) for index in range(self.used)]

    @property
    def used(self) -> int:
        """How many records, from the first on, have ever been given out."""
        return self._words[0]

    def column(self, field: Field) -> memoryview[int]:
        """One field of all records, in their order."""
        return self._words[_HEAD + field :: _FIELDS]
