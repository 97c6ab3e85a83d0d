"""What is seen of files whose watch fails, or whose directory is not what it was."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gomicro.reload import sight
from gomicro.reload.files import Files
from gomicro.reload.serve import changed
from gomicro.reload.sight import Sight, Unseen

watchfiles = pytest.importorskip("watchfiles")

DELETED, MODIFIED = watchfiles.Change.deleted, watchfiles.Change.modified


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sight, "AGAIN", 0.0)


class Watches:
    """A watch, and those after it, each of which sees what the test says, and does what it does."""

    def __init__(self, directory: Path, *watches: list[Any]) -> None:
        self.directory = directory.resolve()
        self.stop = threading.Event()
        self.left = list(watches)
        self.ignoring: list[bool | None] = []

    def watch(self, *directories: str, **how: Any) -> Iterator[set[tuple[Any, str]]]:
        self.ignoring.append(how["ignore_permission_denied"])
        for seen in self.left.pop(0):
            if isinstance(seen, Exception):
                raise seen
            if callable(seen):
                seen()
            else:
                yield {(change, str(self.directory / name)) for change, name in seen}
        if not self.left:
            self.stop.set()

    def news(self) -> list[set[str] | Unseen]:
        """What is told of it, files by their names."""
        told = Sight(self.watch, Files((self.directory,)), self.stop).news()
        return [
            one if isinstance(one, Unseen) else {Path(path).name for path in one} for one in told
        ]


def test_changes_that_matter_are_told(tmp_path: Path) -> None:
    saved = [(MODIFIED, "a.py"), (DELETED, "b.py"), (MODIFIED, "c.txt")]
    assert Watches(tmp_path, [[], saved, []]).news() == [{"a.py", "b.py"}]


def test_a_watch_that_fails_is_begun_anew_with_what_changed_meanwhile(tmp_path: Path) -> None:
    watches = Watches(
        tmp_path,
        [[], (tmp_path / "a.py").touch, OSError("lost")],
        [[], [(MODIFIED, "b.py")]],
    )
    assert watches.news() == [Unseen("lost"), {"a.py"}, {"b.py"}]
    assert watches.ignoring == [None, True]


def test_what_fails_again_and_again_is_said_once(tmp_path: Path) -> None:
    odd = ValueError("odd name")
    watches = Watches(tmp_path, [[], odd], [[], odd], [odd], [OSError("full")], [odd], [[]])
    assert watches.news() == [Unseen("odd name"), Unseen("full"), Unseen("odd name")]


def test_a_watch_that_cannot_begin_is_the_end(tmp_path: Path) -> None:
    limit = OSError("limit")
    assert Watches(tmp_path, [limit], [limit]).news() == [Unseen("limit", for_good=True)]


def test_an_odd_name_in_its_first_moment_is_not(tmp_path: Path) -> None:
    odd = ValueError("odd name")
    watches = Watches(tmp_path, [(tmp_path / "a.py").touch, odd], [[], [(MODIFIED, "b.py")]])
    assert watches.news() == [{"a.py"}, {"b.py"}]


def test_a_directory_that_is_deleted_has_changed_when_it_is_watched_again(tmp_path: Path) -> None:
    """It may have been made again at once, and have the same number."""
    watches = Watches(tmp_path, [[], [(DELETED, "")]], [[], [(DELETED, "")]], [OSError("no")], [[]])
    directory = {tmp_path.name}
    assert watches.news() == [directory, Unseen("no"), directory]


def test_a_directory_in_whose_place_is_another_has_changed(tmp_path: Path) -> None:
    watched = tmp_path / "one" / "src"
    (tmp_path / "two" / "src").mkdir(parents=True)
    watched.mkdir(parents=True)

    def replace() -> None:
        (tmp_path / "one").rename(tmp_path / "old")
        (tmp_path / "two").rename(tmp_path / "one")

    assert Watches(watched, [[], replace, []], [[]]).news() == [{"src"}]


def test_a_directory_that_is_removed_is_said_once_until_it_is_there_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = tmp_path / "src"
    watched.mkdir()
    watches = Watches(watched, [[], watched.rmdir, []], [[], watched.rmdir, []], [[]])
    waits = iter([False, False, True] * 2)

    def wait(seconds: float) -> None:
        """Somebody else makes it again, after a while."""
        if next(waits, False):
            watched.mkdir()

    monkeypatch.setattr(watches.stop, "wait", wait)
    removed = Unseen(f"there is no directory {str(watched.resolve())!r}")
    assert watches.news() == [removed, {"src"}, removed, {"src"}]


def test_what_has_changed_is_told_as_one_would_type_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    file = str(here / "main.py")
    assert changed([file]) == "main.py changed"
    assert changed([file, "/b.py"]) == "main.py and 1 more changed"
    assert changed([str(here)]) == f"{here} changed"
    assert changed([f"{here}/caf\udce9.py"]) == "caf\\xe9.py changed"
    here.rmdir()
    assert changed([file]) == f"{file} changed"
