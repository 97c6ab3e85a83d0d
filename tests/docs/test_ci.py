"""The checks run what the README says to run."""

from __future__ import annotations

import os
import re

from tests.docs.pages import ROOT
from tests.docs.test_commands import PROGRAMS

CI = ROOT / ".ci/run"
WORKFLOW = ROOT / ".github/workflows/ci.yml"


def _readme_line(end: str) -> str:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (line,) = re.findall(rf"^python3 -m venv .* {end}$", readme, re.MULTILINE)
    return str(line)


def test_the_check_takes_its_test_command_from_the_readme() -> None:
    """It is found there by its end, and can be run as a program."""
    assert '"$(readme_line "$1" pytest)"' in CI.read_text(encoding="utf-8")
    assert _readme_line("pytest").endswith(".venv/bin/python -m pytest")
    assert os.access(CI, os.X_OK)


def test_the_workflow_runs_the_same_commands() -> None:
    """The README's test command on each Python, and the whole check."""
    runs = re.findall(r"^ +- run: (.+)$", WORKFLOW.read_text(encoding="utf-8"), re.MULTILINE)
    install, *others = sorted(runs, key=lambda line: "apt-get" not in line)
    assert others == [_readme_line("pytest"), ".ci/run"]
    assert set(install.split()) >= PROGRAMS - {"curl"}


def test_the_check_installs_with_pipx_as_the_readme_recommends() -> None:
    """`pipx install .` is typed as the README has it."""
    assert re.search(r'pipx" install \.$', CI.read_text(encoding="utf-8"), re.MULTILINE)
    assert "\npipx install .\n" in (ROOT / "README.md").read_text(encoding="utf-8")
