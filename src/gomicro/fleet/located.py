"""Where a process is: asking for it, and reading what the interpreter's faulthandler answers."""

from __future__ import annotations

import os
import re
import signal

from gomicro.frames import is_users, package

__all__ = ["ask", "line_of"]

_FIRST_THREAD = 1
"""PIDFD_SIGNAL_THREAD of pidfd_send_signal(2): to that thread alone, and not to the process."""

_FRAME = re.compile(rb'^  File "(.*)", line (\d+) in (.*)\n', re.MULTILINE)
_MODULE = "<module>"
_MORE = b"  ...\n"
"""What stands for further frames of a stack that is too deep."""


def ask(pid: int) -> None:
    """Have a process that is not reaped yet write the stack of its first thread, where a worker's
    event loop runs.

    faulthandler writes that of whichever thread takes the signal. One that is sent to a process
    which is stopped may be taken by any, when it goes on.
    """
    try:
        _signal_first_thread(pid)
    except (AttributeError, OSError):  # no Linux, one before 6.9, or a sandbox
        os.kill(pid, signal.SIGURG)


def _signal_first_thread(pid: int) -> None:
    descriptor = os.pidfd_open(pid)
    try:
        signal.pidfd_send_signal(descriptor, signal.SIGURG, None, _FIRST_THREAD)
    finally:
        os.close(descriptor)


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
