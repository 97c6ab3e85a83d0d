"""What a program's fleet tells its workers on their command line, as text."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, NamedTuple

from gomicro.config import RouteConfig, ServerConfig

__all__ = ["Told"]


class Told(NamedTuple):
    """What a worker serves, and how; `config` by its fields, which only its user reads again."""

    app: str
    factory: bool
    websockets: bool
    fields: dict[str, Any]

    @classmethod
    def of(cls, app: str, config: ServerConfig, *, factory: bool, websockets: bool) -> Told:
        fields = {one.name: getattr(config, one.name) for one in dataclasses.fields(config)}
        routes = {pattern: dataclasses.asdict(own) for pattern, own in config.routes.items()}
        return cls(app, factory, websockets, {**fields, "routes": routes})

    def text(self) -> str:
        return json.dumps(self)

    @classmethod
    def read(cls, text: str) -> Told:
        return cls(*json.loads(text))

    def config(self) -> ServerConfig:
        """The configuration. Raises ConfigError where its code, as it is now, takes it no more."""
        routes = {pattern: RouteConfig(**own) for pattern, own in self.fields["routes"].items()}
        return ServerConfig(**{**self.fields, "routes": routes})
