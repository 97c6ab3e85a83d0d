"""Which files' changes matter."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import inf
from pathlib import Path

from gomicro.config import AppConfig
from gomicro.errors import ConfigError

__all__ = ["Files", "watched"]

_NOT_CODE = ("__pycache__", "node_modules", "site-packages")
"""Directories with nothing that a person writes; nor have those whose names begin with a dot."""


@dataclass(frozen=True)
class Files:
    """The files below `directories`, which are absolute and real, that match one of `include` and
    none of `exclude`.

    A pattern is for the name of a file or directory, or with a slash for the path below the
    directory that is watched; * stands for anything, also for slashes.
    """

    directories: Sequence[Path]
    include: Sequence[str] = ("*.py",)
    exclude: Sequence[str] = ()

    def matter(self, path: str) -> bool:
        """Whether a change of the file at this absolute path matters."""
        return any(self._matters(Path(path), directory) for directory in self.directories)

    def changed_since(self, moment: float) -> set[str]:
        """Those that matter and were written, made or renamed since then, in seconds of the
        system's clock. What was deleted has left nothing to tell.
        """
        return {
            path
            for directory in self.directories
            for path in map(str, _below(directory))
            if self.matter(path) and _changed_at(path) >= moment
        }

    def _matters(self, path: Path, directory: Path) -> bool:
        if not path.is_relative_to(directory):
            return False
        inside = path.relative_to(directory)
        if any(map(_is_no_code, inside.parts[:-1])):
            return False
        if any(_matches(place, self.exclude) for place in (inside, *inside.parents[:-1])):
            return False
        return _matches(inside, self.include)


def watched(app: AppConfig) -> Files:
    """What the options say; without --reload-dir it is the directory that the application is
    imported from.

    Raises ConfigError where there is no such directory.
    """
    found = []
    for name in app.reload_dir or (app.app_dir or ".",):
        path = Path(name).resolve()
        if not path.is_dir():
            raise ConfigError(f"--reload-dir: {name!r} is not a directory")
        found.append(path)
    return Files(tuple(found), ("*.py", *app.reload_include), app.reload_exclude)


def _below(directory: Path) -> Iterator[Path]:
    """All files, but in directories that never count."""
    for place, directories, files in os.walk(directory):
        directories[:] = [one for one in directories if not _is_no_code(one)]
        yield from (Path(place, file) for file in files)


def _is_no_code(directory: str) -> bool:
    return directory in _NOT_CODE or directory.startswith(".")


def _changed_at(path: str) -> float:
    try:
        return Path(path).stat().st_ctime
    except OSError:  # removed again, or a link that leads nowhere
        return -inf


def _matches(path: Path, patterns: Sequence[str]) -> bool:
    return any(
        fnmatchcase(path.as_posix() if "/" in pattern else path.name, pattern)
        for pattern in patterns
    )
