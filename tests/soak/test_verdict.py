"""The verdict finds what is held too long, and what grows, and nothing else."""

from __future__ import annotations

import pytest

from tests.soak.verdict import drifts, table
from tests.soak.watch import COUNTED, MEASURED, Sample

BEFORE = Sample({**dict.fromkeys(COUNTED, 3), **dict.fromkeys(MEASURED, 1000)}, {"Task": 3})


def sample(**values: int) -> Sample:
    """What a service held before, but for some values, and a few more dictionaries."""
    return Sample({**BEFORE.values, **values}, {"Task": 4, "dict": 9})


def test_a_service_that_holds_what_it_held_does_not_drift() -> None:
    assert drifts(BEFORE, [sample()] * 9, most=0.01) == []


def test_growth_before_the_first_quiet_moment_is_no_drift() -> None:
    grown = [sample(memory=5000, blocks=5000, objects=5000)] * 3
    assert drifts(BEFORE, grown, most=0.01) == []


@pytest.mark.parametrize("what", COUNTED)
def test_what_is_left_at_the_end_is_told(what: str) -> None:
    left = [*[BEFORE] * 4, *[sample(**{what: 4})] * 2]
    assert drifts(BEFORE, left, most=0.01) == [
        f"{what}: 4 are left, 3 were there before",
        "objects that grew most: dict +9, Task +1",
    ]


@pytest.mark.parametrize("what", MEASURED)
def test_growth_is_told_above_the_most_that_is_allowed(what: str) -> None:
    growing = [sample(**{what: 1000 + 5 * turn}) for turn in range(9)]
    assert drifts(BEFORE, growing, most=0.03) == []
    first, *_ = drifts(BEFORE, growing, most=0.02)
    assert first == f"{what}: grown by 2.99%, more than 2.00%"


def test_one_moment_that_is_not_quite_quiet_is_no_drift() -> None:
    samples = [*[sample()] * 7, sample(tasks=50, memory=9000), sample()]
    assert drifts(BEFORE, samples, most=0.01) == []


def test_the_table_shows_each_value_before_and_early_and_late() -> None:
    lines = table(BEFORE, [sample(), sample(), sample(tasks=7)]).splitlines()
    assert lines[0].split() == ["before", "early", "late"]
    assert lines[1].split() == ["tasks", "3", "3", "7"]
    assert [line.split()[0] for line in lines[1:]] == list(COUNTED + MEASURED)
