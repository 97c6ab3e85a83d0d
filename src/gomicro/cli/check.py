"""`gomicro check`: whether a service is ready, as an exit status."""

from __future__ import annotations

import os
from urllib.parse import quote

import click

from gomicro.cli.output import Command
from gomicro.cli.say import duration, write_answer
from gomicro.client import exchange, parse_url
from gomicro.terminal import tell

__all__ = ["check"]

_ADMIN = "GOMICRO_SERVE_ADMIN_"

_ANY = ("", "0.0.0.0", "::")  # noqa: S104 -- where a service listens, not this command


@click.command(cls=Command, short_help="Ask a running service whether it is ready.")
@click.option(
    "--url",
    metavar="URL",
    help="What to ask. [default: /readyz of the admin listener that `serve` has here]",
)
@click.option(
    "--timeout",
    metavar="DURATION",
    default="5s",
    show_default=True,
    callback=duration,
    help="Longest time for the whole exchange; 0 means no limit.",
)
@click.option("-v", "--verbose", is_flag=True, help="Show the exchange on standard error.")
def check(url: str | None, timeout: float, verbose: bool) -> None:
    """Ask a running service whether it is ready, and print its answer.

    For a HEALTHCHECK and an ExecStartPost. The exit status is 0 if the status of the answer is
    below 400; else curl's for the same outcome, as with hello: 22 if it is not, 7 no connection,
    28 timed out.
    """
    base, mark, query = (url or _readyz()).partition("?")
    target = parse_url(base)
    slash = "/" if base.endswith("/") or not target.path else ""
    exchange(
        target,
        "GET",
        slash + mark + quote(query, safe="%/?:@!$&'()*+,;=~", errors="surrogateescape"),
        timeout=timeout,
        write=write_answer,
        trace=tell if verbose else lambda line: None,
    )


def _readyz() -> str:
    """The admin listener of a service with the same environment."""
    port = os.environ.get(f"{_ADMIN}PORT", "")
    if not port or "://" in port:  # which is Kubernetes' (see config/sources.py)
        raise click.UsageError(
            f"nothing says where the admin listener is: set {_ADMIN}PORT, as for serve, or give "
            "--url"
        )
    host = os.environ.get(f"{_ADMIN}HOST", "")
    host = "localhost" if host in _ANY else f"[{host}]" if ":" in host else host
    return f"http://{host}:{port}/readyz"
