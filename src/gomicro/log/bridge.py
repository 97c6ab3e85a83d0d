"""The standard library's log records, and warnings, on their way into the same pipeline."""

from __future__ import annotations

import logging
import sys
from typing import Any, Final

from structlog.typing import Processor

from gomicro.log.chain import interpolate
from gomicro.log.sink import Sink

__all__ = ["Bridge"]

# What a record holds besides the fields its caller gave as `extra`; color_message is uvicorn's
# second copy of the message.
_OWN: Final = frozenset(logging.makeLogRecord({}).__dict__) | {
    "asctime",
    "color_message",
    "message",
    "taskName",
}


class Bridge(logging.Handler):
    """Renders records with the processors of the loggers and gives them to the same sink."""

    def __init__(self, chain: list[Processor], sink: Sink) -> None:
        super().__init__()
        self._chain = chain
        self._sink = sink

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record. Its extra fields are the entry's, and its level in lower case.

        One that its own logger has written where people or machines read lines is not repeated.
        """
        if _is_written(record):
            return
        entry: Any = {name: value for name, value in vars(record).items() if name not in _OWN}
        entry["event"] = interpolate(record.msg, record.args)
        entry["logger"] = record.name
        if record.exc_info:
            entry["exc_info"] = record.exc_info
        elif record.exc_text:
            entry["exception"] = record.exc_text
        if record.stack_info:
            entry["stack"] = record.stack_info
        for process in self._chain:
            entry = process(None, record.levelname.lower(), entry)
        write = self._sink.write_now if record.levelno >= logging.ERROR else self._sink.write
        write(entry)


def _is_written(record: logging.LogRecord) -> bool:
    """Whether a handler below the root has written it to standard output or error: Sanic's do."""
    logger = logging.getLogger(record.name)
    while logger.parent is not None:
        for handler in logger.handlers:
            stream = getattr(handler, "stream", None)
            console = stream is not None and stream in (sys.stdout, sys.stderr)
            if console and record.levelno >= handler.level and handler.filter(record):
                return True
        logger = logger.parent
    return False
