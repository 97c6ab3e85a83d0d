"""Flags that do nothing without another one."""

from __future__ import annotations

from collections.abc import Mapping

import click

from gomicro.config import EVERY_OPTION, Resolved

__all__ = ["refuse_in_vain"]


def refuse_in_vain(flags: Mapping[str, object], resolved: Resolved) -> None:
    """Raise UsageError for a flag of workers where there are none, or of reloading where nothing
    is watched. A variable or the file may say such things for another time.
    """
    reloads = resolved.app.reload
    in_force = {
        "Workers": ("workers", reloads or resolved.config.workers is not None),
        "Reloading": ("reload", reloads),
    }
    for option in EVERY_OPTION:
        needed, there = in_force.get(option.group, ("", True))
        if not there and option.field != needed and flags.get(option.field) not in (None, ()):
            raise click.UsageError(f"{option.flag} does nothing without --{needed}.")
