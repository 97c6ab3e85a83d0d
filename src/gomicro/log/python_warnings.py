"""Python's warnings: lines of the logger `py.warnings`, as with `logging.captureWarnings`."""

from __future__ import annotations

import logging
import warnings
from typing import TextIO

__all__ = ["capture_warnings"]


def capture_warnings() -> None:
    """Log each warning as `file:line: category: message`, in one line.

    It is logged also where `logging.config` has disabled that logger, as it does by default with
    every one that its configuration does not name. `logging.captureWarnings(False)` ends it.
    """
    logging.captureWarnings(True)
    warnings.showwarning = _log


def _log(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    if file is not None:
        file.write(warnings.formatwarning(message, category, filename, lineno, line))
        return
    logger = logging.getLogger("py.warnings")
    logger.disabled = False
    said = " ".join(str(message).split())
    logger.warning("%s:%d: %s: %s", filename, lineno, category.__name__, said)
