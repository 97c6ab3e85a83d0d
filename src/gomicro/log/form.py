"""The form of lines: for people on a terminal, elsewhere JSON."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TextIO

from gomicro.log.clock import local_clock, utc_clock
from gomicro.log.render_json import render_json

__all__ = ["FORMATS", "LEVELS", "Now", "Render", "for_people", "form_for"]

Now = Callable[[], str]
Render = Callable[[Mapping[str, Any]], bytes]

LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
FORMATS: Final = ("auto", "console", "json")


def form_for(
    format: Literal["auto", "console", "json"],  # noqa: A002 -- the option's name
    stream: TextIO | None,
) -> tuple[Now, Render]:
    """What tells the time of a line, and what renders one, for lines that go to `stream`."""
    if for_people(format, stream):
        from gomicro.log.render_console import console_renderer

        colours = _is_terminal(stream or sys.stdout) and _colours_wanted()
        return local_clock(), console_renderer(colours=colours)
    return utc_clock(), render_json


def for_people(format: str, stream: TextIO | None = None) -> bool:  # noqa: A002 -- as above
    """Whether lines of this format and stream are for people."""
    return format == "console" or (format == "auto" and _is_terminal(stream or sys.stdout))


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def _colours_wanted() -> bool:
    """Whether a terminal shall have colours (https://no-color.org)."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
