"""Routes: what holds for the requests that a pattern matches, instead of what holds for all."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from gomicro.config.kinds import Duration, Size, Switch
from gomicro.config.option import described, option, options
from gomicro.errors import ConfigError, PatternError

__all__ = ["RouteConfig", "check_routes"]

_UNSET = "as for all requests"


@described
@dataclasses.dataclass(frozen=True, kw_only=True)
class RouteConfig:
    """What holds for the requests of one route. None: what the server has for all.

    Times are seconds, sizes bytes; 0 means no limit. Raises ConfigError for a value that cannot be
    used.
    """

    read_timeout: float | None = option(
        None,
        Duration(optional=True),
        "Longest time for reading a request, counted from where the server's counts.",
        unset=_UNSET,
    )
    write_timeout: float | None = option(
        None,
        Duration(optional=True),
        "Longest time from the end of the headers to the end of the answer.",
        unset=_UNSET,
    )
    max_body_bytes: int | None = option(
        None,
        Size(),
        "Most bytes of a request body; above, the answer is 413.",
        unset=_UNSET,
    )
    access_log: bool | None = option(None, Switch(), "Log a line for each request.", unset=_UNSET)

    def __post_init__(self) -> None:
        for declared in options(type(self)):
            value = getattr(self, declared.field)
            try:
                if value is not None:
                    declared.kind.check(value)
            except ValueError as error:
                raise ConfigError(f"{declared.field}: {error}") from None


def check_routes(routes: Mapping[str, RouteConfig], where: str) -> None:
    """Raise ConfigError for a pattern that ServeMux would refuse, or beside another one; `where`
    says where they stand.
    """
    # Routes are few people's, and the patterns come with the multiplexer.
    from gomicro.mux.conflict import describe_conflict
    from gomicro.mux.pattern import parse_pattern, quoted
    from gomicro.mux.relationship import conflicts
    from gomicro.mux.routing_index import RoutingIndex

    index = RoutingIndex()
    for text, route in routes.items():
        if not isinstance(route, RouteConfig):
            raise ConfigError(f"{where}: want a RouteConfig for {text!r}, not {route!r}")
        try:
            new = parse_pattern(text)
        except PatternError as error:
            raise ConfigError(f"{where}: {error}") from None
        for old in index.candidates(new):
            if conflicts(new, old):
                why = " ".join(describe_conflict(new, old).split("\n"))
                raise ConfigError(
                    f"{where}: pattern {quoted(new.text)} conflicts with pattern "
                    f"{quoted(old.text)}: {why}"
                )
        index.add(new)
