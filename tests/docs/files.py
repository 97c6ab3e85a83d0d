"""Files that other programs read, and the programs that check them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.pages import ROOT

__all__ = ["DEPLOY", "check", "documents", "program"]

DEPLOY = ROOT / "docs/deploy"


def documents(file: Path) -> list[Any]:
    """What a YAML file holds."""
    return list(yaml.safe_load_all(file.read_text(encoding="utf-8")))


def program(name: str) -> str:
    """A program of this environment or of the machine; skips the test where there is none."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: the dependency group `files` has those of PyPI")
    return found


def check(*command: str | Path) -> str:
    """Run a checker, which must find nothing wrong; what it says."""
    done = subprocess.run(
        [program(str(command[0])), *map(str, command[1:])],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
