"""What the log says of a service that listens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gomicro.config import ServerConfig
from gomicro.connection.address import Address, host_and_port

__all__ = ["where"]


def where(addresses: Sequence[Address], config: ServerConfig) -> dict[str, Any]:
    """The fields of `listening`."""
    return {
        "address": [host_and_port(address) for address in addresses],
        "port": next((port for _, port in addresses if port is not None), None),
        "tls": bool(config.tls_cert),
        **config.timeouts()._asdict(),
        "idle_timeout": config.idle_timeout,
    }
