"""The supervisor's lines: of the same form as all others, and made without structlog, which takes
a third of the memory that a supervisor may have.
"""

from __future__ import annotations

import sys
from typing import Any

from gomicro.config import ServerConfig
from gomicro.fleet.log_level import LogLevel
from gomicro.log.among import Among
from gomicro.log.form import LEVELS, form_for
from gomicro.log.output import open_output
from gomicro.log.sink import Sink
from gomicro.terminal import tell_refused

__all__ = ["Log"]


class Log:
    """Writes events to standard output. What it does not take now is tried again by `flush`."""

    def __init__(self, config: ServerConfig, among: Among | None = None) -> None:
        self.level = LogLevel(config.log_level)
        self._now, self._render = form_for(config.log_format, sys.stdout)
        output = open_output(sys.stdout, among)
        self._sink = Sink(output, self._notice, lambda: None, refused=tell_refused)

    def write(self, level: str, event: str, logger: str = "gomicro.fleet", **fields: Any) -> None:
        """Log an event, if its level is one that is logged."""
        if LEVELS[level] >= LEVELS[self.level.now()]:
            self._sink.write(self._line(level, event, logger, fields))

    def warning(self, event: str, **fields: Any) -> None:
        """As loggers have it."""
        self.write("warning", event, **fields)

    def flush(self, patience: float = 0.0) -> None:
        """Write what waits; give up when it is not taken within so many seconds."""
        self._sink.flush(patience)

    def _line(self, level: str, event: str, logger: str, fields: dict[str, Any]) -> bytes:
        head = {"time": self._now(), "level": level, "logger": logger, "event": event}
        return self._render({**head, **fields})

    def _notice(self, lost: int) -> bytes:
        return self._line("warning", "log lines lost", "gomicro.log", {"lines": lost})
