"""Paths that lead to the same files whatever directory the application goes to."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from gomicro.config.kinds import File
from gomicro.config.option import options
from gomicro.config.places import UnixPath, parse_place
from gomicro.config.server_config import ServerConfig

__all__ = ["anchored"]


def anchored(config: ServerConfig) -> ServerConfig:
    """The same with each path absolute, from the current directory; where that has been removed,
    as it is.
    """
    paths: dict[str, Any] = {
        option.field: _absolute(getattr(config, option.field))
        for option in options(ServerConfig)
        if isinstance(option.kind, File)
    }
    paths["listen"] = tuple(map(_place, config.listen))
    changed = {name: path for name, path in paths.items() if path != getattr(config, name)}
    return dataclasses.replace(config, **changed) if changed else config


def _place(text: str) -> str:
    place = parse_place(text)
    return f"unix:{_absolute(place.path)}" if isinstance(place, UnixPath) else text


def _absolute(path: str) -> str:
    try:
        return str(Path(path).absolute()) if path else ""
    except OSError:
        return path
