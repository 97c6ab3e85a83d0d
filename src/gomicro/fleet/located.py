"""Reading where a process is, from what the interpreter's faulthandler writes of it."""

from __future__ import annotations

import re

from gomicro.frames import is_users, package

__all__ = ["line_of"]

_FRAME = re.compile(rb'^  File "(.*)", line (\d+) in (.*)\n', re.MULTILINE)
_MODULE = "<module>"
_MORE = b"  ...\n"
"""What stands for further frames of a stack that is too deep."""


def line_of(stack: bytes) -> str:
    """The innermost frame of a stack that is the user's own code, as `file:line function`; the
    innermost of all if none is. "" as long as more of it has to come to know.

    It ends with the module that has started the worker: one of gomicro's, or the command's script,
    which calls one.
    """
    innermost = inside = ""
    for found in _FRAME.finditer(stack):
        file, line, function = (part.decode("utf-8", "backslashreplace") for part in found.groups())
        where = f"{file}:{line} {function}"
        innermost = innermost or where
        if function == _MODULE and "gomicro" in (package(file), inside):
            return innermost
        if is_users(file):
            return where
        inside = package(file)
    return innermost if _MORE in stack else ""
