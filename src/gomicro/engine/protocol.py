"""The old place of `gomicro.uvicorn.HTTPProtocol`. Gone with 0.3."""

from __future__ import annotations

import warnings

from gomicro.uvicorn import HTTPProtocol

__all__ = ["HTTPProtocol"]

warnings.warn(
    "gomicro.engine.protocol has moved: use gomicro.uvicorn:HTTPProtocol",
    DeprecationWarning,
    stacklevel=2,
)
