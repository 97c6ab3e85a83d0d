"""Handing a connection over to uvicorn's WebSocket protocol.

From then on it is free of HTTP's deadlines, as a hijacked connection is in Go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio

    from gomicro.connection.service import Service
    from gomicro.http1.request_head import RequestHead

__all__ = ["hand_over"]


def hand_over(
    service: Service,
    transport: asyncio.Transport,
    protocol_class: Callable[..., Any],
    head: RequestHead,
    rest: bytes,
) -> None:
    """Start the protocol with the upgrade request and what came behind it.

    uvicorn's protocols read the request themselves, so it is written out for them again. The
    protocol lists itself among the service's connections.
    """
    target = head.raw_path + (b"?" + head.query if head.query else b"")
    lines = [b"GET " + target + b" HTTP/1.1"]
    lines += [name + b": " + value for name, value in head.headers]
    protocol = protocol_class(
        config=service.config, server_state=service.uvicorn_state, app_state=service.state
    )
    protocol.connection_made(transport)
    protocol.data_received(b"\r\n".join(lines) + b"\r\n\r\n" + rest)
    transport.set_protocol(protocol)
