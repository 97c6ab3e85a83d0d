"""A gate before which code under test blocks until a test opens it."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType

__all__ = ["Gate"]


class Gate:
    """A pipe with a name. Code that reads one byte of the file GATE is held up until `open`.

    A context that lets go of it; who has not come to the gate by then is never held up.
    """

    def __init__(self, directory: Path) -> None:
        path = directory / "gate"
        os.mkfifo(path)
        # For reading as well, so that neither side waits for the other to open the pipe.
        self._descriptor = os.open(path, os.O_RDWR)
        self.environment = {"GATE": str(path)}

    def __enter__(self) -> Gate:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        os.close(self._descriptor)

    def open(self) -> None:
        """Let the one that is held up go on, or the next that comes."""
        os.write(self._descriptor, b"x")
