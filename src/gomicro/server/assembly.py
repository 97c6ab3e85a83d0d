"""What a server is made of: the connections' class, and what uvicorn makes of an application."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from inspect import iscoroutinefunction, signature
from typing import Literal, cast

from gomicro.config import ServerConfig
from gomicro.connection.http1 import HTTP1
from gomicro.connection.service import ASGIApp, Service
from gomicro.errors import StartupError
from gomicro.server.application import one_line
from gomicro.server.certificate import load_certificate
from gomicro.server.connecting import Plain
from gomicro.server.tls import Secure

__all__ = ["loop_factory", "make_connector", "make_service", "no_running_loop"]


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's event loop where it is installed, else asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def no_running_loop() -> None:
    """Raise RuntimeError where an event loop runs already, as in a coroutine or a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError(
        "an event loop runs here: await serve(), or use running(), in place of run()"
    )


def make_service(app: ASGIApp, config: ServerConfig, *, websockets: bool) -> Service:
    """What all connections share. Raises StartupError if the application cannot be used.

    uvicorn tells an ASGI 3 application from an ASGI 2 one, and has WebSockets. The built-in
    service needs neither, and so no uvicorn: a tenth of its start, and of its memory.
    """
    if not websockets and iscoroutinefunction(type(app).__call__):
        return Service(config, app)
    import uvicorn

    from gomicro.connection.websocket import WebSockets

    try:
        loaded = uvicorn.Config(
            app,
            interface=_interface(app),
            http=HTTP1,
            ws="none",
            lifespan="off",
            log_config=None,
            proxy_headers=False,
            server_header=False,
            root_path=config.root_path,
            forwarded_allow_ips=config.forwarded_allow_ips,
        )
        loaded.load()
    except (Exception, SystemExit) as error:
        raise StartupError(f"cannot use the application: {one_line(error)}") from error
    return Service(
        config,
        cast("ASGIApp", loaded.loaded_app),
        asgi_version=loaded.asgi_version,
        websockets=WebSockets(loaded) if websockets else None,
    )


def _interface(app: ASGIApp) -> Literal["asgi3", "auto"]:
    """What takes a scope, a way to receive and one to send is ASGI 3's, also if it is no coroutine
    function but returns something to await: uvicorn would take that for ASGI 2's.
    """
    try:
        parameters = signature(app).parameters.values()
    except (TypeError, ValueError):  # it is written in C, or made so that nobody can say
        return "auto"
    three = sum(parameter.kind <= parameter.POSITIONAL_OR_KEYWORD for parameter in parameters) == 3
    return "asgi3" if three else "auto"


def make_connector(config: ServerConfig, service: Service) -> Plain | Secure:
    """What makes connections of accepted sockets, with TLS if there is a certificate.

    Raises StartupError if the certificate cannot be used.
    """
    loop = asyncio.get_running_loop()

    def protocol() -> HTTP1:
        return HTTP1(service, loop)

    if not config.tls_cert:
        return Plain(protocol)
    context = load_certificate(config.tls_cert, config.tls_key)
    # As Go's tlsHandshakeTimeout: the shortest of the deadlines that are set.
    timeout = min((limit for limit in config.timeouts() if limit), default=None)
    return Secure(protocol, context, timeout, service.log)
