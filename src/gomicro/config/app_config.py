"""AppConfig: which application the command serves."""

from __future__ import annotations

import dataclasses

from gomicro.config.kinds import Directory, Switch, Text
from gomicro.config.option import option, options
from gomicro.config.several import Several
from gomicro.errors import ConfigError

__all__ = ["AppConfig"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class AppConfig:
    """Which application `gomicro serve` serves, and whether its code is watched; a program gives
    `Server` its own.

    Raises ConfigError, which says what would be right, for a value that cannot be used.
    """

    app: str = option(
        "",
        Text("APP"),
        "ASGI application to serve: module:name, a module or a file.",
        unset="hello and goodbye",
        group="Application",
        argument="APP",
    )
    factory: bool = option(
        False, Switch(), "APP is a function that makes the application.", group="Application"
    )
    app_dir: str = option(
        "",
        Directory(),
        "Directory to import APP from, before the current one.",
        unset="none",
        group="Application",
    )

    reload: bool = option(
        False,
        Switch(),
        "Serve with one worker, and replace it when code changes; for development.",
        group="Reloading",
    )
    reload_dir: tuple[str, ...] = option(
        (),
        Several("DIRECTORY", paths="dir"),
        "Directory that is watched for changes, as often as wanted.",
        unset="where APP is imported from",
        group="Reloading",
    )
    reload_include: tuple[str, ...] = option(
        (),
        Several("PATTERN"),
        "Files that count as code beside *.py, as often as wanted.",
        unset="none",
        group="Reloading",
    )
    reload_exclude: tuple[str, ...] = option(
        (),
        Several("PATTERN"),
        "Files and directories that do not count, as often as wanted.",
        unset="none",
        group="Reloading",
    )

    def __post_init__(self) -> None:
        for declared in options(type(self)):
            try:
                declared.kind.check(getattr(self, declared.field))
            except ValueError as error:
                raise ConfigError(f"{declared.field}: {error}") from None
        for field in ("reload_dir", "reload_include", "reload_exclude"):
            object.__setattr__(self, field, tuple(getattr(self, field)))
        if self.factory and not self.app:
            raise ConfigError("--factory needs APP, the function that makes the application")
