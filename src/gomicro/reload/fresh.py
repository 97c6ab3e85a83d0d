"""Importing what stands in a file, not what Python has kept of it.

A .pyc counts for its source if the time of the last change, in whole seconds, and the size are the
same: of two saves within a second the second one could go unseen.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import PathEntryFinder
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)
from pathlib import Path

__all__ = ["import_fresh"]


class _Fresh(SourceFileLoader):
    """Neither reads nor writes a .pyc."""

    def path_stats(self, path: str) -> dict[str, int]:
        raise OSError("it is read anew each time")


_LOADERS = (
    (ExtensionFileLoader, EXTENSION_SUFFIXES),
    (_Fresh, SOURCE_SUFFIXES),
    (SourcelessFileLoader, BYTECODE_SUFFIXES),
)


def import_fresh(directories: Sequence[Path]) -> None:
    """Import modules below these directories, libraries apart, from their source alone, for as long
    as this process lives.
    """
    finder = FileFinder.path_hook(*_LOADERS)

    def hook(entry: str) -> PathEntryFinder:
        path = Path(entry).resolve()
        below = any(path.is_relative_to(directory) for directory in directories)
        if not below or "site-packages" in path.parts:
            raise ImportError("not watched", path=entry)
        return finder(entry)

    sys.path_hooks.insert(0, hook)
    sys.path_importer_cache.clear()
