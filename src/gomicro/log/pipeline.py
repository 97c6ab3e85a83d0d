"""Sets the pipeline up: the only part of logging that changes anything in the process."""

from __future__ import annotations

import atexit
import logging
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal, TextIO, cast

import structlog
from structlog.processors import ExceptionRenderer, format_exc_info
from structlog.typing import FilteringBoundLogger, Processor

from gomicro.log.among import Among
from gomicro.log.application import is_formless
from gomicro.log.bridge import Bridge
from gomicro.log.chain import make_chain
from gomicro.log.form import FORMATS, LEVELS, Render, for_people, form_for
from gomicro.log.level import Level
from gomicro.log.logger import Named, make_loggers, named
from gomicro.log.output import open_output
from gomicro.log.python_warnings import capture_warnings
from gomicro.log.sink import Sink
from gomicro.terminal import tell_refused

__all__ = [
    "Pipeline",
    "configure",
    "flush",
    "get_logger",
    "in_force",
    "lines_lost",
    "set_level",
]


@dataclass(frozen=True)
class Pipeline:
    """What `configure` has set up, which holds for gomicro's own lines whatever comes after."""

    levels: Level
    processors: list[Processor]
    """The list that structlog was given, for who changes its contents (`capture_logs` does)."""
    sink: Sink
    lasts: bool
    """Whether a later `configure` changes nothing: an application's own under the command."""

    @property
    def level(self) -> str:
        """From which on lines are logged."""
        return self.levels.level

    def logger(self, name: str) -> FilteringBoundLogger:
        """Return the pipeline's logger of that name."""
        make: Any = self.levels.loggers
        return cast(FilteringBoundLogger, make(Named(self.sink, name), self.processors, {}))


_pipelines: Final[list[Pipeline]] = []
"""The pipeline in force, if there is one."""


def configure(
    level: str = "info",
    format: Literal["auto", "console", "json"] = "auto",  # noqa: A002 -- the option's name
    stream: TextIO | None = None,
    among: Among | None = None,
    lasts: bool = False,
) -> None:
    """Send every line of structlog, logging and warnings from `level` up to `stream`.

    `level` is debug, info, warning, error or critical, `format` auto, console or json; any other is
    a ValueError. Auto is console on a terminal and json elsewhere. Without `stream` lines go to
    standard output; a stream stays its owner's. `among`: this is one of several processes, whose
    lines end with its fields. The last call counts, for loggers that it finds unused; but `lasts`
    is the command's, whose flags an application that is served by it does not change, and which
    says on standard error why lines are lost. What `logging.basicConfig` has
    set up, told no form and no place, gives way to it.
    """
    if level not in LEVELS:
        raise ValueError(f"level is one of {', '.join(LEVELS)}, not {level!r}")
    if format not in FORMATS:
        raise ValueError(f"format is one of {', '.join(FORMATS)}, not {format!r}")
    before = in_force()
    if before is not None and before.lasts and not lasts:
        return
    stream = stream or sys.stdout
    now, render = form_for(format, stream)
    if among is not None:
        render = partial(_render_with, render, among.fields)
    exceptions = _folded() if for_people(format, stream) else format_exc_info
    chain = make_chain(now, render, exceptions=exceptions)

    def notice(lost: int) -> bytes:
        event: Any = {"event": "log lines lost", "logger": "gomicro.log", "lines": lost}
        for process in chain:
            event = process(None, "warning", event)
        return bytes(event)

    levels = make_loggers(level, chain, now, render)
    sink = Sink(open_output(stream, among), notice, refused=tell_refused if lasts else None)
    pipeline = Pipeline(levels, list(chain), sink, lasts)
    structlog.configure(
        processors=pipeline.processors,
        wrapper_class=levels.loggers,
        context_class=dict,
        logger_factory=partial(named, sink),
        cache_logger_on_first_use=True,
    )
    _bridge(Bridge(chain, sink), level)
    _replace(pipeline)


def in_force() -> Pipeline | None:
    """Return what `configure` has set up, None before it."""
    return _pipelines[0] if _pipelines else None


def set_level(level: str, tell: Callable[[str], object]) -> str:
    """Log from `level` up from now on, also with loggers in use; returns the level until now.

    `tell` is given that level, to log the change: while the lower of the two is in force, so that
    a level which leaves such lines out does not hide it. Raises LookupError, which says so, where
    `configure` has not been called.
    """
    pipeline = in_force()
    if pipeline is None:
        raise LookupError("the program has set up logging itself: set its level there")
    before = pipeline.level
    if LEVELS[before] < LEVELS[level]:
        tell(before)
        pipeline.levels.set(level)
    else:
        pipeline.levels.set(level)
        tell(before)
    return before


def lines_lost() -> int:
    """How many lines have been lost since `configure`."""
    pipeline = in_force()
    return 0 if pipeline is None else pipeline.sink.ever_lost


def get_logger(name: str) -> FilteringBoundLogger:
    """Return structlog's logger of that name, ready to use if the pipeline is set up.

    `get_logger("shop").info("order placed", order=17)` is a line with the field `order`. It goes
    where structlog is configured to send it: by `gomicro serve` and `log.configure()` into one
    pipeline with gomicro's own lines.
    """
    logger = structlog.get_logger(name)
    return cast(FilteringBoundLogger, logger.bind() if structlog.is_configured() else logger)


def flush() -> None:
    """Write all lines that wait, within a second. Runs by itself when the interpreter exits."""
    for pipeline in _pipelines:
        pipeline.sink.flush()


def _render_with(render: Render, fields: Mapping[str, Any], entry: Mapping[str, Any]) -> bytes:
    return render({**entry, **{name: fields[name] for name in fields if name not in entry}})


def _folded() -> Processor:
    from gomicro.tracebacks import folded  # machines are given the whole of a traceback

    return ExceptionRenderer(lambda info: folded(info[1]))


def _bridge(bridge: Bridge, level: str) -> None:
    root = logging.getLogger()
    for handler in root.handlers[:]:
        if isinstance(handler, Bridge) or is_formless(handler):
            root.removeHandler(handler)
    root.addHandler(bridge)
    root.setLevel(LEVELS[level])
    capture_warnings()


def _replace(pipeline: Pipeline) -> None:
    if not _pipelines:
        atexit.register(flush)
        os.register_at_fork(after_in_child=_forget)
    flush()
    _pipelines[:] = [pipeline]


def _forget() -> None:
    for pipeline in _pipelines:
        pipeline.sink.forget()
