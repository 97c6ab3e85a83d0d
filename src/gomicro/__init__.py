"""A microservice in one command, and Go's `http.Server` contract for any ASGI application.

`Server(app, ServerConfig(...)).run()` serves an application as `gomicro serve` does; `ServeMux` is
one that routes to others, `Hello` and `Goodbye` are two to begin with. `log.configure()` gives a
program the command's log, `get_logger` its loggers; what can go wrong is in `errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gomicro import errors, log
    from gomicro.config import RouteConfig, ServerConfig
    from gomicro.connection.response_controller import ResponseController
    from gomicro.fleet.fleet import Fleet
    from gomicro.handlers import Goodbye, Hello
    from gomicro.handlers.max_bytes import MaxBytesHandler
    from gomicro.handlers.strip_prefix import StripPrefix
    from gomicro.handlers.timeout import TimeoutHandler
    from gomicro.log import get_logger
    from gomicro.mux import ServeMux
    from gomicro.server.server import Server

__all__ = [
    "Fleet",
    "Goodbye",
    "Hello",
    "MaxBytesHandler",
    "ResponseController",
    "RouteConfig",
    "ServeMux",
    "Server",
    "ServerConfig",
    "StripPrefix",
    "TimeoutHandler",
    "__version__",
    "errors",
    "get_logger",
    "log",
]

__version__ = "0.1.0"

_HOMES = {
    "Fleet": "gomicro.fleet.fleet",
    "Goodbye": "gomicro.handlers",
    "Hello": "gomicro.handlers",
    "MaxBytesHandler": "gomicro.handlers.max_bytes",
    "ResponseController": "gomicro.connection.response_controller",
    "RouteConfig": "gomicro.config",
    "ServeMux": "gomicro.mux",
    "Server": "gomicro.server.server",
    "ServerConfig": "gomicro.config",
    "StripPrefix": "gomicro.handlers.strip_prefix",
    "TimeoutHandler": "gomicro.handlers.timeout",
    "errors": "gomicro.errors",
    "get_logger": "gomicro.log",
    "log": "gomicro.log",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that the client never loads the engine."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    home = import_module(_HOMES[name])
    return home if _HOMES[name] == f"{__name__}.{name}" else getattr(home, name)


def __dir__() -> list[str]:
    """The public names, for completion and `help`."""
    return __all__
