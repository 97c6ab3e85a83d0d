"""What an option's value may be: how it is read from text, checked, and shown.

A kind's `parse` turns the text of a flag or a variable into a value, `check` says whether a value
is usable (also one a program passed to ServerConfig), and `literal` writes it in TOML. The first
two raise ValueError with a text that says what would be right.
"""

from __future__ import annotations

import json
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, TypeGuard

from gomicro.text import escape_toml
from gomicro.units import (
    MAX_DURATION,
    MAX_SIZE,
    format_duration,
    format_size,
    parse_duration,
    parse_size,
)

__all__ = [
    "MAX_PORT",
    "Choice",
    "Count",
    "Directory",
    "Duration",
    "File",
    "Kind",
    "Networks",
    "Port",
    "RootPath",
    "Size",
    "Switch",
    "Text",
    "Workers",
    "is_whole",
]

MAX_PORT = 65535

# Control characters, and the surrogates Python puts for bytes of a command line that are no UTF-8.
_UNUSABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


class Kind(ABC):
    """One sort of value.

    `spelled`: a configuration file may write the value as a string. `listed`: it may write it as a
    list of them. `repeated`: a flag may be given more than once. `words` and `paths` (file or dir)
    are what a shell may complete.
    """

    metavar = "TEXT"
    spelled = True
    listed = False
    repeated = False
    words: tuple[str, ...] = ()
    paths = ""

    @abstractmethod
    def parse(self, text: str) -> object:
        """The value `text` stands for; it may still fail `check`."""

    @abstractmethod
    def check(self, value: object) -> None:
        """Raise ValueError unless `value` can be used."""

    def literal(self, value: Any) -> str:
        """`value` as TOML."""
        return escape_toml(json.dumps(value, ensure_ascii=False))

    def shown(self, value: Any) -> str:
        """`value` as one would write it on the command line."""
        return str(value)


class Text(Kind):
    """Any text without control characters."""

    def __init__(self, metavar: str = "TEXT") -> None:
        self.metavar = metavar

    def parse(self, text: str) -> str:
        return text

    def check(self, value: object) -> None:
        if not isinstance(value, str):
            raise ValueError(f"want text, not {value!r}")
        if _UNUSABLE.search(value):
            raise ValueError(f"want text in UTF-8 without control characters, not {value!r}")


class File(Text):
    """The path of a file, which is read when it is needed."""

    paths = "file"

    def __init__(self, metavar: str = "FILE") -> None:
        super().__init__(metavar)


class Directory(Text):
    """The path of a directory."""

    paths = "dir"

    def __init__(self) -> None:
        super().__init__("DIRECTORY")


class Networks(Text):
    """IP addresses, networks and unix:, separated by commas; or *, which is all."""

    listed = True

    def __init__(self) -> None:
        super().__init__("ADDRESSES")

    def check(self, value: object) -> None:
        super().check(value)
        if value in ("", "*"):
            return
        from ipaddress import ip_network

        parts = [part.strip() for part in str(value).split(",")]
        for part in parts:
            try:
                if part != "unix:":
                    ip_network(part)
            except ValueError as error:
                raise ValueError(
                    "want IP addresses and networks, such as 10.0.0.0/8,::1, and unix: for Unix "
                    f"sockets, or * alone for all: {error}"
                ) from None


class RootPath(Text):
    """The path a proxy serves the application under."""

    def check(self, value: object) -> None:
        super().check(value)
        if value and not str(value).startswith("/"):
            raise ValueError(f"want a path that starts with /, such as /api, not {value!r}")


class Choice(Kind):
    """One of a few words, in any case on the command line, where `also` are taken for them too."""

    def __init__(self, *words: str, also: Mapping[str, str] | None = None) -> None:
        self.words = words
        self.metavar = f"[{'|'.join(words)}]"
        self._also = also or {}

    def parse(self, text: str) -> str:
        return self._also.get(text.lower(), text.lower())

    def check(self, value: object) -> None:
        if value not in self.words:
            raise ValueError(f"want one of {', '.join(self.words)}, not {value!r}")


class Switch(Kind):
    """On or off."""

    metavar = "BOOLEAN"
    spelled = False
    _words = dict.fromkeys(("1", "true", "yes", "on"), True) | dict.fromkeys(
        ("0", "false", "no", "off"), False
    )

    def parse(self, text: str) -> object:
        return self._words.get(text.lower(), text)

    def check(self, value: object) -> None:
        if not isinstance(value, bool):
            raise ValueError(f"want true or false, not {value!r}")

    def shown(self, value: Any) -> str:
        return "on" if value else "off"


class Count(Kind):
    """A whole number of things; 0 means no limit."""

    metavar = "NUMBER"
    spelled = False

    def parse(self, text: str) -> object:
        return int(text) if re.fullmatch("[0-9]{1,9}", text) else text

    def check(self, value: object) -> None:
        if not is_whole(value) or not 0 <= value < 1_000_000_000:
            raise ValueError(f"want a whole number, or 0 for no limit, not {value!r}")


class Workers(Kind):
    """How many processes serve, or auto for as many as there are processors; None allowed."""

    metavar = "NUMBER|auto"
    words = ("auto",)
    most = 256

    def parse(self, text: str) -> object:
        return int(text) if re.fullmatch("[0-9]{1,9}", text) else text.lower()

    def check(self, value: object) -> None:
        if value is None or value == "auto":
            return
        if not is_whole(value) or not 1 <= value <= self.most:
            raise ValueError(f"want auto, or a number from 1 to {self.most}, not {value!r}")


class Port(Kind):
    """A TCP port; 0 lets the system pick a free one. `optional` allows None as well."""

    metavar = "PORT"
    spelled = False

    def __init__(self, *, optional: bool = False) -> None:
        self.optional = optional

    def parse(self, text: str) -> object:
        return int(text) if re.fullmatch("[0-9]{1,9}", text) else text

    def check(self, value: object) -> None:
        if value is None and self.optional:
            return
        if not is_whole(value) or not 0 <= value <= MAX_PORT:
            raise ValueError(
                f"want a port from 1 to {MAX_PORT}, or 0 for a free one, not {value!r}"
            )


class Duration(Kind):
    """Seconds, written as Go writes durations; 0 means none, else they are at least `least`.
    `optional` allows None as well.
    """

    metavar = "DURATION"

    def __init__(self, *, least: float = 0.0, optional: bool = False) -> None:
        self.least = least
        self.optional = optional

    def parse(self, text: str) -> float:
        return parse_duration(text)

    def check(self, value: object) -> None:
        if value is None and self.optional:
            return
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"want a number of seconds, not {value!r}")
        if math.isnan(value) or not 0 <= value <= MAX_DURATION:
            raise ValueError(f"want 0 (none) or more seconds, up to 292 years, not {value!r}")
        if 0 < value < self.least:
            raise ValueError(f"want 0 (none), or {self.least:g} or more seconds, not {value!r}")

    def literal(self, value: Any) -> str:
        return json.dumps(self.shown(value), ensure_ascii=False)

    def shown(self, value: Any) -> str:
        return format_duration(value)


class Size(Kind):
    """Bytes, at least `least`."""

    metavar = "SIZE"

    def __init__(self, *, least: int = 0) -> None:
        self.least = least

    def parse(self, text: str) -> int:
        return parse_size(text)

    def check(self, value: object) -> None:
        if not is_whole(value) or not self.least <= value <= MAX_SIZE:
            raise ValueError(f"want {self.least} or more whole bytes, not {value!r}")

    def literal(self, value: Any) -> str:
        return json.dumps(self.shown(value))

    def shown(self, value: Any) -> str:
        return format_size(value)


def is_whole(value: object) -> TypeGuard[int]:
    """Whether it is an int that is no bool."""
    return isinstance(value, int) and not isinstance(value, bool)
