"""The options of `gomicro serve` as click has them: flags, help, and what a shell completes."""

from __future__ import annotations

from typing import Any

import click

from gomicro.cli.completion import complete_paths
from gomicro.config import Option

__all__ = ["Grouped", "GroupedArgument", "parameter"]


class Grouped(click.Option):
    """A flag that stands in a group of --help."""

    def __init__(self, *args: Any, group: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.group = group


class GroupedArgument(click.Argument):
    """An argument that stands in a group of --help as a flag does."""

    def __init__(self, option: Option, **kwargs: Any) -> None:
        super().__init__([option.field], required=False, **kwargs)
        self.group = option.group
        self._record = option.argument, _help(option)

    def get_help_record(self, ctx: click.Context) -> tuple[str, str]:
        return self._record


def parameter(option: Option) -> click.Parameter:
    """What is None unless given; its text is read together with the other sources."""
    complete = _completer(option)
    if option.argument:
        return GroupedArgument(option, shell_complete=complete)
    names: list[str] = [option.flag]
    given: dict[str, Any] = {"metavar": option.kind.metavar, "multiple": option.kind.repeated}
    if option.usage.startswith(f"{option.flag} / "):
        names, given = [f"{option.flag}/--no-{option.key}"], {}
    return Grouped(
        names,
        group=option.group,
        default=None,
        help=_help(option),
        shell_complete=complete,
        **given,
    )


def _help(option: Option) -> str:
    return f"{option.help} [default: {option.default_text}]"


def _completer(option: Option) -> Any:
    words = option.kind.words
    paths = "file" if option.argument else option.kind.paths
    if paths:
        return complete_paths(paths)
    if words:
        return lambda ctx, param, begun: [word for word in words if word.startswith(begun)]
    return None
