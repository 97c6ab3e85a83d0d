"""The built-in service: assembly only."""

from __future__ import annotations

from gomicro.handlers import Goodbye, Hello
from gomicro.handlers.logger import InfoLogger
from gomicro.log import get_logger
from gomicro.mux import ServeMux

__all__ = ["hello_and_goodbye"]


def hello_and_goodbye(logger: InfoLogger | None = None) -> ServeMux:
    """Return the service of hello on every path and goodbye on `/goodbye`.

    Without `logger` both handlers log as `product-api`.
    """
    if logger is None:
        logger = get_logger("product-api")
    mux = ServeMux()
    mux.handle("/", Hello(logger))
    mux.handle("/goodbye", Goodbye(logger))
    return mux
