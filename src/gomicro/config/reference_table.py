"""The table of options in the documentation."""

from __future__ import annotations

from gomicro.config.option import Option
from gomicro.config.sources import EVERY_OPTION

__all__ = ["reference"]

_HEADER = """\
| Flag | Environment | File key | Default | Meaning |
|---|---|---|---|---|
"""


def reference() -> str:
    """A Markdown table, one row an option, in the order in which they are declared."""
    return _HEADER + "".join(_row(option) for option in EVERY_OPTION)


def _row(option: Option) -> str:
    default = option.unset or f"`{option.default_text}`"
    variables = ", then ".join(f"`{name}`" for name in option.environment)
    cells = (f"`{option.usage}`", variables, f"`{option.key}`", default, option.help)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
