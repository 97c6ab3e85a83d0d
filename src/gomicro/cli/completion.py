"""Shell completion: click's, for the commands, their flags, words and paths."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["COMPLETE_VARIABLE", "complete_paths", "completed"]

COMPLETE_VARIABLE = "_GOMICRO_COMPLETE"
"""The environment variable by which a shell asks; click makes its name of the command's."""


def complete_paths(kind: str) -> Any:
    """What has the shell complete paths: of a file, or a dir."""

    def complete(*args: object) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        return [CompletionItem("", type=kind)]

    return complete


def completed(ask: Callable[[], object]) -> tuple[str, int]:
    """What a shell is answered, and the exit status. `ask` has click write it and exit."""
    said = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    status: object = 0
    with contextlib.redirect_stdout(said):
        try:
            ask()
        except SystemExit as end:
            status = end.code
    said.seek(0)
    return said.read(), int(bool(status))
