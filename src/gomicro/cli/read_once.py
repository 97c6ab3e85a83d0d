"""A configuration that is gone once it has been read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from gomicro.config import CONFIG_VARIABLE, Resolved
from gomicro.errors import ConfigError

__all__ = ["refuse_read_once"]


def refuse_read_once(file: str | None, environment: Mapping[str, str], resolved: Resolved) -> None:
    """Raise ConfigError for a pipe, or anything else that a second reader finds empty, where there
    are workers: each reads the configuration anew, and would serve something else.

    `file` is what --config said.
    """
    path = file or environment.get(CONFIG_VARIABLE)
    alone = resolved.config.workers is None and not resolved.app.reload
    if not path or alone or Path(path).is_file() or Path(path).resolve() == Path(os.devnull):
        return
    named_by = "--config" if file else CONFIG_VARIABLE
    raise ConfigError(
        f"{path}: can be read only once ({named_by}), and each worker reads it anew: "
        "name a regular file"
    )
