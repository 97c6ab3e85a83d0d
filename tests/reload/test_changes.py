"""Hearing of changed files: real ones, through watchfiles."""

from __future__ import annotations

import os
import select
import shutil
import sys
import time
from pathlib import Path

import pytest

from gomicro.errors import ConfigError, StartupError
from gomicro.reload.changes import Changes
from gomicro.reload.files import Files

pytest.importorskip("watchfiles")
PATIENCE = 60.0


class Heard:
    """What a person's saves have led to."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve()
        self.told: list[list[str]] = []
        self.unseen: list[str] = []
        self.changes = Changes(Files((self.directory,)), self._hear, self.unseen.append)
        self._first = str(self.directory / "first.py")
        self._begun = False

    def _hear(self, paths: list[str]) -> None:
        self._begun = self._begun or self._first in paths
        if others := [path for path in paths if path != self._first]:
            self.told.append(others)

    def begin(self) -> None:
        """Save a file until it is heard of: the watch has begun. No more is told of this file."""
        deadline = time.monotonic() + PATIENCE
        while not self._begun:
            assert time.monotonic() < deadline
            Path(self._first).write_text("x")
            if select.select([self.changes], [], [], 0.2)[0]:
                self.changes.deliver()

    def until(self, *names: str) -> list[list[str]]:
        """Wait until all these files have been told of; what was told since the last call."""
        wanted = {str(self.directory / name) for name in names}
        deadline = time.monotonic() + PATIENCE
        while not wanted <= {path for paths in self.told for path in paths}:
            assert time.monotonic() < deadline, f"only {self.told} was told"
            if select.select([self.changes], [], [], 0.1)[0]:
                self.changes.deliver()
        told, self.told[:] = list(self.told), []
        return told


def test_saves_are_told_and_what_does_not_matter_is_not(tmp_path: Path) -> None:
    heard = Heard(tmp_path)
    with heard.changes:
        heard.begin()
        (tmp_path / "notes.txt").write_text("x")
        (tmp_path / "a.py").write_text("x")
        temporary = tmp_path / "b.py.tmp"
        temporary.write_text("x")
        temporary.rename(tmp_path / "b.py")
        told = {path for paths in heard.until("a.py", "b.py") for path in paths}
        assert told == {str(heard.directory / name) for name in ("a.py", "b.py")}
        (tmp_path / "a.py").unlink()
        heard.until("a.py")


def test_a_burst_of_saves_is_told_in_few_words(tmp_path: Path) -> None:
    heard = Heard(tmp_path)
    names = [f"{number}.py" for number in range(50)]
    with heard.changes:
        heard.begin()
        for name in names:
            (tmp_path / name).write_text("x")
        assert len(heard.until(*names)) <= 10


@pytest.mark.skipif(sys.platform != "linux", reason="where names are bytes")
def test_a_name_that_is_no_text_is_said_and_the_saves_after_it_are_told(tmp_path: Path) -> None:
    heard = Heard(tmp_path)
    with heard.changes:
        heard.begin()
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.py")).touch()
        heard.until("caf\udce9.py")
        (tmp_path / "a.py").write_text("x")
        heard.until("a.py")
    assert len(heard.unseen) == 1
    assert "decode" in heard.unseen[0]


@pytest.mark.parametrize("pause", [0.0, 2.0])
def test_a_directory_that_is_removed_and_made_again_is_watched_again(
    tmp_path: Path, pause: float
) -> None:
    (tmp_path / "out").mkdir()
    heard = Heard(tmp_path / "out")
    with heard.changes:
        heard.begin()
        shutil.rmtree(heard.directory)
        time.sleep(pause)
        heard.directory.mkdir()
        heard.until("")
        (heard.directory / "a.py").write_text("x")
        heard.until("a.py")


def test_delivering_what_has_not_come_tells_nothing(tmp_path: Path) -> None:
    heard = Heard(tmp_path)
    with heard.changes:
        heard.changes.deliver()
    assert heard.told == []


def test_a_directory_that_cannot_be_watched_is_a_startup_error(tmp_path: Path) -> None:
    heard = Heard(tmp_path / "gone")
    with heard.changes:
        assert select.select([heard.changes], [], [], PATIENCE)[0]
        with pytest.raises(StartupError, match=r"^cannot watch for changes \(--reload\): "):
            heard.changes.deliver()


def test_without_watchfiles_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    with pytest.raises(ConfigError) as caught:
        Heard(tmp_path)
    assert str(caught.value) == (
        f"--reload needs watchfiles; to add it: {sys.executable} -m pip install watchfiles"
    )
