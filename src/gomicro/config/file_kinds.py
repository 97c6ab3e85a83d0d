"""Kinds of options that are about open files and their permissions."""

from __future__ import annotations

import json
import re
from typing import Any

from gomicro.config.kinds import Kind, is_whole

__all__ = ["FileDescriptor", "Permissions"]


class FileDescriptor(Kind):
    """The number of a descriptor that the process was started with; None for none."""

    metavar = "NUMBER"
    spelled = False

    def parse(self, text: str) -> object:
        return int(text) if re.fullmatch("[0-9]{1,9}", text) else text

    def check(self, value: object) -> None:
        if value is not None and (not is_whole(value) or not 0 <= value < 1_000_000_000):
            raise ValueError(f"want the number of an open descriptor, such as 3, not {value!r}")


class Permissions(Kind):
    """A file's permissions, written in octal; None for what the umask leaves."""

    metavar = "MODE"

    def parse(self, text: str) -> object:
        return int(text, 8) if re.fullmatch("[0-7]{3,4}", text) else text

    def check(self, value: object) -> None:
        if value is not None and (not is_whole(value) or not 0 <= value <= 0o777):
            raise ValueError(f"want permissions in octal, such as '660', not {value!r}")

    def literal(self, value: Any) -> str:
        return json.dumps(self.shown(value))

    def shown(self, value: Any) -> str:
        return f"{value:o}"
