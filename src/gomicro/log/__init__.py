"""Logging with structlog: one line an event, on a terminal for people and elsewhere as JSON.

The standard library's loggers end in the same pipeline. Nothing happens until `configure`, which
only the command line calls; before that, a logger from `get_logger` follows structlog's defaults
or the configuration of whoever imports this package.
"""

from gomicro.log.application import left_to_the_application
from gomicro.log.logger import entry_logger
from gomicro.log.own import own_logger
from gomicro.log.pipeline import configure, flush, for_people, get_logger, set_level

__all__ = [
    "configure",
    "entry_logger",
    "flush",
    "for_people",
    "get_logger",
    "left_to_the_application",
    "own_logger",
    "set_level",
]
