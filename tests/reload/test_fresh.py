"""Importing what stands in a file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
from pathlib import Path
if sys.argv[1] == "fresh":
    from gomicro.reload.fresh import import_fresh
    import_fresh([Path(sys.argv[2]).resolve()])
sys.path[:0] = sys.argv[2:]
import mine, json, library
print(mine.VALUE, library.VALUE)
"""


def imported(how: str, *directories: Path) -> str:
    """What a new process finds in the module `mine` of one directory and `library` of another."""
    ours = ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, how, *map(str, directories)],
        env={name: value for name, value in os.environ.items() if name not in ours},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture
def directories(tmp_path: Path) -> tuple[Path, Path]:
    mine, library = tmp_path / "mine", tmp_path / "mine/venv/site-packages"
    library.mkdir(parents=True)
    (library / "library.py").write_text("VALUE = 'x'")
    return mine, library


def save(file: Path, value: int, moment: int) -> None:
    file.write_text(f"VALUE = {value}")
    os.utime(file, (moment, moment))


def test_two_saves_in_one_second_are_two(directories: tuple[Path, Path]) -> None:
    mine, library = directories
    save(mine / "mine.py", 1, 1_000_000_000)
    assert imported("fresh", mine, library) == "1 x"
    save(mine / "mine.py", 2, 1_000_000_000)
    assert imported("fresh", mine, library) == "2 x"
    assert not (mine / "__pycache__").exists()
    assert (library / "__pycache__").exists()


def test_a_pyc_of_before_is_not_believed(directories: tuple[Path, Path]) -> None:
    mine, library = directories
    save(mine / "mine.py", 1, 1_000_000_000)
    assert imported("kept", mine, library) == "1 x"
    save(mine / "mine.py", 2, 1_000_000_000)
    assert imported("kept", mine, library) == "1 x"  # what this is about
    assert imported("fresh", mine, library) == "2 x"
