"""What every entry goes through, whether it comes from structlog or from logging."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from structlog.contextvars import merge_contextvars
from structlog.processors import StackInfoRenderer, format_exc_info
from structlog.typing import EventDict, Processor, WrappedLogger

from gomicro.log.form import Now, Render
from gomicro.log.request import request_fields
from gomicro.text import describe

__all__ = ["interpolate", "make_chain"]


def make_chain(
    now: Now, render: Render, *, exceptions: Processor = format_exc_info
) -> list[Processor]:
    """Return structlog's processors, the last of which gives the line; `exceptions` makes text of
    what was raised.
    """

    def request(logger: WrappedLogger, method: str, event_dict: EventDict) -> EventDict:
        """Add the names of the request that is served, unless the line has them already."""
        for field, value in request_fields().items():
            event_dict.setdefault(field, value)
        return event_dict

    def head(logger: WrappedLogger, method: str, event_dict: EventDict) -> EventDict:
        """Put time, level, logger and event first. A field `logger` is the logger's name."""
        ours = {"time": now(), "level": method}
        name = getattr(logger, "name", "")
        return {**ours, "logger": name, "event": "", **event_dict, **ours}

    def line(logger: WrappedLogger, method: str, event_dict: EventDict) -> bytes:
        return render(event_dict)

    stack = StackInfoRenderer(additional_ignores=["gomicro.log"])
    return [merge_contextvars, request, stack, exceptions, head, line]


def interpolate(event: object, args: Any) -> str:
    """Return `event % args` as logging does it, or both side by side if they do not fit."""
    if isinstance(args, tuple) and len(args) == 1 and isinstance(args[0], Mapping) and args[0]:
        args = args[0]
    try:
        text = str(event)
        return str(text % args) if args else text
    except Exception:
        text = event if isinstance(event, str) else describe(event)
        return f"{text} {describe(args)}" if args else text
