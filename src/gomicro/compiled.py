"""Whether this gomicro is the compiled one: see docs/design/compiled.md."""

from __future__ import annotations

from importlib.util import find_spec

__all__ = ["is_compiled"]


def is_compiled() -> bool:
    """Whether extension modules have the place of the files that serve each request."""
    found = find_spec("gomicro.connection.exchange")
    return found is not None and not str(found.origin).endswith(".py")
