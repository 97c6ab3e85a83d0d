"""A microservice in one command, and Go's `http.Server` contract for any ASGI application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gomicro.config import ServerConfig
    from gomicro.handlers import Goodbye, Hello
    from gomicro.log import get_logger
    from gomicro.mux import ServeMux
    from gomicro.server.server import Server

__all__ = ["Goodbye", "Hello", "ServeMux", "Server", "ServerConfig", "__version__", "get_logger"]

__version__ = "0.1.0"

_HOMES = {
    "Goodbye": "gomicro.handlers",
    "Hello": "gomicro.handlers",
    "ServeMux": "gomicro.mux",
    "Server": "gomicro.server.server",
    "ServerConfig": "gomicro.config",
    "get_logger": "gomicro.log",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that the client never loads the engine."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
