"""Whether the installed gomicro is the compiled one, and what tests do otherwise then."""

from __future__ import annotations

from typing import Any

import pytest

from gomicro.compiled import is_compiled

__all__ = ["COMPILED", "FIXED", "attributes", "counts_python"]

COMPILED = is_compiled()

FIXED = "in the compiled engine a constant is one"

counts_python = pytest.mark.skipif(
    COMPILED, reason="counts what Python runs, which in the compiled engine is next to nothing"
)


def attributes(thing: object) -> dict[str, Any]:
    """What it holds, by name; a compiled class has no `__slots__` that tell."""
    names = [name for name in dir(thing) if not name.startswith("__")]
    held = {name: getattr(thing, name, None) for name in names}
    return {name: value for name, value in held.items() if not callable(value)}
