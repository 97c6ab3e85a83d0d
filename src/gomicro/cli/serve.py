"""`gomicro serve`: from flags, environment and file to a server that runs."""

from __future__ import annotations

import gc
import os
import sys
from typing import Any, NoReturn

import click

from gomicro.config import CONFIG_VARIABLE, Option, ServerConfig, options, report, resolve

__all__ = ["serve"]


def _click_option(option: Option) -> click.Option:
    """A flag that is None unless given; its text is read together with the other sources."""
    text = f"{option.help} [{', '.join(option.environment)}; default: {option.default_text}]"
    if option.usage.startswith(f"{option.flag} / "):
        return click.Option([f"{option.flag}/--no-{option.key}"], default=None, help=text)
    return click.Option([option.flag], metavar=option.kind.metavar, help=text)


@click.command(short_help="Run the service.")
@click.argument("app", required=False)
@click.option("--factory", is_flag=True, help="APP is a function that makes the application.")
@click.option(
    "--config",
    "file",
    metavar="FILE",
    help=f"Read options from the [serve] table of a TOML file. [{CONFIG_VARIABLE}]",
)
@click.option(
    "--print-config",
    is_flag=True,
    help="Print what is in force and where each value came from, and exit.",
)
def serve(
    app: str | None, factory: bool, file: str | None, print_config: bool, **flags: object
) -> int:
    """Run the service: hello and goodbye, or the ASGI application APP (module:name).

    A flag goes before the environment, that before the file, that before the default. Durations
    are written 500ms, 1s or 1m30s; a bare number is seconds, and 0 means none.
    """
    _occupy_standard_streams()
    if factory and app is None:
        raise click.UsageError("--factory needs APP, the function that makes the application.")
    resolved = resolve(flags, os.environ, file)
    if print_config:
        click.echo(report(resolved), nl=False)
        return 0
    return _run(app, factory, resolved.config)


serve.params.extend(_click_option(option) for option in options(ServerConfig))


def _run(app: str | None, factory: bool, config: ServerConfig) -> int:
    if app is None:
        # structlog imports rich where it is, a quarter of the whole start. None is the import
        # system's word for "not there": only an application may want structlog with it.
        sys.modules.setdefault("rich", None)  # type: ignore[arg-type] # as typeshed has it
    from gomicro import log
    from gomicro.server.server import Server

    log.configure(config.log_level, config.log_format)
    server = Server(_application(app, factory), config, websockets=app is not None)
    # What the imports have made stays for the life of the process: the collector may pass it by.
    gc.freeze()
    gc.enable()
    status = server.run(leave=_leave)
    log.flush()
    return status


def _occupy_standard_streams() -> None:
    """Put /dev/null where standard input, output or error was closed: else the event loop's own
    descriptor takes the free number, and the interpreter closes it at exit under the loop's feet.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one


def _leave(status: int) -> NoReturn:
    """End the process at once, whatever still runs."""
    from gomicro import log

    log.flush()
    os._exit(status)


def _application(app: str | None, factory: bool) -> Any:
    if app is None:
        from gomicro import log
        from gomicro.app import hello_and_goodbye

        return hello_and_goodbye(log.get_logger("product-api"))
    from gomicro.server.application import load

    return load(app, factory)
