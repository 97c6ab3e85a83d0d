"""Reading where a process is, from what the interpreter's faulthandler writes of it."""

from __future__ import annotations

import re

__all__ = ["line_of"]

_FRAME = re.compile(rb'^  File "(.*)", line (\d+) in (.*)\n', re.MULTILINE)


def line_of(stack: bytes) -> str:
    """The innermost frame of a stack, as `file:line function`; "" if there is none yet."""
    found = _FRAME.search(stack)
    if found is None:
        return ""
    file, line, function = (part.decode("utf-8", "backslashreplace") for part in found.groups())
    return f"{file}:{line} {function}"
