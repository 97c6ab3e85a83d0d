"""ServerConfig: every option of the service, declared once."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Literal

from gomicro.config.file_kinds import FileDescriptor, Permissions
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
    Workers,
)
from gomicro.config.option import described, option, options
from gomicro.config.places import HostPort, Place, Places, places_of
from gomicro.config.routes import RouteConfig
from gomicro.config.served import APPLICATION, BUILT_IN, RequestTimeouts
from gomicro.config.together import check_together
from gomicro.errors import ConfigError
from gomicro.units import format_duration

__all__ = ["ServerConfig"]


def _by_what_is_served(application: float, built_in: float) -> str:
    return f"{format_duration(application)} with APP, {format_duration(built_in)} without"


@described
@dataclasses.dataclass(frozen=True, kw_only=True)
class ServerConfig:
    """How the service listens, how long it waits, and what it logs.

    Times are seconds, sizes bytes; 0 means no limit. The deadlines of a request, where they are
    None, are those of an application, unless the command serves hello and goodbye: see `timeouts`.
    Raises ConfigError, which says what would be right, for a value that cannot be used.
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
    listen: tuple[str, ...] = option(
        (),
        Places(),
        "Address to listen on, as often as wanted: HOST:PORT, :PORT, unix:PATH or fd:NUMBER.",
        unset="--host and --port",
        group="Listening",
    )
    uds: str = option(
        "", File("PATH"), "Unix socket to listen on, as unix:PATH.", unset="none", group="Listening"
    )
    uds_mode: int | None = option(
        None,
        Permissions(),
        "Permissions of Unix sockets, in octal; who may write may connect.",
        unset="what the umask leaves",
        group="Listening",
    )
    fd: int | None = option(
        None,
        FileDescriptor(),
        "Descriptor of a socket that listens already, as fd:NUMBER.",
        unset="none; what systemd passes",
        group="Listening",
    )
    read_timeout: float | None = option(
        None,
        Duration(optional=True),
        "Longest time for reading a request, its headers and its body.",
        unset=_by_what_is_served(APPLICATION.read_timeout, BUILT_IN.read_timeout),
        group="Deadlines",
    )
    read_header_timeout: float | None = option(
        None,
        Duration(optional=True),
        "Longest time for reading the headers of a request.",
        unset="as --read-timeout, but with APP not above "
        + format_duration(APPLICATION.read_header_timeout),
        group="Deadlines",
    )
    write_timeout: float | None = option(
        None,
        Duration(optional=True),
        "Longest time from the end of the headers to the end of the answer.",
        unset=_by_what_is_served(APPLICATION.write_timeout, BUILT_IN.write_timeout),
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
    shutdown_delay: float = option(
        0.0,
        Duration(),
        "Time for which connections are still accepted at shutdown, before anything else.",
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
    max_lag: float = option(
        0.06,
        Duration(),
        "Longest queue in the event loop; requests that stand beyond it are answered 503.",
        group="Limits",
    )
    max_in_flight: int = option(
        0,
        Count(),
        "Most requests that are served at a time; above, the answer is 503. 0 means no limit.",
        group="Limits",
    )
    blocked_after: float = option(
        0.5,
        Duration(),
        "Time without a sign of life from the event loop after which the log says where it is "
        "blocked.",
        group="Logs",
    )
    admin_port: int | None = option(
        None,
        Port(optional=True),
        "Port of the admin listener: health, metrics, requests in flight, stacks.",
        unset="none, no admin listener",
        group="Admin listener",
    )
    admin_host: str = option(
        "127.0.0.1",
        Text("HOST"),
        "Address or name that the admin listener listens on. Peers that do not come over the "
        "loopback are told health and metrics only.",
        group="Admin listener",
    )
    live_after: float = option(
        10.0,
        Duration(),
        "Time without a sign of life from the event loop after which /livez answers 503.",
        group="Admin listener",
    )
    workers: int | Literal["auto"] | None = option(
        None,
        Workers(),
        "Worker processes, under a supervisor; auto is one for each processor there is.",
        unset="none, one process",
        also="WEB_CONCURRENCY",
        group="Workers",
    )
    worker_timeout: float = option(
        0.0,
        Duration(least=1.0),  # several of its heartbeats
        "Longest silence of a worker's event loop before it is killed, 1s or more; 0 is never.",
        group="Workers",
    )
    worker_start_timeout: float = option(
        60.0,
        Duration(),
        "Longest start of a worker before it is killed; 0 is never.",
        group="Workers",
    )
    max_requests: int = option(
        0,
        Count(),
        "Requests after which a worker is replaced, less up to a tenth; 0 is never.",
        group="Workers",
    )
    max_worker_age: float = option(
        0.0,
        Duration(),
        "Time after which a worker is replaced, less up to a tenth; 0 is never.",
        group="Workers",
    )
    max_worker_memory: int = option(
        0,
        Size(),
        "Memory of a worker at which it is replaced, less up to a tenth; 0 is never.",
        group="Workers",
    )
    path_send: bool = option(
        False, Switch(), "Read files that APP names (http.response.pathsend).", group="Application"
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
    request_id_header: str = option(
        "echo",
        Choice("echo", "always", "never"),
        "Which responses have X-Request-Id: those whose request had it, all, or none.",
        group="Logs",
    )
    root_path: str = option(
        "",
        RootPath("PATH"),
        "Path under which a proxy serves the application.",
        unset="none",
        group="Proxy and TLS",
    )
    forwarded_allow_ips: str = option(
        "127.0.0.1,::1,unix:",
        Networks(),
        "Proxies whose X-Forwarded headers are believed: addresses and networks, separated by "
        "commas, and unix: for those on a Unix socket; * means all.",
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

    routes: Mapping[str, RouteConfig] = dataclasses.field(default_factory=dict, hash=False)
    """By ServeMux's patterns, what holds for their requests instead of the above."""

    def __post_init__(self) -> None:
        for declared in options(type(self)):
            try:
                declared.kind.check(getattr(self, declared.field))
            except ValueError as error:
                raise ConfigError(f"{declared.field}: {error}") from None
        object.__setattr__(self, "listen", tuple(self.listen))  # a file has lists
        check_together(self)

    def places(self) -> tuple[Place, ...]:
        """Where to listen: `listen`, `uds` or `fd` if set, else `host` and `port`."""
        return places_of(self.listen, self.uds, self.fd, HostPort(self.host, self.port))

    def timeouts(self, unset: RequestTimeouts = APPLICATION) -> RequestTimeouts:
        """The deadlines of a request that are in force, with those of `unset` where none is set."""
        return unset.but_for(self.read_header_timeout, self.read_timeout, self.write_timeout)

    def header_timeout(self) -> float:
        """Seconds for the headers of a request to an application, 0 for no limit."""
        return self.timeouts().read_header_timeout

    def settled(self, unset: RequestTimeouts = APPLICATION) -> ServerConfig:
        """The same, with each deadline of a request set: as it is, or else as in `unset`."""
        return dataclasses.replace(self, **self.timeouts(unset)._asdict())
