"""What a server is made of: the connections' class, and what uvicorn makes of an application."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import cast

from gomicro.config import ServerConfig
from gomicro.connection.http1 import HTTP1
from gomicro.connection.service import ASGIApp, Service
from gomicro.errors import StartupError
from gomicro.log import own_logger
from gomicro.server.application import one_line
from gomicro.server.certificate import load_certificate
from gomicro.server.connecting import Plain
from gomicro.server.tls import Secure

__all__ = ["loop_factory", "make_connector", "make_service", "no_running_loop"]

_OF_A_LOOP = 10
"""Descriptors that are free where an event loop is made: libuv's first takes seven, and what wakes
it for signals two.
"""


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """What makes an event loop: uvloop's where it is installed, else asyncio's own (None).

    What is made raises StartupError where there are too few file descriptors for it.
    """
    try:
        import uvloop
    except ImportError:
        return None

    def new_event_loop() -> asyncio.AbstractEventLoop:
        _check_room()
        loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
        return loop

    return new_event_loop


def _check_room() -> None:
    """Raise StartupError without the descriptors for a loop of libuv's, which aborts the process
    where it cannot have the pipe of its first (`uv__signal_global_reinit`).
    """
    opened: list[int] = []
    try:
        while len(opened) < _OF_A_LOOP:
            opened += os.pipe()
    except OSError as error:
        raise StartupError(f"cannot make an event loop: {error.strerror}") from None
    finally:
        for descriptor in opened:
            os.close(descriptor)


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
    from gomicro.server.app_kind import UnusableError, interface_of, is_factory

    try:
        if is_factory(app):
            log = own_logger("gomicro.server", config.log_level)
            log.warning("the application is a function that makes one", hint="say --factory")
            app = cast("Callable[[], ASGIApp]", app)()
        interface = interface_of(app)
        loaded = uvicorn.Config(
            _asgi3 if interface == "asgi3" else app,
            interface=interface,
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
        if interface == "asgi3":
            loaded.loaded_app = app
    except UnusableError as error:
        raise StartupError(f"cannot use the application: {error}") from None
    except (Exception, SystemExit) as error:
        raise StartupError(f"cannot use the application: {one_line(error)}") from error
    return Service(
        config,
        cast("ASGIApp", loaded.loaded_app),
        asgi_version=loaded.asgi_version,
        websockets=WebSockets(loaded) if websockets else None,
    )


async def _asgi3(scope: object, receive: object, send: object) -> None:
    """Stands in for an application, which uvicorn would call to find out whether it is one."""


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
