"""The harness that compares gomicro with what the Go program answered, over its public cases."""

from __future__ import annotations

import fnmatch
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

# One process plays the cases, for all that ask what came of them.
pytestmark = pytest.mark.xdist_group("parity")

ROOT = Path(__file__).parents[2]
HARNESS = ROOT.parent / "shared" / "parity"
DEVIATIONS = Path(__file__).with_name("deviations.json")
REFERENCE_PAGE = ROOT / "docs" / "reference" / "wire.md"

MOST_DEVIATIONS = 60

Entry = dict[str, Any]


def deviations() -> list[Entry]:
    entries: list[Entry] = json.loads(DEVIATIONS.read_text())
    return entries


@dataclass(frozen=True)
class Outcome:
    """What the harness found: its printed lines, and each case as it stands in its report."""

    printed: str
    cases: list[dict[str, Any]]

    def deviating(self) -> list[str]:
        return [case["name"] for case in self.cases if case["deviation"] is not None]


@pytest.fixture(scope="module")
def outcome(port: int, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The harness, run once with the deviations that are listed."""
    if not (HARNESS / "parity.py").exists():
        pytest.skip(f"the harness is not there: {HARNESS}")
    report = tmp_path_factory.mktemp("parity") / "report.json"
    command = [sys.executable, str(HARNESS / "parity.py"), "--candidate", f"127.0.0.1:{port}"]
    command += ["--expected", str(HARNESS / "expected.json"), "--set", "public"]
    command += ["--deviations", str(DEVIATIONS), "--json", str(report)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)
    assert report.exists(), done.stdout + done.stderr
    return Outcome(done.stdout, json.loads(report.read_text())["cases"])


def test_every_public_case_agrees_or_is_a_listed_deviation(outcome: Outcome) -> None:
    """No case differs from the Go program in another way than is written down."""
    assert len(outcome.cases) >= 500
    assert [case["name"] for case in outcome.cases if not case["agree"]] == [], outcome.printed


def test_few_cases_deviate(outcome: Outcome) -> None:
    """The refusals that are stricter than Go's are few."""
    assert len(outcome.deviating()) <= MOST_DEVIATIONS


def test_no_listed_deviation_is_stale(outcome: Outcome) -> None:
    """Each entry is the first that matches some case, and that case shows it."""
    used = {
        next(entry["match"] for entry in deviations() if fnmatch.fnmatchcase(name, entry["match"]))
        for name in outcome.deviating()
    }
    assert used == {entry["match"] for entry in deviations()}


@pytest.mark.parametrize("entry", deviations(), ids=lambda entry: entry["match"])
def test_a_deviation_is_to_the_strict_side(entry: Entry) -> None:
    """What gomicro answers instead is a refusal; it never serves what Go refuses."""
    diffs = entry["diffs"]
    refused = diffs.get("r1.status", 400) == 400 or diffs.get("responses") == "1 [400]"
    assert refused
    assert diffs.get("persist", "closed") == "closed"
    assert diffs.get("r1.announced", "close") == "close"


@pytest.mark.parametrize("entry", deviations(), ids=lambda entry: entry["match"])
def test_the_reference_page_names_a_deviation(entry: Entry) -> None:
    """A reader of the documentation finds every deviation with its reason."""
    assert f"`{entry['match']}`" in REFERENCE_PAGE.read_text()
