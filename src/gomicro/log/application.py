"""What an application sets up for itself: the standard library's logging, while it is loaded."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from gomicro.log.bridge import Bridge

__all__ = ["is_formless", "left_to_the_application"]


@contextmanager
def left_to_the_application() -> Iterator[None]:
    """Have no handler on the root logger meanwhile, so that `logging.basicConfig` is not void.

    Lines still reach the pipeline, as a last resort. At the end the pipeline's handler is put back
    unless the application has put one there: what the application set up is in force. One in the
    form that basicConfig has by itself gives way; the level that came with it stays.
    """
    root = logging.getLogger()
    if len(root.handlers) != 1 or not isinstance(root.handlers[0], Bridge):
        yield
        return
    bridge, before = root.handlers[0], logging.lastResort
    root.removeHandler(bridge)
    logging.lastResort = bridge
    try:
        yield
    finally:
        logging.lastResort = before
        for handler in root.handlers[:]:
            if is_formless(handler):
                root.removeHandler(handler)
        if not root.handlers:
            root.addHandler(bridge)


def is_formless(handler: logging.Handler) -> bool:
    """Whether it is what basicConfig makes where it is told no form and no place."""
    form = handler.formatter
    return (
        type(handler) is logging.StreamHandler
        and handler.stream is sys.stderr
        and form is not None
        and vars(form).get("_fmt") == logging.BASIC_FORMAT
    )
