"""`gomicro serve`: from flags, environment and file to a server that runs."""

from __future__ import annotations

import gc
import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import click

from gomicro.cli.completion import complete_paths
from gomicro.cli.in_vain import refuse_in_vain
from gomicro.cli.options import Grouped, parameter
from gomicro.cli.output import Command, write_output
from gomicro.cli.read_once import refuse_read_once
from gomicro.config import (
    EVERY_OPTION,
    GROUPS,
    SEAT_VARIABLE,
    AppConfig,
    Resolved,
    ServerConfig,
    anchored,
    report,
    resolve,
)
from gomicro.errors import StartupError

if TYPE_CHECKING:
    from gomicro.fleet.worker import Worker

__all__ = ["serve"]

_EXAMPLES = (
    ("gomicro serve --port 8080", "hello and goodbye, on port 8080"),
    ("gomicro serve main:app --write-timeout 5m", "app of main.py, which may answer for minutes"),
)


class _Serve(Command):
    """A command whose help has its options in groups, and which knows other servers' flags."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Examples"):
            formatter.write_dl(_EXAMPLES)
        groups: dict[str, list[tuple[str, str]]] = {name: [] for name in (*GROUPS, "Other")}
        for shown in self.get_params(ctx):
            record = shown.get_help_record(ctx)
            groups[getattr(shown, "group", "") or "Other"] += [record] if record else []
        for name, records in groups.items():
            with formatter.section(name):
                formatter.write_dl(records)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            from gomicro.cli.other_servers import advice

            own = {name for own in self.params for name in (*own.opts, *own.secondary_opts)}
            said = advice(words, own)
            if not said:
                raise
            raise click.UsageError(said, ctx) from error


@click.command(
    cls=_Serve, short_help="Run the service.", context_settings={"max_content_width": 100}
)
@click.option(
    "--config",
    "file",
    cls=Grouped,
    group="Application",
    metavar="FILE",
    help="Read options from the [serve] table of a TOML file.",
    shell_complete=complete_paths("file"),
)
@click.option(
    "--print-config",
    is_flag=True,
    help="Print what is in force and where each value came from, and exit.",
)
def serve(file: str | None, print_config: bool, **given: object) -> int:
    """Run the service: hello and goodbye, or the ASGI application APP.

    APP is module:name, module or file.py. A flag goes before the environment, that before the
    file, that before the default. Durations are written 500ms, 1s or 1m30s; a bare number is
    seconds, and 0 means none.
    """
    _occupy_standard_streams()
    _stand_somewhere()
    if given["app"] == "":
        raise click.UsageError("APP is empty: name an application, or leave it out.")
    if SEAT_VARIABLE in os.environ:
        from gomicro.fleet.worker import Worker

        worker = Worker.here()
        with worker.telling():
            resolved = resolve(given, os.environ, file).settled()
            if resolved.app.reload:
                from gomicro.reload.files import watched
                from gomicro.reload.fresh import import_fresh

                import_fresh(watched(resolved.app).directories)
            return _run(resolved, worker)
    resolved = resolve(given, os.environ, file).settled()
    if print_config:
        write_output(report(resolved))
        return 0
    refuse_in_vain(given, resolved)
    refuse_read_once(file, os.environ, resolved)
    if resolved.app.reload:
        from gomicro.reload.serve import supervise_and_watch

        return supervise_and_watch(resolved.app, resolved.config)
    if resolved.config.workers is not None:
        from gomicro.fleet.fleet import supervise

        return supervise(resolved.config, report=partial(report, resolved))
    return _run(resolved)


serve.params[:0] = [parameter(option) for option in EVERY_OPTION]


def _run(resolved: Resolved, worker: Worker | None = None) -> int:
    app, config, among = resolved.app, anchored(resolved.config), None
    if worker is not None:
        among = worker.among
        worker.heed(config)
    if not app.app:
        # structlog imports rich where it is, a quarter of the whole start. None is the import
        # system's word for "not there": only an application may want structlog with it.
        sys.modules.setdefault("rich", None)  # type: ignore[arg-type] # as typeshed has it
    from gomicro import log
    from gomicro.server.loading import heed_quit
    from gomicro.server.server import Server

    heed_quit(_leave)
    log.configure(config.log_level, config.log_format, lasts=True, among=among)
    try:
        server = Server(_application(app, config), config, websockets=bool(app.app), home=worker)
        server.report = partial(report, resolved)
        # What the imports have made stays for the life of the process: the collector may pass it
        # by.
        gc.freeze()
        gc.enable()
        status = server.run(leave=_leave)
    except StartupError as error:
        if worker is None:  # else its supervisor does
            _log_failure(error, config)
        raise
    finally:
        log.flush()
    return status


def _log_failure(error: StartupError, config: ServerConfig) -> None:
    """Have it in a log for machines if the application's own code failed; people are told."""
    from gomicro import log
    from gomicro.frames import place

    cause = error.__cause__
    if cause is not None and place(cause) and not log.for_people(config.log_format):
        logger = log.own_logger("gomicro.server", config.log_level)
        logger.error("application failed to start", reason=str(error), exc_info=cause)


def _occupy_standard_streams() -> None:
    """Put /dev/null where standard input, output or error was closed: else the event loop's own
    descriptor takes the free number, and the interpreter closes it at exit under the loop's feet.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one


def _stand_somewhere() -> None:
    """Refuse a directory that was removed, as by a deployment: what is relative leads nowhere."""
    try:
        os.getcwd()  # noqa: PTH109 -- pathlib's import is not needed here
    except FileNotFoundError:
        raise StartupError("the current directory has been removed: go to another") from None


def _leave(status: int) -> NoReturn:
    """End the process at once, whatever still runs."""
    from gomicro import log

    log.flush()
    os._exit(status)


def _application(app: AppConfig, config: ServerConfig) -> Any:
    from gomicro import log

    if not app.app:
        from gomicro.app import hello_and_goodbye

        return hello_and_goodbye(log.get_logger("product-api"))
    from gomicro.server.application import load
    from gomicro.server.loading import telling_if_slow

    with telling_if_slow(log.own_logger("gomicro.server", config.log_level)):
        return load(app.app, app.factory, app.app_dir)
