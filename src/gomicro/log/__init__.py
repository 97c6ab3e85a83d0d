"""Logging with structlog: one line an event, on a terminal for people and elsewhere as JSON.

The standard library's loggers end in the same pipeline. Nothing happens until `configure`, which
`gomicro serve` calls, and a program for itself; before that, a logger from `get_logger` follows
structlog's defaults or the program's own configuration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gomicro.log.application import left_to_the_application
    from gomicro.log.form import for_people
    from gomicro.log.logger import entry_logger, request_logger
    from gomicro.log.own import own_logger
    from gomicro.log.pipeline import configure, flush, get_logger, lines_lost, set_level
    from gomicro.log.request import request_fields

__all__ = [
    "configure",
    "entry_logger",
    "flush",
    "for_people",
    "get_logger",
    "left_to_the_application",
    "lines_lost",
    "own_logger",
    "request_fields",
    "request_logger",
    "set_level",
]

_HOMES = {
    "configure": "pipeline",
    "entry_logger": "logger",
    "flush": "pipeline",
    "for_people": "form",
    "get_logger": "pipeline",
    "left_to_the_application": "application",
    "lines_lost": "pipeline",
    "own_logger": "own",
    "request_fields": "request",
    "request_logger": "logger",
    "set_level": "pipeline",
}


def __getattr__(name: str) -> Any:
    """Import structlog with the first name that needs it: a fleet's supervisor needs none."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """What a program may use, for completion and `help`; the rest is the engine's."""
    return ["configure", "flush", "get_logger", "request_fields"]
