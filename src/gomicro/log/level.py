"""Another level while the service runs: for all loggers, also those that are in use."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from structlog import make_filtering_bound_logger
from structlog.typing import FilteringBoundLogger

from gomicro.log.form import LEVELS

__all__ = ["Level"]


class Level:
    """The level of a class of loggers. `methods` are those of each level; from level info down a
    logger has those `of_info`, too.
    """

    def __init__(
        self,
        level: str,
        methods: Mapping[str, Callable[..., Any]],
        of_info: Mapping[str, Callable[..., Any]],
    ) -> None:
        self._methods = methods
        self._of_info = of_info
        self.level = level
        base: Any = make_filtering_bound_logger(level)
        self.loggers: type[FilteringBoundLogger] = type("Logger", (base,), self._of(level))

    def set(self, level: str) -> None:
        """Log from `level` up. The standard library's loggers follow."""
        for name in self._of(self.level):
            delattr(self.loggers, name)
        self.loggers.__bases__ = (make_filtering_bound_logger(level),)
        for name, method in self._of(level).items():
            setattr(self.loggers, name, method)
        self.level = level
        logging.getLogger().setLevel(LEVELS[level])

    def _of(self, level: str) -> dict[str, Any]:
        least = LEVELS[level]
        methods: dict[str, Any] = {
            name: method for name, method in self._methods.items() if LEVELS[name] >= least
        }
        return {**methods, **self._of_info} if "info" in methods else methods
