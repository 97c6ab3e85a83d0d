"""gomicro's own loggers: the pipeline's, whatever an application does to structlog."""

from __future__ import annotations

from typing import Any, cast

import structlog
from structlog.typing import FilteringBoundLogger

from gomicro.log.form import LEVELS
from gomicro.log.pipeline import in_force

__all__ = ["own_logger"]


def own_logger(name: str, level: str) -> FilteringBoundLogger:
    """Return the logger for lines of the server's own from `level` up.

    It is the pipeline's, whose level holds as well; where none has been configured it is
    structlog's, as the program has set that up.
    """
    pipeline = in_force()
    logger: Any = structlog.get_logger(name).bind() if pipeline is None else pipeline.logger(name)
    if pipeline is None or LEVELS[level] > LEVELS[pipeline.level]:
        narrowed = type("Logger", (type(logger),), _silent_below(LEVELS[level]))
        logger = narrowed(logger._logger, logger._processors, logger._context)  # noqa: SLF001
    return cast("FilteringBoundLogger", logger)


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
