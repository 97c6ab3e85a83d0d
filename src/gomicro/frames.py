"""Whose code a frame is, and where a person should look."""

from __future__ import annotations

import os
from collections.abc import Iterator
from traceback import walk_tb
from types import CodeType

__all__ = ["is_hidden", "is_users", "package", "place", "short"]

_OURS = os.path.dirname(__file__) + os.sep  # noqa: PTH120 -- pathlib's import is not needed here
_COMPILED = "gomicro" + os.sep  # as a compiled module names its file
_STDLIB = os.path.dirname(os.__file__) + os.sep  # noqa: PTH120
_LIBRARIES = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_HIDDEN = frozenset({"gomicro", "uvicorn", "click", "importlib"})


def package(file: str) -> str:
    """The package that a file belongs to; "" for the user's own code."""
    if file.startswith("<frozen "):
        return file.removeprefix("<frozen ").partition(".")[0].partition(">")[0].lstrip("_")
    if file.startswith((_OURS, _COMPILED)):
        return "gomicro"
    for directory in _LIBRARIES:
        _, found, rest = file.rpartition(directory)
        if found:
            return _top(rest)
    return _top(file.removeprefix(_STDLIB)) if file.startswith(_STDLIB) else ""


def is_users(file: str) -> bool:
    """Whether it is the user's code: of no library, not the interpreter's, not gomicro's."""
    return not package(file)


def is_hidden(file: str) -> bool:
    """Whether it is of what starts an application: nobody looks for a fault there."""
    return package(file) in _HIDDEN


def short(file: str) -> str:
    """A file as one would type it: below the current directory without that."""
    try:
        return file.removeprefix(os.getcwd() + os.sep)  # noqa: PTH109
    except OSError:  # it has been removed
        return file


def place(error: BaseException) -> str:
    """Where the user's own code was when `error` was raised, as file:line: the innermost place.

    Where none of it was, the innermost place that is not hidden; "" if there is none either.
    """
    places = list(_places(error))
    for file, line in reversed(places):
        if is_users(file):
            return f"{short(file)}:{line}"
    for file, line in reversed(places):
        if not is_hidden(file) and not file.startswith(_STDLIB):
            return f"{short(file)}:{line}"
    return ""


def _places(error: BaseException) -> Iterator[tuple[str, int]]:
    for frame, line in walk_tb(error.__traceback__):
        code: CodeType = frame.f_code
        yield code.co_filename, line
    if isinstance(error, SyntaxError) and error.filename:
        yield error.filename, error.lineno or 0
    if isinstance(error, BaseExceptionGroup):  # its first error is where it began
        yield from _places(error.exceptions[0])


def _top(path: str) -> str:
    return path.partition(os.sep)[0].removesuffix(".py")
