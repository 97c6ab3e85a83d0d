"""The commands, each imported when it is called for, and how errors become exit statuses."""

from __future__ import annotations

from importlib import import_module

import click

from gomicro.errors import GomicroError
from gomicro.terminal import tell

__all__ = ["run"]

_HOMES = {
    "serve": "gomicro.cli.serve",
    "hello": "gomicro.cli.say",
    "goodbye": "gomicro.cli.say",
}


class _Commands(click.Group):
    """A group whose commands are imported on demand: `hello` must not wait for the engine."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_HOMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        home = _HOMES.get(cmd_name)
        if home is None:
            return None
        command: click.Command = getattr(import_module(home), cmd_name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gomicro", message="%(prog)s %(version)s")
def gomicro() -> None:
    """A microservice in one command."""


def run(arguments: list[str] | None = None) -> int:
    """The exit status of a command line, the process's own if None.

    An error is one line on standard error, never a traceback.
    """
    try:
        status: int | None = gomicro.main(arguments, prog_name="gomicro", standalone_mode=False)
    except GomicroError as error:
        tell(f"gomicro: {error}")
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return 130
    return status or 0
