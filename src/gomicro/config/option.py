"""An option: what one field of ServerConfig declares, and the names that follow from it."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from gomicro.config.kinds import Kind, Switch

__all__ = ["GROUPS", "PREFIX", "Option", "described", "option", "options"]

T = TypeVar("T")

PREFIX = "GOMICRO_SERVE_"
"""What the names of the variables begin with."""

GROUPS = (
    "Application",
    "Listening",
    "Deadlines",
    "Limits",
    "Workers",
    "Reloading",
    "Logs",
    "Admin listener",
    "Proxy and TLS",
)
"""What --help shows the options under, in this order."""


@dataclasses.dataclass(frozen=True)
class Option:
    """One thing the service can be told.

    `unset` says in words what a default of None or "" stands for; it is empty where the default
    speaks for itself. `group` is one of GROUPS. `argument` is its name on the command line where
    it is given without a flag.
    """

    field: str
    kind: Kind
    default: Any
    help: str
    unset: str
    also: tuple[str, ...]
    group: str
    argument: str

    @property
    def key(self) -> str:
        """The key in the [serve] table of a configuration file."""
        return self.field.replace("_", "-")

    @property
    def flag(self) -> str:
        """What it is called on the command line."""
        return self.argument or f"--{self.key}"

    @property
    def usage(self) -> str:
        """The flag as usage lines show it; a switch has a flag for each side and no value."""
        if isinstance(self.kind, Switch):
            return f"{self.flag} / --no-{self.key}"
        return self.argument or f"{self.flag} {self.kind.metavar}"

    @property
    def environment(self) -> tuple[str, ...]:
        """The variables that set it; the first one that is set wins."""
        return (PREFIX + self.field.upper(), *self.also)

    @property
    def default_text(self) -> str:
        """The default as documentation shows it."""
        return self.unset or self.kind.shown(self.default)


def option(
    default: object,
    kind: Kind,
    help: str,  # noqa: A002 -- what it is called everywhere else
    *,
    group: str = "",
    unset: str = "",
    also: str = "",
    argument: str = "",
) -> Any:
    """A dataclass field that is an Option; `also` names a further variable that sets it."""
    metadata = {
        "kind": kind,
        "help": help,
        "unset": unset,
        "also": (also,) if also else (),
        "group": group,
        "argument": argument,
    }
    return dataclasses.field(default=default, metadata=metadata)


def options(config: type[Any]) -> tuple[Option, ...]:
    """The options that the dataclass `config` declares, in the order of its fields."""
    return tuple(
        Option(field=field.name, default=field.default, **field.metadata)
        for field in dataclasses.fields(config)
        if field.metadata
    )


def described(config: type[T]) -> type[T]:
    """The same class, whose documentation has a line for each of its options."""
    lines = [
        f"    {option.field}: {option.help} Default: {option.default_text}.\n"
        for option in options(config)
    ]
    config.__doc__ = f"{config.__doc__}\n{''.join(lines)}    "
    return config
