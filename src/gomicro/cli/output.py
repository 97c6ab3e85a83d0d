"""What a command prints itself: its help, its version, a configuration."""

from __future__ import annotations

import errno
import io
import sys
from contextlib import suppress
from typing import Any

import click

from gomicro.errors import GomicroError
from gomicro.terminal import write_all
from gomicro.text import printable

__all__ = ["Command", "OutputError", "show_error", "write_output"]

_CLOSED_PIPE = 141
"""A shell's exit status for a program that wrote to a pipe whose reader had left (SIGPIPE)."""


class OutputError(GomicroError):
    """Standard output takes no more. The text is empty if its reader has seen enough."""

    def __init__(self, error: OSError) -> None:
        closed = error.errno == errno.EPIPE
        super().__init__("" if closed else f"cannot write standard output: {error.strerror}")
        self.exit_code = _CLOSED_PIPE if closed else 1


class Command(click.Command):
    """A command whose help is written at once: that it cannot be is known then, not at exit."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:  # pragma: no branch -- it is None only for a command without help
            option.callback = _show_help
        return option


def write_output(text: str) -> None:
    """Write to standard output. Raises OutputError."""
    try:
        write_all(sys.stdout, text.encode())
    except OSError as error:
        raise OutputError(error) from None


def show_error(error: click.ClickException) -> None:
    """Tell a usage error on standard error, if anybody wants to know."""
    said = io.StringIO()
    error.show(said)
    text = "".join(f"{printable(line)}\n" for line in said.getvalue().splitlines())
    with suppress(OSError):
        write_all(sys.stderr, text.encode())


def _show_help(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    if value and not ctx.resilient_parsing:
        write_output(f"{ctx.get_help()}\n")
        ctx.exit()
