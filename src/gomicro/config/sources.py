"""Where a value comes from: flag before environment before file before default."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gomicro.config.app_config import AppConfig
from gomicro.config.kinds import Text
from gomicro.config.option import PREFIX, Option, options
from gomicro.config.routes import RouteConfig, check_routes
from gomicro.config.served import APPLICATION, BUILT_IN, RequestTimeouts
from gomicro.config.server_config import ServerConfig
from gomicro.config.ways import overridden
from gomicro.errors import ConfigError

__all__ = [
    "CONFIG_VARIABLE",
    "EVERY_OPTION",
    "SEAT_VARIABLE",
    "Resolved",
    "resolve",
    "route_table",
]


CONFIG_VARIABLE = "GOMICRO_SERVE_CONFIG"
"""The environment variable that stands for --config."""

SEAT_VARIABLE = "GOMICRO_FLEET_SEAT"
"""The environment variable by which a supervisor hands a worker its seat; no option of a user's."""

_OF_A_SERVICE = "_(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT_[0-9]+_[A-Z]+(_(PROTO|PORT|ADDR))?)$"
"""How the variables end that Kubernetes sets for each Service of a namespace."""

EVERY_OPTION = (*options(AppConfig), *options(ServerConfig))
"""What `gomicro serve` can be told, in the order in which it is told about."""

_TABLE = "serve"
_ROUTES = "routes"

_FILE = 9
"""How far a file is: more than any flag or variable."""


@dataclass(frozen=True)
class Resolved:
    """The configuration in force, and for each field the place its value came from."""

    config: ServerConfig
    origins: Mapping[str, str]
    app: AppConfig = field(default_factory=AppConfig)

    def settled(self) -> Resolved:
        """The same with each deadline of a request set, as it is or else as what is served has it.
        Its origin then says what stands for what.
        """
        unset = APPLICATION if self.app.app else BUILT_IN
        declared = {option.field: option for option in options(ServerConfig)}
        origins = dict(self.origins)
        for name in RequestTimeouts._fields:
            if getattr(self.config, name) is None:
                origins[name] = f"{origins[name]}: {declared[name].unset}"
        return Resolved(self.config.settled(unset), origins, self.app)


@dataclass(frozen=True)
class _Given:
    """A value as found: text still to be read, or a value of TOML or of a yes/no flag.

    `far` grows from the nearest source to the farthest.
    """

    value: object
    origin: str
    where: str
    far: int


def resolve(
    flags: Mapping[str, object], environment: Mapping[str, str], file: str | None
) -> Resolved:
    """Settle every option.

    `flags` holds what the command line said by field name, None for what it did not say; `file`
    is what --config said. An empty variable counts as not set. Raises ConfigError, one line that
    names the source of the bad value and says what would be right.
    """
    _refuse_unknown(environment)
    path = file or environment.get(CONFIG_VARIABLE)
    table = _read(path, "--config" if file else CONFIG_VARIABLE) if path else {}
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    said: dict[str, int] = {}
    for option in EVERY_OPTION:
        given = (
            _from_flag(option, flags)
            or _from_environment(option, environment)
            or _from_file(option, table, path)
        )
        if given:
            values[option.field] = value = _value(option, given)
            # A port that is the usual one may be meant; in a file it is what --print-config wrote.
            if value != option.default or (option.field == "port" and given.far < _FILE):
                said[option.field] = given.far
        origins[option.field] = given.origin if given else "default"
    for name in overridden(said):
        del values[name]
        origins[name] = "default"
    of_app = {
        option.field: values.pop(option.field, option.default) for option in options(AppConfig)
    }
    values["routes"] = _routes(table, path)
    origins["routes"] = f"file {path}" if values["routes"] else "default"
    return Resolved(ServerConfig(**values), origins, AppConfig(**of_app))


def _from_flag(option: Option, flags: Mapping[str, object]) -> _Given | None:
    value = flags.get(option.field)
    kind = "argument" if option.argument else "flag"
    if value is None or value == ():  # of a flag that may be repeated
        return None
    return _Given(value, f"{kind} {option.flag}", option.flag, far=0)


def _from_environment(option: Option, environment: Mapping[str, str]) -> _Given | None:
    for far, name in enumerate(option.environment, start=1):
        text = environment.get(name)
        if text and not _injected(name, text):
            return _Given(text, f"environment {name}", name, far)
    return None


def _injected(name: str, text: str) -> bool:
    """Whether Kubernetes set the variable: beside a Service gomicro-serve every pod is given
    GOMICRO_SERVE_PORT=tcp://address:port, GOMICRO_SERVE_SERVICE_HOST and the like, and beside a
    Service gomicro-serve-web the same with its name, which nobody meant as options.
    """
    return (name.endswith("_PORT") and "://" in text) or bool(re.search(_OF_A_SERVICE, name))


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    known = ["CONFIG", *(option.field.upper() for option in EVERY_OPTION)]
    for name, text in environment.items():
        rest = name.removeprefix(PREFIX)
        if rest not in (name, *known) and text and not _injected(name, text):
            hint = _near(rest, known, PREFIX)
            raise ConfigError(f"{name}: no option has this environment variable{hint}")


def _near(word: str, known: Iterable[str], prefix: str = "") -> str:
    """A hint at what may have been meant, or at all there is; `prefix` is before each of them."""
    import difflib

    near = difflib.get_close_matches(word, known, n=1)
    if near:
        return f"; did you mean {prefix}{near[0]}?"
    return f"; known are {', '.join(prefix + name for name in known)}"


def _from_file(
    option: Option, table: Mapping[str, object], path: str | None, name: str = _TABLE
) -> _Given | None:
    if option.key not in table:
        return None
    value = table[option.key]
    where = f"{path}: [{name}] {option.key}"
    if isinstance(value, str) and not option.kind.spelled:
        value = _Quoted(value)
    elif option.kind.listed and isinstance(value, list):
        value = ",".join(map(str, value))
    return _Given(value, f"file {path}", where, _FILE)


class _Quoted:
    """A TOML string where the option wants another type; no check accepts it."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return f"the string {self._text!r}"


def _value(option: Option, given: _Given) -> object:
    try:
        value = option.kind.parse(given.value) if isinstance(given.value, str) else given.value
        option.kind.check(value)
    except ValueError as error:
        raise ConfigError(f"{given.where}: {error}") from None
    return tuple(value) if isinstance(value, list) else value  # as TOML has it


def _read(path: str, named_by: str) -> Mapping[str, object]:
    """The [serve] table of the file, its keys spelled as flags are; {} if it has none."""
    import tomllib  # most services are configured without a file

    try:
        document = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({named_by}): {error.strerror}") from None
    except ValueError as error:  # bad TOML, bad UTF-8, or a NUL in the path
        raise ConfigError(f"{path}: is not a TOML file ({named_by}): {error}") from None
    for name in document:
        if name != _TABLE:
            raise ConfigError(
                f"{path}: unknown key {name!r}: the one table is [{_TABLE}], options go inside it"
            )
    table = document.get(_TABLE, {})
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: {_TABLE} must be a table, [{_TABLE}]")
    return _checked_keys(path, table, [*(option.key for option in EVERY_OPTION), _ROUTES])


def _routes(table: Mapping[str, object], path: str | None) -> dict[str, RouteConfig]:
    """The tables of the routes, by their patterns."""
    tables, found = table.get(_ROUTES, {}), {}
    if not isinstance(tables, dict):
        raise ConfigError(f"{path}: [{_TABLE}] {_ROUTES} must be tables, [{route_table('/PATH')}]")
    for pattern, own in tables.items():
        name = route_table(pattern)
        if not isinstance(own, dict):
            raise ConfigError(f"{path}: {_ROUTES}.{pattern} must be a table, [{name}]")
        known = options(RouteConfig)
        own = _checked_keys(f"{path}", own, [option.key for option in known], name)
        values: dict[str, Any] = {}
        for option in known:
            given = _from_file(option, own, path, name)
            if given:
                values[option.field] = _value(option, given)
        found[pattern] = RouteConfig(**values)
    if found:
        check_routes(found, f"{path}: [{_TABLE}.{_ROUTES}]")
    return found


def route_table(pattern: str) -> str:
    """The name of a route's table in the file."""
    return f"{_TABLE}.{_ROUTES}.{Text().literal(pattern)}"


def _checked_keys(
    path: str, table: Mapping[str, object], known: Iterable[str], name: str = _TABLE
) -> Mapping[str, object]:
    found: dict[str, object] = {}
    for spelled, value in table.items():
        key = spelled.replace("_", "-")
        if key not in known:
            raise ConfigError(f"{path}: [{name}] unknown key {spelled!r}{_near(key, known)}")
        if key in found:
            raise ConfigError(f"{path}: [{name}] {key} is set twice, with - and with _")
        found[key] = value
    return found
