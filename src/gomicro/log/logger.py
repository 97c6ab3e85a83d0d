"""The loggers: structlog's own, but for the lines that its processors would only render.

Of the processors that `make_chain` lists most lines need two: the one that puts time, level, logger
and event first, and the one that renders. Where no other would find anything to do, a logger does
both itself, in less than half the time. The bytes are the same; all other lines go to structlog.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from types import FrameType
from typing import Any, Final, cast

from structlog import BoundLoggerBase
from structlog.contextvars import STRUCTLOG_KEY_PREFIX
from structlog.typing import EventDict, Processor

from gomicro.log.chain import interpolate
from gomicro.log.fieldless import Fieldless
from gomicro.log.form import LEVELS, Now, Render
from gomicro.log.level import Level
from gomicro.log.request import current, request_fields
from gomicro.log.request_lines import RequestKey, RequestLines
from gomicro.log.sink import Line, Sink

__all__ = ["Named", "RequestLogger", "entry_logger", "make_loggers", "named", "request_logger"]

RequestLogger = Callable[[RequestKey, float, float, str, str], bool]

_SPECIAL: Final = frozenset(("time", "level", "logger", "event", "exc_info", "stack_info"))
"""Fields that a processor treats in its own way."""


class Named:
    """What structlog wraps: a name, and the sink.

    It has the methods of structlog's own loggers, for who configures other processors and leaves
    this in its place: they take a line as text or bytes, with a newline at its end or without.
    """

    def __init__(self, sink: Sink, name: str) -> None:
        self.name = name
        self.write, self.write_now = sink.write, sink.write_now

    def info(self, line: str | bytes) -> None:
        """Take a line; it is written with all others of the event loop's turn."""
        self.write(_ended(line))

    def error(self, line: str | bytes) -> None:
        """Take a line, and write it at once."""
        self.write_now(_ended(line))

    msg = log = notset = debug = warn = warning = info
    err = failure = fatal = critical = exception = error


def _ended(line: str | bytes) -> bytes:
    data = line.encode(errors="backslashreplace") if isinstance(line, str) else line
    return data if data.endswith(b"\n") else data + b"\n"


def named(sink: Sink, *args: Any) -> Named:
    """Make what `structlog.get_logger` asks for with its arguments: a name, or none.

    A logger without a name has that of the module that made it, or first used it.
    """
    return Named(sink, str(args[0]) if args else _calling_module(sys._getframe(1)))  # noqa: SLF001 -- inspect's import costs more than this file


def _calling_module(frame: FrameType | None) -> str:
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] != "structlog":
            return module
        frame = frame.f_back
    return "structlog"


def entry_logger(logger: Any) -> Callable[[EventDict], None]:
    """Return what logs whole entries with `logger`, for who logs the same fields over and over.

    An entry begins with `time` (of any value), `level` (info), `logger` and `event`, no field is
    named `exc_info` or `stack_info`, and it is given away. The line is that of `logger.info` with
    the same event and fields.
    """
    if hasattr(type(logger), "entries"):
        return cast("Callable[[EventDict], None]", logger.entries())
    return partial(_log_fields, logger)


def request_logger(logger: Any) -> RequestLogger | None:
    """Return what logs usual requests with `logger`, if that renders its lines itself.

    It is given the request's key, when it was over and how long it took, both in monotonic
    seconds, its client, and its id; neither of these needs an escape in JSON. It returns whether
    it has logged the line: who is told False has to log an entry.
    """
    if hasattr(type(logger), "requests"):
        return cast("RequestLogger | None", logger.requests())
    return None


def _log_fields(logger: Any, entry: EventDict) -> None:
    del entry["time"], entry["level"], entry["logger"]
    logger.info(entry.pop("event"), **entry)


def make_loggers(level: str, chain: list[Processor], now: Now, render: Render) -> Level:
    """Return structlog's filtering loggers of `level`, with methods that render by themselves.

    From level info down one has methods `entries` and `requests`, too: see `entry_logger` and
    `request_logger`.
    """
    methods = {name: _method(name, chain, now, render) for name in LEVELS}
    requests = _requests(chain, RequestLines(render))
    return Level(level, methods, {"entries": _entries(chain, now, render), "requests": requests})


def _method(level: str, chain: list[Processor], now: Now, render: Render) -> Callable[..., None]:
    urgent = LEVELS[level] >= LEVELS["error"]
    fieldless = Fieldless(level, now, render)

    def log(self: BoundLoggerBase, event: str, *args: Any, **fields: Any) -> None:
        if args:
            event = interpolate(event, args)
        every = {**self._context, **fields} if self._context else fields
        logger, request, name = self._logger, current.get(), ""
        if (
            type(logger) is not Named
            or (every and not _SPECIAL.isdisjoint(every))
            or self._processors != chain
            # The usual: there is no variable but, in a request, ours.
            or (len(copy_context()) > (request is not None) and _has_bound_variable())
        ):
            self._proxy_to_logger(level, event, **fields)
            return
        if (
            every
            or type(event) is not str
            or (request is not None and not (name := request.only_name))
        ):
            names = {} if request is None else request.log_fields()
            head = {"time": now(), "level": level, "logger": logger.name, "event": event}
            line: Line = render({**head, **every, **names, **every} if names else {**head, **every})
        else:
            line = fieldless.line(logger.name, event, name)
        if urgent:
            logger.write_now(line)
        else:
            logger.write(line)

    return log


def _entries(chain: list[Processor], now: Now, render: Render) -> Callable[..., Any]:
    def entries(self: BoundLoggerBase) -> Callable[[EventDict], None]:
        processors, logger = self._processors, self._logger
        if type(logger) is not Named or self._context:
            return partial(_log_fields, self)
        write = logger.write

        def log(entry: EventDict) -> None:
            if processors != chain or _has_bound_variable():
                _log_fields(self, entry)
                return
            entry["time"] = now()
            if "request_id" not in entry:
                entry.update(request_fields())
            write(render(entry))

        return log

    return entries


def _requests(chain: list[Processor], lines: RequestLines) -> Callable[..., Any]:
    def requests(self: BoundLoggerBase) -> RequestLogger | None:
        processors, logger = self._processors, self._logger
        if type(logger) is not Named or self._context:
            return None
        write, known = logger.write, lines.known
        head = {"level": "info", "logger": logger.name, "event": "request"}

        def log(key: RequestKey, at: float, took: float, client: str, request_id: str) -> bool:
            around = known.get(key)
            if around is None:
                lines.learn(head, key)
                return False
            context = copy_context()
            if (
                took >= 1
                or processors != chain
                or (len(context) > (current in context) and _has_bound_variable())
            ):
                return False
            write((around, at, took, client, request_id))
            return True

        return log

    return requests


def _has_bound_variable() -> bool:
    context = copy_context()
    if len(context) <= (current in context):
        return False  # the usual: there is no variable but, in a request, ours
    return any(variable.name.startswith(STRUCTLOG_KEY_PREFIX) for variable in context)
