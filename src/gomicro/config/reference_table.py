"""The table of options in the documentation."""

from __future__ import annotations

from gomicro.config.option import Option, options
from gomicro.config.routes import RouteConfig
from gomicro.config.sources import EVERY_OPTION

__all__ = ["reference", "route_reference"]

_HEADER = """\
| Flag | Environment | File key | Default | Meaning |
|---|---|---|---|---|
"""


def reference() -> str:
    """A Markdown table, one row an option, in the order in which they are declared."""
    return _HEADER + "".join(_row(option) for option in EVERY_OPTION)


def route_reference() -> str:
    """The same of what a route may have, which only a file and a program can say."""
    return "| File key | Value | Meaning |\n|---|---|---|\n" + "".join(
        f"| `{option.key}` | {option.kind.metavar} | {option.help} |\n"
        for option in options(RouteConfig)
    )


def _row(option: Option) -> str:
    default = option.unset or f"`{option.default_text}`"
    variables = ", then ".join(f"`{name}`" for name in option.environment)
    cells = (f"`{option.usage}`", variables, f"`{option.key}`", default, option.help)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
