"""The shared memory of a fleet."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from gomicro.fleet.records import COUNTERS, Field, Records


@pytest.fixture
def records() -> Iterator[Records]:
    made = Records.make()
    yield made
    os.close(made.descriptor)


def test_what_one_process_writes_another_reads(records: Records) -> None:
    index = records.take()
    records.record(index)[Field.CONNECTIONS] = 7
    other = Records(records.descriptor)
    assert other.used == 1
    assert other.record(index)[Field.CONNECTIONS] == 7
    assert other.column(Field.CONNECTIONS)[index] == 7


def test_a_record_that_is_given_back_is_cleared_and_given_out_again(records: Records) -> None:
    first, second = records.take(), records.take()
    records.record(first)[Field.PID] = 42
    records.record(second)[Field.PID] = 43
    records.give_back(first)
    assert (records.record(first)[Field.PID], records.record(second)[Field.PID]) == (0, 43)
    assert records.take() == first
    assert records.used == 2


def test_counters_are_kept_when_their_process_has_ended(records: Records) -> None:
    index = records.take()
    counters = records.record(index).counters.cast("d")
    counters[0] += 2.5
    counters[-1] += 1
    records.give_back(index)
    again = records.record(records.take()).counters.cast("d")
    again[0] += 1
    assert (again[0], again[-1], len(again) * 8) == (3.5, 1, COUNTERS)
    assert sum(record.counters.cast("d")[0] for record in records.all()) == 3.5


def test_counters_of_two_records_do_not_touch(records: Records) -> None:
    first, second = records.record(records.take()), records.record(records.take())
    first.counters[:] = b"\xff" * COUNTERS
    assert bytes(second.counters[:8]) == bytes(8)
    assert second[Field.PID] == 0
