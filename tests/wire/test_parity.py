"""Another harness that compares gomicro with what the Go program answered, where it is at hand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# It plays its cases beside ours, not after them.
pytestmark = pytest.mark.xdist_group("parity")

ROOT = Path(__file__).parents[2]
HARNESS = ROOT.parent / "shared" / "parity"
DEVIATIONS = Path(__file__).with_name("deviations.json")
Cases = list[dict[str, Any]]


@pytest.fixture(scope="module")
def outcome(port: int, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Cases]:
    """What the harness printed, and each case as it stands in its report."""
    if not (HARNESS / "parity.py").exists():
        pytest.skip(f"the harness is not there: {HARNESS}")
    report = tmp_path_factory.mktemp("parity") / "report.json"
    command = [sys.executable, str(HARNESS / "parity.py"), "--candidate", f"127.0.0.1:{port}"]
    command += ["--expected", str(HARNESS / "expected.json"), "--set", "public"]
    command += ["--deviations", str(DEVIATIONS), "--json", str(report)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=180)
    assert report.exists(), done.stdout + done.stderr
    return done.stdout, json.loads(report.read_text())["cases"]


def test_every_public_case_agrees_or_is_a_listed_deviation(outcome: tuple[str, Cases]) -> None:
    """No case differs from the Go program in another way than is written down."""
    printed, cases = outcome
    assert len(cases) >= 500
    assert [case["name"] for case in cases if not case["agree"]] == [], printed
