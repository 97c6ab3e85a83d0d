"""What something costs, as a count that is the same in every run."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

__all__ = ["calls", "instructions"]


def calls(do: Callable[[], object]) -> int:
    """Calls of Python and C functions by all that `do` calls, and of that itself."""
    count = 0

    def profile(frame: FrameType, event: str, arg: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    _observed(do, profile, sys.getprofile, sys.setprofile)
    return count


def instructions(do: Callable[[], object]) -> int:
    """Bytecode instructions of all that `do` calls."""
    count = 0

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal count
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        count += event == "opcode"
        return trace

    # CPython 3.12 counts opcodes only if a frame wants that when the tracer is installed.
    sys._getframe().f_trace_opcodes = True
    _observed(do, trace, sys.gettrace, sys.settrace)
    return count


def _observed(
    do: Callable[[], object],
    observer: Any,
    installed: Callable[[], Any],
    install: Callable[[Any], None],
) -> None:
    """Call it observed, and with no collection meanwhile: whatever one ends would count, and one in
    another thread crashes CPython 3.12.1, if it ends a generator that is traced here.
    """
    before, collected = installed(), gc.isenabled()
    gc.collect()
    gc.disable()
    install(observer)
    try:
        do()
    finally:
        install(before)
        if collected:
            gc.enable()
