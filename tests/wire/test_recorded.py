"""Every case whose answer was recorded from Go is answered so by gomicro, or refused on purpose.

`python -m tests.wire --record` records them anew.
"""

from __future__ import annotations

import fnmatch
from pathlib import Path

import pytest

from tests.wire.play import play_until_agreed
from tests.wire.recorded import (
    Record,
    all_cases,
    deviation,
    deviations,
    differences,
    load,
    strict,
    to_record,
    with_times,
)

# One process plays the cases, for all that ask what came of them.
pytestmark = pytest.mark.xdist_group("recorded")

REFERENCE_PAGE = Path(__file__).parents[2] / "docs" / "reference" / "wire.md"
MOST_DEVIATIONS = 60

GO = load()
CASES = with_times(all_cases(), GO)


def fault_of(name: str, ours: Record, *, untimed: bool = False) -> list[str]:
    """What is wrong with the answer to a case."""
    if deviation(name) is None:
        return differences(CASES[name], GO[name], ours, untimed=untimed)
    return [] if strict(ours) else [f"not refused: {ours}"]


@pytest.fixture(scope="module")
def answered(port: int) -> dict[str, Record]:
    """What gomicro answered to every case."""
    seen = play_until_agreed(
        port,
        CASES,
        lambda name, seen: not fault_of(name, to_record(seen)),
        only_late=lambda name, seen: not fault_of(name, to_record(seen), untimed=True),
    )
    return {name: to_record(seen[name]) for name in CASES}


def test_each_case_has_a_recorded_answer() -> None:
    assert GO.keys() == CASES.keys()
    assert len(CASES) >= 500


@pytest.mark.parametrize("case", CASES)
def test_a_case_is_answered_as_in_go(case: str, answered: dict[str, Record]) -> None:
    assert fault_of(case, answered[case]) == []


def test_few_cases_deviate() -> None:
    """The refusals that are stricter than Go's are few."""
    assert len([name for name in CASES if deviation(name) is not None]) <= MOST_DEVIATIONS


@pytest.mark.parametrize("entry", deviations(), ids=lambda entry: entry["match"])
def test_no_listed_deviation_is_stale(entry: Record, answered: dict[str, Record]) -> None:
    """Each entry is the first that matches some case, and those cases are refused for it alone."""
    names = [name for name in CASES if deviation(name) == entry]
    assert names == [n for n in fnmatch.filter(CASES, entry["match"]) if deviation(n) == entry]
    assert names
    for name in names:
        assert differences(CASES[name], GO[name], answered[name]) != [], name


@pytest.mark.parametrize("entry", deviations(), ids=lambda entry: entry["match"])
def test_a_deviation_is_to_the_strict_side(entry: Record) -> None:
    """What gomicro answers instead is a refusal; it never serves what Go refuses."""
    diffs = entry["diffs"]
    refused = diffs.get("r1.status", 400) == 400 or diffs.get("responses") == "1 [400]"
    assert refused
    assert diffs.get("persist", "closed") == "closed"
    assert diffs.get("r1.announced", "close") == "close"


@pytest.mark.parametrize("entry", deviations(), ids=lambda entry: entry["match"])
def test_the_reference_page_names_a_deviation(entry: Record) -> None:
    """A reader of the documentation finds every deviation with its reason."""
    assert f"`{entry['match']}`" in REFERENCE_PAGE.read_text()
