"""The checks run what the README says to run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT
from tests.docs.test_commands import PROGRAMS

CI = ROOT / ".ci/run"
DEBIAN = ROOT / ".ci/debian"
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


def test_the_same_command_tests_on_debians_python() -> None:
    """In a tree of its own, where the machine has no 3.14."""
    assert '"$(readme_line python3.14 pytest)"' in CI.read_text(encoding="utf-8")
    assert os.access(DEBIAN, os.X_OK)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Debian is a Linux")
def test_where_debians_tree_cannot_be_made_a_line_says_why(tmp_path: Path) -> None:
    """And nothing is left of it. Here there are bash and id, and nothing else."""
    for name in ("bash", "id"):
        found = shutil.which(name)
        assert found is not None
        (tmp_path / name).symlink_to(found)
    tree = tmp_path / "tree"
    made = subprocess.run(
        [tmp_path / "bash", DEBIAN, "make", tree],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 1
    assert made.stdout.count("\n") == 1
    assert made.stdout.startswith(("only root can", "this machine lets nobody"))
    assert not tree.exists()


def test_the_workflow_runs_the_same_commands() -> None:
    """The README's test command on each Python, and the whole check."""
    runs = re.findall(r"^ +- run: (.+)$", WORKFLOW.read_text(encoding="utf-8"), re.MULTILINE)
    install, *others = sorted(runs, key=lambda line: "apt-get" not in line)
    assert others == [_readme_line("pytest"), ".ci/run"]
    assert set(install.split()) >= PROGRAMS - {"curl"}


def test_the_check_compiles_as_the_readme_says() -> None:
    """And has the engine's tests played on what comes of it."""
    check = CI.read_text(encoding="utf-8")
    (line,) = re.findall(r"^HATCH_.+$", check, re.MULTILINE)
    typed = line.replace(".venv/bin/", "")
    assert f"\n{typed}\n" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_check_installs_with_pipx_as_the_readme_recommends() -> None:
    """`pipx install .` is typed as the README has it."""
    assert re.search(r'pipx" install \.$', CI.read_text(encoding="utf-8"), re.MULTILINE)
    assert "\npipx install .\n" in (ROOT / "README.md").read_text(encoding="utf-8")
