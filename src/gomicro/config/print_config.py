"""--print-config: what is in force and where each value came from, as a configuration file."""

from __future__ import annotations

from gomicro.config.option import options
from gomicro.config.routes import RouteConfig
from gomicro.config.server_config import ServerConfig
from gomicro.config.sources import EVERY_OPTION, Resolved, route_table
from gomicro.text import printable

__all__ = ["report", "report_of"]


def report(resolved: Resolved) -> str:
    """TOML that, read with --config, leads to the same configuration; origins are comments.

    An option without a value of its own is a comment, as TOML knows no null.
    """
    rows: list[tuple[str, str]] = []
    in_force = vars(resolved.app) | vars(resolved.config)
    for option in EVERY_OPTION:
        value = in_force[option.field]
        origin = resolved.origins[option.field]
        if value is None:
            rows.append((f"# {option.key}", f"{origin}: {option.unset}"))
        else:
            rows.append((f"{option.key} = {option.kind.literal(value)}", origin))
    text = _table("serve", rows)
    for pattern, route in resolved.config.routes.items():
        rows = [
            (f"{option.key} = {option.kind.literal(value)}", resolved.origins["routes"])
            for option in options(RouteConfig)
            if (value := getattr(route, option.field)) is not None
        ]
        text += "\n" + _table(route_table(pattern), rows)
    return text


def _table(name: str, rows: list[tuple[str, str]]) -> str:
    """A table of TOML. An origin may hold a path, and a path anything, but a comment takes no
    control characters.
    """
    width = max((len(setting) for setting, _ in rows), default=0)
    lines = [f"{setting:<{width}}  # {printable(origin)}" for setting, origin in rows]
    return "\n".join([f"[{name}]", *lines]) + "\n"


def report_of(config: ServerConfig) -> str:
    """The same of what a program has passed to a server."""
    plain = ServerConfig()
    origins = {
        option.field: "default"
        if getattr(config, option.field, None) == getattr(plain, option.field, None)
        else "program"
        for option in EVERY_OPTION
    }
    return report(Resolved(config, {**origins, "routes": "program"}))
