"""`gomicro hello` and `gomicro goodbye`: say it to a running service and print its answer."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import click

from gomicro.cli.completion import complete_paths
from gomicro.cli.output import Command
from gomicro.client import exchange, parse_url
from gomicro.errors import ClientError
from gomicro.terminal import tell, write_all
from gomicro.units import parse_duration

__all__ = ["duration", "goodbye", "hello", "write_answer"]

_PORT = "9090"
_CANNOT_WRITE = 23
_CANNOT_READ = 26


def duration(ctx: click.Context, param: click.Parameter, text: str) -> float:
    """The value of an option that takes a duration."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _port(ctx: click.Context, param: click.Parameter, text: str | None) -> str | None:
    if text is not None and not _is_port(text):
        raise click.BadParameter(f"want a port from 1 to 65535, not {text!r}")
    return text


def _exchange_options(command: Callable[..., None]) -> Callable[..., None]:
    decorators = (
        click.option(
            "--url",
            metavar="URL",
            help="Base URL of the service. [default: GOMICRO_URL, else that of --port]",
        ),
        click.option(
            "--port",
            metavar="PORT",
            callback=_port,
            help="Port of a service on this machine. [default: the one `serve` has here]",
        ),
        click.option(
            "--unix-socket",
            metavar="PATH",
            default="",
            shell_complete=complete_paths("file"),
            help="Connect through this Unix socket. [default: the one `serve` has here, or none]",
        ),
        click.option(
            "--timeout",
            metavar="DURATION",
            default="5s",
            show_default=True,
            callback=duration,
            help="Longest time for the whole exchange; 0 means no limit.",
        ),
        click.option("-v", "--verbose", is_flag=True, help="Show the exchange on standard error."),
    )
    for decorate in reversed(decorators):
        command = decorate(command)
    return command


@click.command(cls=Command, short_help="Say hello to a running service.")
@click.argument("name", required=False)
@_exchange_options
def hello(name: str | None, **options: Any) -> None:
    """Say hello to a running service, and print its answer byte for byte.

    NAME is what to greet; - reads it from standard input, all bytes of it. Without NAME the
    request's body is empty. The exit status is curl's for the same outcome: 7 no connection, 22
    a status of 400 or above, 28 timed out, and so on.
    """
    _say("POST", "/", _read_input() if name == "-" else os.fsencode(name or ""), **options)


@click.command(cls=Command, short_help="Say goodbye to a running service.")
@_exchange_options
def goodbye(**options: Any) -> None:
    """Say goodbye to a running service, and print its answer byte for byte.

    The exit status is curl's for the same outcome, as with hello.
    """
    _say("GET", "/goodbye", None, **options)


def _say(
    method: str,
    path: str,
    body: bytes | None,
    *,
    url: str | None,
    port: str | None,
    unix_socket: str,
    timeout: float,
    verbose: bool,
) -> None:
    exchange(
        parse_url(_base_url(url, port)),
        method,
        path,
        body,
        timeout=timeout,
        unix_socket=unix_socket or _socket_of_serve(url, port),
        write=write_answer,
        trace=tell if verbose else lambda line: None,
    )


def _base_url(url: str | None, port: str | None) -> str:
    """A flag before the environment; without either what `serve` in this environment has."""
    if url is not None and port is not None:
        raise click.UsageError("--url and --port both say where the service is: give one of them.")
    if url is None and port is None:
        url = os.environ.get("GOMICRO_URL") or None
    return url if url is not None else f"http://localhost:{port or _port_of_serve()}"


def _port_of_serve() -> str:
    for name in ("GOMICRO_SERVE_PORT", "PORT"):
        text = os.environ.get(name)
        if text and "://" not in text:  # which is Kubernetes' (see config/sources.py)
            if not _is_port(text):
                raise click.UsageError(f"{name}: want a port from 1 to 65535, not {text!r}.")
            return text
    return _PORT


def _socket_of_serve(url: str | None, port: str | None) -> str:
    """The Unix socket that `serve` in this environment has, where nothing else says a place."""
    said = url is not None or port is not None or os.environ.get("GOMICRO_URL")
    return "" if said else os.environ.get("GOMICRO_SERVE_UDS", "")


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6 and 0 < int(text) < 65536


def _read_input() -> bytes:
    try:
        return sys.stdin.buffer.read()
    except (AttributeError, OSError) as error:  # sys.stdin is None when it was closed
        why = getattr(error, "strerror", "it is closed")
        raise ClientError(f"cannot read standard input: {why}", _CANNOT_READ) from None


def write_answer(data: bytes) -> None:
    """Write a part of an answer's body as it is. Raises ClientError."""
    try:
        write_all(sys.stdout, data)
    except OSError as error:
        why = error.strerror
        raise ClientError(f"cannot write standard output: {why}", _CANNOT_WRITE) from None
