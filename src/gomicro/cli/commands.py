"""The commands, each imported when it is called for, and how errors become exit statuses."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

import click

from gomicro import __version__
from gomicro.cli.completion import COMPLETE_VARIABLE, completed
from gomicro.cli.output import Command, show_error, write_output
from gomicro.errors import GomicroError
from gomicro.terminal import tell

__all__ = ["run"]

_HOMES = {
    "serve": "gomicro.cli.serve",
    "hello": "gomicro.cli.say",
    "goodbye": "gomicro.cli.say",
    "check": "gomicro.cli.check",
}

_MEANT = {
    "run": "serve",
    "start": "serve",
    "server": "serve",
    "dev": "serve",
    "bye": "goodbye",
    "help": "--help",
    "version": "--version",
}
"""What other tools call it."""


class _Commands(Command, click.Group):
    """A group whose commands are imported on demand: `hello` must not wait for the engine."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_HOMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        home = _HOMES.get(cmd_name)
        if home is None:
            return None
        command: click.Command = getattr(import_module(home), cmd_name)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            flag = error.option_name
            if flag in self._flags_of_serve(ctx):
                line = " ".join(["gomicro", "serve", *_without_serve(words)])
                said = f"{flag} is an option of serve; did you mean {line!r}?"
                raise click.UsageError(said, ctx) from error
            raise

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            word = error.command_name
            said = f"No such command {word!r}."
            meant = f"serve {word}" if _is_application(word) else _MEANT.get(word) or _near(word)
            if meant:
                said = f"{said} Did you mean 'gomicro {meant}'?"
            raise click.UsageError(said, ctx) from error

    def _flags_of_serve(self, ctx: click.Context) -> set[str]:
        serve = self.get_command(ctx, "serve")
        params = [] if serve is None else serve.params
        return {name for param in params for name in (*param.opts, *param.secondary_opts)}


def _without_serve(words: list[str]) -> list[str]:
    """The words after the command, where it is written after its options."""
    at = words.index("serve") if "serve" in words else len(words)
    return words[:at] + words[at + 1 :]


def _is_application(word: str) -> bool:
    return ":" in word or word.endswith(".py")


def _near(word: str) -> str:
    from difflib import get_close_matches

    return "".join(get_close_matches(word, _HOMES, n=1))


def _show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from gomicro.compiled import is_compiled

        write_output(f"gomicro {__version__}{' (compiled)' if is_compiled() else ''}\n")
        ctx.exit()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-V",
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
def gomicro() -> None:
    """A microservice in one command."""


def _trace(error: GomicroError) -> str:
    """What the user's own code did, if it was that which failed."""
    if error.__cause__ is None:
        return error.trace
    from gomicro.tracebacks import from_users

    return from_users(error.__cause__)


def run(arguments: list[str] | None = None) -> int:
    """The exit status of a command line, the process's own if None.

    An error is one line on standard error; the traceback after it, where there is one, begins in
    the user's own code.
    """
    try:
        if COMPLETE_VARIABLE in os.environ:
            text, status = completed(lambda: _main(arguments))
            write_output(text)
        else:
            status = _main(arguments)
    except GomicroError as error:
        if str(error):
            tell(f"gomicro: {error}")
        for line in _trace(error).expandtabs().splitlines():
            tell(line)
        return error.exit_code
    except click.ClickException as error:
        show_error(error)
        return error.exit_code
    except click.Abort:
        return 130
    return status or 0


def _main(arguments: list[str] | None) -> Any:
    return gomicro.main(arguments, prog_name="gomicro", standalone_mode=False)
