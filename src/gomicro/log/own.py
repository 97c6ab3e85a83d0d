"""gomicro's own loggers: the pipeline's, whatever an application does to structlog."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, cast

import structlog
from structlog.typing import FilteringBoundLogger

from gomicro.log.form import LEVELS
from gomicro.log.pipeline import in_force
from gomicro.terminal import tell_refused

__all__ = ["own_logger"]


def own_logger(name: str, level: str) -> FilteringBoundLogger:
    """Return the logger for lines of the server's own from `level` up.

    It is the pipeline's, whose level holds as well; where none has been configured it is
    structlog's, as the program has set that up. A line that this cannot take is lost: no error of
    the program's log is raised where a connection is in the midst of something.
    """
    pipeline = in_force()
    logger: Any = _of_structlog(name) if pipeline is None else pipeline.logger(name)
    methods = _silent_below(LEVELS[level])
    if pipeline is None:
        methods["_proxy_to_logger"] = _guarded(type(logger)._proxy_to_logger)  # noqa: SLF001
    elif LEVELS[level] <= LEVELS[pipeline.level]:
        return cast("FilteringBoundLogger", logger)
    own: Any = type("Logger", (type(logger),), methods)
    return cast(
        "FilteringBoundLogger",
        own(logger._logger, logger._processors, logger._context),  # noqa: SLF001
    )


def _guarded(proxy: Callable[..., Any]) -> Callable[..., Any]:
    """What hands lines on to the program's log, and says once on standard error if that fails."""
    failed = False

    def hand_on(*args: Any, **fields: Any) -> Any:
        nonlocal failed
        try:
            return proxy(*args, **fields)
        except Exception as error:
            if not failed:
                failed = True
                tell_refused(error)
            return None

    return hand_on


def _of_structlog(name: str) -> Any:
    try:
        return structlog.get_logger(name).bind()
    except (AttributeError, TypeError):
        if sys.stdout is not None:
            raise
        # A process without a standard output, which structlog's usual loggers cannot be made for.
        return structlog.wrap_logger(structlog.ReturnLogger()).bind()


def _silent_below(level: int) -> dict[str, Any]:
    """The methods of a logger that are not to log."""
    methods: dict[str, Any] = {
        name: _nothing
        for name, number in {**LEVELS, "exception": LEVELS["error"]}.items()
        if number < level
    }
    if "info" in methods:
        methods["entries"] = lambda _: _nothing
        methods["requests"] = lambda _: None
    return methods


def _nothing(*args: Any, **fields: Any) -> None:
    """What becomes of a line that is not to be logged."""
