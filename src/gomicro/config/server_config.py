"""ServerConfig: every option of the service, declared once."""

from __future__ import annotations

import dataclasses
from typing import Literal

from gomicro.config.kinds import (
    Choice,
    Count,
    Duration,
    File,
    Networks,
    Port,
    RootPath,
    Size,
    Switch,
    Text,
)
from gomicro.config.option import option, options
from gomicro.errors import ConfigError

__all__ = ["ServerConfig"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ServerConfig:
    """How the service listens, how long it waits, and what it logs.

    Times are seconds, sizes bytes; 0 means no limit. Raises ConfigError, which says what would
    be right, for a value that cannot be used.
    """

    host: str = option(
        "",
        Text("HOST"),
        "Address or name to listen on.",
        unset="all interfaces, IPv4 and IPv6",
        group="Listening",
    )
    port: int = option(
        9090,
        Port(),
        "Port to listen on; 0 picks a free one and logs it.",
        also="PORT",
        group="Listening",
    )
    read_timeout: float = option(
        1.0,
        Duration(),
        "Longest time for reading a request, its headers and its body.",
        group="Deadlines",
    )
    read_header_timeout: float | None = option(
        None,
        Duration(optional=True),
        "Longest time for reading the headers of a request.",
        unset="as --read-timeout",
        group="Deadlines",
    )
    write_timeout: float = option(
        1.0,
        Duration(),
        "Longest time from the end of the headers to the end of the answer.",
        group="Deadlines",
    )
    idle_timeout: float = option(
        120.0,
        Duration(),
        "Longest wait for the next request on a connection kept alive.",
        group="Deadlines",
    )
    shutdown_grace: float = option(
        30.0,
        Duration(),
        "Longest wait at shutdown for requests in flight.",
        group="Deadlines",
    )
    max_header_bytes: int = option(
        1024 * 1024,
        Size(least=1),
        "Most bytes of a request line and its headers; above, the answer is 431.",
        group="Limits",
    )
    max_body_bytes: int = option(
        32 * 1024 * 1024,
        Size(),
        "Most bytes of a request body; above, the answer is 413. 0 means no limit.",
        group="Limits",
    )
    max_connections: int = option(
        0,
        Count(),
        "Most connections at a time; above, new ones wait to be accepted. 0 means no limit.",
        group="Limits",
    )
    blocked_after: float = option(
        0.5,
        Duration(),
        "Time without a sign of life from the event loop after which the log says where it is "
        "blocked.",
        group="Logs",
    )
    log_level: str = option(
        "info",
        Choice("debug", "info", "warning", "error", "critical", also={"warn": "warning"}),
        "Least serious events that are logged.",
        group="Logs",
    )
    log_format: Literal["auto", "console", "json"] = option(
        "auto",
        Choice("auto", "console", "json"),
        "Form of log lines; auto is console on a terminal and JSON elsewhere.",
        group="Logs",
    )
    access_log: bool = option(True, Switch(), "Log a line for each request.", group="Logs")
    root_path: str = option(
        "",
        RootPath("PATH"),
        "Path under which a proxy serves the application.",
        unset="none",
        group="Proxy and TLS",
    )
    forwarded_allow_ips: str = option(
        "127.0.0.1,::1",
        Networks(),
        "Proxies whose X-Forwarded headers are believed: addresses and networks, separated by "
        "commas; * means all.",
        group="Proxy and TLS",
    )
    tls_cert: str = option(
        "",
        File(),
        "Certificate chain (PEM) to serve HTTPS with; needs --tls-key.",
        unset="none, plain HTTP",
        group="Proxy and TLS",
    )
    tls_key: str = option(
        "",
        File(),
        "Private key (PEM) of the certificate.",
        unset="none, plain HTTP",
        group="Proxy and TLS",
    )

    def __post_init__(self) -> None:
        for declared in options(type(self)):
            try:
                declared.kind.check(getattr(self, declared.field))
            except ValueError as error:
                raise ConfigError(f"{declared.field}: {error}") from None
        if bool(self.tls_cert) != bool(self.tls_key):
            missing, given = ("key", "cert") if self.tls_cert else ("cert", "key")
            raise ConfigError(
                f"tls_{given} is set without tls_{missing}: give both --tls-cert and --tls-key, "
                "or neither"
            )

    def header_timeout(self) -> float:
        """Seconds for the headers of a request, 0 for no limit: the read timeout if not set."""
        return self.read_timeout if self.read_header_timeout is None else self.read_header_timeout
