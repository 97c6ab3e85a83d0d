"""Lines without fields: only their time is new each time, and the id of their request."""

from __future__ import annotations

from time import monotonic
from typing import Final

from gomicro.log.form import Now, Render
from gomicro.log.learned_line import DatedLine

__all__ = ["Fieldless"]

_KNOWN_LINES: Final = 256
_LONGEST_EVENT: Final = 256

# What is new in each line, as nobody else would write it.
_TIME: Final = "-the.time-"
_NAME: Final = "-the.request-"

_Parts = tuple[str, str, str]
"""What stands before the time, between it and the name, and after that."""


class Fieldless:
    """Renders the lines of one level, of which it remembers what stands around what is new. Known
    ones that are for machines are made when they are written.
    """

    def __init__(self, level: str, now: Now, render: Render) -> None:
        self._level = level
        self._now = now
        self._render = render
        self._later = False  # whether the time of known lines is as `LineJoiner` tells it
        self._known: dict[tuple[str, str], _Parts] = {}
        self._known_in_requests: dict[tuple[str, str], _Parts] = {}

    def line(self, logger: str, event: str, name: str) -> bytes | DatedLine:
        """A line with no fields; `name` is its request's only one, as `Identified` has it, or ""
        outside of one.
        """
        known = self._known_in_requests if name else self._known
        parts = known.get((logger, event))
        if parts is not None and self._later:
            return parts, monotonic(), name
        time = self._now()
        if parts is None:
            if len(event) > _LONGEST_EVENT:
                return self._rendered(time, logger, event, name)
            parts = self._parts(logger, event, _NAME if name else "")
            if len(known) >= _KNOWN_LINES:
                known.clear()
            known[logger, event] = parts
            self._later = time.endswith("Z")
        before, between, after = parts
        return f"{before}{time}{between}{name}{after}".encode()

    def _rendered(self, time: str, logger: str, event: str, name: str) -> bytes:
        head = {"time": time, "level": self._level, "logger": logger, "event": event}
        return self._render({**head, "request_id": name} if name else head)

    def _parts(self, logger: str, event: str, name: str) -> _Parts:
        line = self._rendered(_TIME, logger, event, name).decode()
        before, _, rest = line.partition(_TIME)
        between, _, after = rest.rpartition(name) if name else (rest, "", "")
        return before, between, after
