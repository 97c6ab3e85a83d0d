"""An entry as a line for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, Final

from gomicro.log.console_lines import say
from gomicro.log.console_text import as_text, paint, quoted, raw_text
from gomicro.log.limits import MAX_FIELDS
from gomicro.text import escape_json

__all__ = ["console_renderer"]

_HEAD: Final = ("time", "level", "logger", "event")
_TRACES: Final = ("stack", "exception")
_STANDS_BACK: Final = frozenset(("client", "request_id"))

_LEVELS: Final = {
    "debug": "dim",
    "info": "green",
    "warning": "yellow",
    "error": "red",
    "critical": "bold red",
}


def console_renderer(*, colours: bool) -> Callable[[Mapping[str, Any]], bytes]:
    """Return a function that renders an entry as `time level logger event key=value...`.

    The lines that `say` has words for are `time level` and these words. What is not printable is
    escaped, what is too long is cut as `cut` says. A traceback or stack follows, indented, line by
    line. Never raises an Exception. The line is UTF-8.
    """
    in_colour = paint if colours else _plain

    def render(entry: Mapping[str, Any]) -> bytes:
        level = as_text("level", entry["level"])
        words = [
            in_colour(as_text("time", entry["time"]), "dim"),
            in_colour(f"{level:<8}", _LEVELS.get(level, "")),
        ]
        said = say(entry)
        if said is None:
            words += [f"{as_text('logger', entry['logger']):<14}", as_text("event", entry["event"])]
        else:
            words += [in_colour(text, colour) for text, colour in said.parts]
        known = _HEAD + _TRACES
        for name in islice(entry, MAX_FIELDS):
            if name not in known and (said is None or name not in said.used):
                field = f"{as_text('', name)}={quoted(as_text(name, entry[name]))}"
                words.append(in_colour(field, "dim" if name in _STANDS_BACK else ""))
        lines = [" ".join(words)]
        for name in _TRACES:
            if name in entry:
                traced = raw_text(name, entry[name]).split("\n")
                lines += [f"    {escape_json(line)}" for line in traced]
        return "".join(f"{line}\n" for line in lines).encode()

    return render


def _plain(text: str, colour: str) -> str:
    return text
