"""The loggers: structlog's own, with a short way through its processors for the usual event."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextvars import copy_context
from functools import partial
from types import FrameType
from typing import Any, Final

from structlog import BoundLoggerBase, make_filtering_bound_logger
from structlog.contextvars import STRUCTLOG_KEY_PREFIX, merge_contextvars
from structlog.processors import StackInfoRenderer, format_exc_info
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from gomicro.log.sink import Sink
from gomicro.text import describe

__all__ = ["LEVELS", "Named", "entry_logger", "interpolate", "make_chain", "make_logger_class"]

LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
_URGENT: Final = frozenset(("error", "critical"))

_KNOWN_LINES: Final = 256
_KNOWN_SIZE: Final = 512

# Fields that ask for more than being rendered as they are.
_SPECIAL: Final = frozenset(("time", "level", "logger", "event", "exc_info", "stack_info"))


class Named:
    """What structlog wraps: a name, and the sink as methods that take rendered lines."""

    def __init__(self, sink: Sink, name: str) -> None:
        self.name = name
        self.debug = self.info = self.warning = self.notset = sink.write
        self.error = self.critical = sink.write_now

    @classmethod
    def factory(cls, sink: Sink) -> Callable[..., Named]:
        """Return what `structlog.get_logger` calls with its arguments: a name, or none.

        A logger without a name has that of the module that made it, or first used it.
        """

        def make(*args: Any) -> Named:
            return cls(sink, str(args[0]) if args else _calling_module(sys._getframe(1)))  # noqa: SLF001 -- inspect's import costs more than this file

        return make


def _calling_module(frame: FrameType | None) -> str:
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] != "structlog":
            return module
        frame = frame.f_back
    return "structlog"


def make_chain(
    now: Callable[[], str], render: Callable[[Mapping[str, Any]], bytes]
) -> list[Processor]:
    """Return the processors that every entry goes through, from structlog or from logging."""

    def head(logger: WrappedLogger, method: str, event_dict: EventDict) -> EventDict:
        """Put time, level, logger and event first. A field `logger` is the logger's name."""
        entry: EventDict = {
            "time": now(),
            "level": method,
            "logger": event_dict.pop("logger", getattr(logger, "name", "")),
            "event": event_dict.pop("event", ""),
        }
        event_dict.pop("time", None)
        event_dict.pop("level", None)
        entry.update(event_dict)
        return entry

    def line(logger: WrappedLogger, method: str, event_dict: EventDict) -> bytes:
        return render(event_dict)

    stack = StackInfoRenderer(additional_ignores=["gomicro.log"])
    return [merge_contextvars, stack, format_exc_info, head, line]


def make_logger_class(
    level: str,
    chain: list[Processor],
    now: Callable[[], str],
    render: Callable[[Mapping[str, Any]], bytes],
) -> type[FilteringBoundLogger]:
    """Return structlog's filtering logger of `level` with a short way for the usual event.

    An event takes it if the processors are those of `chain`, no context variable is bound and no
    field is special; it gives the very bytes that `chain` gives. All others go through `chain`.
    From level info down it has a method `entry`, too: see `entry_logger`.
    """
    base: Any = make_filtering_bound_logger(level)
    methods = {
        name: _short_way(name, chain, now, render)
        for name, number in LEVELS.items()
        if number >= LEVELS[level]
    }
    if "info" in methods:
        methods["entry"] = _entries(chain, now, render)
    return type("Logger", (base,), methods)


def _short_way(
    level: str,
    chain: list[Processor],
    now: Callable[[], str],
    render: Callable[[Mapping[str, Any]], bytes],
) -> Callable[..., None]:
    urgent = level in _URGENT
    bare = _bare_lines(level, render)

    def log(self: BoundLoggerBase, event: str, *args: Any, **fields: Any) -> None:
        if args:
            event = interpolate(event, args)
        every = {**self._context, **fields} if self._context else fields
        logger = self._logger
        if (
            self._processors != chain
            or type(logger) is not Named
            or (every and not _SPECIAL.isdisjoint(every))
            or (copy_context() and _has_bound_variable())
        ):
            self._proxy_to_logger(level, event, **fields)
            return
        if not every and type(event) is str:
            line = bare(now(), logger.name, event)
        else:
            line = render(
                {"time": now(), "level": level, "logger": logger.name, "event": event, **every}
            )
        if urgent:
            logger.error(line)
        else:
            logger.info(line)

    log.__name__ = level
    return log


def entry_logger(logger: Any) -> Callable[[EventDict], None]:
    """Return what logs whole entries with `logger`, for who logs the same fields over and over.

    An entry begins with `time` (of any value), `level` (info), `logger` and `event`, no field is
    named `exc_info` or `stack_info`, and it is given away. The line is that of `logger.info` with
    the same event and fields.
    """
    return logger.entry if hasattr(type(logger), "entry") else partial(_log_entry, logger)


def _log_entry(logger: Any, entry: EventDict) -> None:
    del entry["time"], entry["level"], entry["logger"]
    logger.info(entry.pop("event"), **entry)


def _entries(
    chain: list[Processor],
    now: Callable[[], str],
    render: Callable[[Mapping[str, Any]], bytes],
) -> Callable[..., None]:
    def log(self: BoundLoggerBase, entry: EventDict) -> None:
        logger = self._logger
        if (
            self._processors != chain
            or type(logger) is not Named
            or self._context
            or (copy_context() and _has_bound_variable())
        ):
            _log_entry(self, entry)
            return
        entry["time"] = now()
        logger.info(render(entry))

    log.__name__ = "entry"
    return log


def _bare_lines(
    level: str, render: Callable[[Mapping[str, Any]], bytes]
) -> Callable[[str, str, str], bytes]:
    """Return what renders an event without fields: a line of which only the time is new each time.

    What stands before and behind the time is remembered for some events, as long as they are short.
    """
    known: dict[tuple[str, str], tuple[bytes, bytes]] = {}

    def line(time: str, logger: str, event: str) -> bytes:
        around = known.get((logger, event))
        if around is not None:
            before, after = around
            return before + time.encode() + after
        rendered = render({"time": time, "level": level, "logger": logger, "event": event})
        before, found, after = rendered.partition(time.encode())
        if found and len(rendered) <= _KNOWN_SIZE:
            if len(known) >= _KNOWN_LINES:
                known.clear()
            known[logger, event] = before, after
        return rendered

    return line


def _has_bound_variable() -> bool:
    return any(variable.name.startswith(STRUCTLOG_KEY_PREFIX) for variable in copy_context())


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
