"""What one option alone cannot tell: which contradict each other, or need each other."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from gomicro.config.places import HostPort, Place, UnixPath
from gomicro.config.routes import check_routes
from gomicro.config.ways import one_way
from gomicro.errors import ConfigError

if TYPE_CHECKING:
    from gomicro.config.server_config import ServerConfig

__all__ = ["check_admin_apart", "check_together"]


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
    if config.places() != (HostPort("", type(config).port),):  # else sockets may have been passed
        check_admin_apart(config, config.places())


def check_admin_apart(config: ServerConfig, places: Iterable[Place]) -> None:
    """Raise ConfigError if the service, which listens at `places`, would have the address of the
    admin listener.
    """
    port, host = config.admin_port, config.admin_host
    same = [place.host for place in places if isinstance(place, HostPort) and place.port == port]
    if port and any(_meet(one, host) or _meet(host, one) for one in same):
        flag = "--listen" if config.listen else "--port"
        raise ConfigError(
            f"{flag} and --admin-port are both {port}: give the admin listener a port of its own"
        )


def _meet(host: str, other: str) -> bool:
    """Whether the first host has an address of the other one, as far as their names tell."""
    if host in ("", "::", other):
        return True
    if host == "localhost":
        return other in ("127.0.0.1", "::1")
    return host == "0.0.0.0" and bool(re.fullmatch(r"localhost|[0-9.]+", other))  # noqa: S104
