"""An option that holds several texts."""

from __future__ import annotations

import json
from typing import Any

from gomicro.config.kinds import Kind, Text
from gomicro.text import escape_toml

__all__ = ["Several"]


class Several(Kind):
    """Texts, of which a flag has one each time; a variable separates them by commas."""

    repeated = True

    def __init__(self, metavar: str, *, paths: str = "", what: str = "texts") -> None:
        self.metavar = metavar
        self.paths = paths
        self._what = what

    def parse(self, text: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in text.split(",") if part.strip())

    def check(self, value: object) -> None:
        if not isinstance(value, tuple | list):
            raise ValueError(f"want a list of {self._what}, not {value!r}")
        for text in value:
            Text().check(text)

    def literal(self, value: Any) -> str:
        return escape_toml(json.dumps(list(value), ensure_ascii=False))
