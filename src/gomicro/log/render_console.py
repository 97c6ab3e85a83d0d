"""An entry as a line for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, Final

from gomicro.log.limits import MAX_FIELDS, cut
from gomicro.text import describe, escape_json

__all__ = ["console_renderer"]

_HEAD: Final = ("time", "level", "logger", "event")
_TRACES: Final = ("stack", "exception")
_REQUEST: Final = ("method", "path", "status", "bytes", "duration")

_DIM: Final = "\x1b[2m"
_RESET: Final = "\x1b[0m"
_COLOURS: Final = {
    "debug": _DIM,
    "info": "\x1b[32m",
    "warning": "\x1b[33m",
    "error": "\x1b[31m",
    "critical": "\x1b[1;31m",
}


def console_renderer(*, colours: bool) -> Callable[[Mapping[str, Any]], bytes]:
    """Return a function that renders an entry as `time level logger event key=value...`.

    What is not printable is escaped, what is too long is cut as `cut` says. A traceback or stack
    follows, indented, line by line. Never raises an Exception. The line is UTF-8.
    """

    def render(entry: Mapping[str, Any]) -> bytes:
        when, level, logger, event = (_text(name, entry[name]) for name in _HEAD)
        fields = [name for name in islice(entry, MAX_FIELDS) if name not in _HEAD + _TRACES]
        if event == "request" and entry.keys() >= set(_REQUEST):
            event = _request(entry)
            fields = [name for name in fields if name not in _REQUEST]
        level = f"{level:<8}"
        if colours:
            when = f"{_DIM}{when}{_RESET}"
            level = f"{_COLOURS.get(level.rstrip(), '')}{level}{_RESET}"
        shown = [f"{_text('', name)}={_quoted(_text(name, entry[name]))}" for name in fields]
        lines = [" ".join((when, level, f"{logger:<14}", event, *shown))]
        for name in _TRACES:
            if name in entry:
                lines += [
                    f"    {escape_json(line)}" for line in _raw(name, entry[name]).split("\n")
                ]
        return "".join(f"{line}\n" for line in lines).encode()

    return render


def _request(entry: Mapping[str, Any]) -> str:
    """The fields of an access line as a person reads them: `GET /goodbye 200 5B 0.3ms`."""
    method, path, status, size, took = (_text(name, entry[name]) for name in _REQUEST)
    if isinstance(entry["duration"], float):
        took = f"{entry['duration'] * 1000:.1f}ms"
    return f"{method} {path} {status} {size}B {took}"


def _raw(name: str, value: Any) -> str:
    return cut(name, value if isinstance(value, str) else describe(value))


def _text(name: str, value: Any) -> str:
    return escape_json(_raw(name, value))


def _quoted(text: str) -> str:
    """Return `text`, in quotes if its end or its parts could be taken for something else."""
    if text and not any(char in text for char in ' "='):
        return text
    return '"' + text.replace('"', '\\"') + '"'
