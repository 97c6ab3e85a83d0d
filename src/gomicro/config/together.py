"""What one option alone cannot tell: which contradict each other, or need each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gomicro.config.places import UnixPath
from gomicro.config.routes import check_routes
from gomicro.config.ways import one_way
from gomicro.errors import ConfigError

if TYPE_CHECKING:
    from gomicro.config.server_config import ServerConfig

__all__ = ["check_together"]


def check_together(config: ServerConfig) -> None:
    """Raise ConfigError if one option contradicts another, or needs one that is not set."""
    said = {
        "--listen": config.listen,
        "--uds": config.uds,
        "--fd": config.fd is not None,
        "--host": config.host,
        "--port": config.port != type(config).port,
    }
    if config.routes:
        check_routes(config.routes, "routes")
    one_way([flag for flag, value in said.items() if value])
    unix = any(isinstance(place, UnixPath) for place in config.places())
    if config.uds_mode is not None and not unix:
        raise ConfigError("uds_mode is set without a Unix socket: give --uds as well")
    if bool(config.tls_cert) != bool(config.tls_key):
        missing, given = ("key", "cert") if config.tls_cert else ("cert", "key")
        raise ConfigError(
            f"tls_{given} is set without tls_{missing}: give both --tls-cert and --tls-key, "
            "or neither"
        )
