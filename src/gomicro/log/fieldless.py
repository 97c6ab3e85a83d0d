"""Lines without fields: only their time is new each time, and the id of their request."""

from __future__ import annotations

import re
from typing import Final

from gomicro.log.form import Now, Render

__all__ = ["Fieldless"]

_KNOWN_LINES: Final = 256
_KNOWN_SIZE: Final = 512

_AS_IT_IS: Final = re.compile(r"[0-9A-Za-z_.-]+\Z").match
"""An id that no renderer escapes or quotes."""


class Fieldless:
    """Renders the lines of one level, of which it remembers what stands around what is new."""

    def __init__(self, level: str, now: Now, render: Render) -> None:
        self._level = level
        self._now = now
        self._render = render
        self._known: dict[tuple[str, str], tuple[bytes, bytes]] = {}
        self._known_in_requests: dict[tuple[str, str], tuple[bytes, bytes, bytes]] = {}

    def line(self, logger: str, event: str, names: dict[str, str]) -> bytes:
        """A line with no fields but `names`, those of a request: see `Identified`."""
        if not names:
            around = self._known.get((logger, event))
            if around is not None:
                return around[0] + self._now().encode() + around[1]
            return self._learn(logger, event)
        name = names["request_id"]
        if len(names) > 1 or _AS_IT_IS(name) is None:
            return self._rendered(self._now(), logger, event, names)
        parts = self._known_in_requests.get((logger, event))
        if parts is not None:
            return b"".join((parts[0], self._now().encode(), parts[1], name.encode(), parts[2]))
        return self._learn_in_request(logger, event, names)

    def _rendered(self, time: str, logger: str, event: str, names: dict[str, str]) -> bytes:
        head = {"time": time, "level": self._level, "logger": logger, "event": event}
        return self._render({**head, **names})

    def _learn(self, logger: str, event: str) -> bytes:
        time = self._now()
        line = self._rendered(time, logger, event, {})
        before, found, after = line.partition(time.encode())
        if found and len(line) <= _KNOWN_SIZE:
            if len(self._known) >= _KNOWN_LINES:
                self._known.clear()
            self._known[logger, event] = before, after
        return line

    def _learn_in_request(self, logger: str, event: str, names: dict[str, str]) -> bytes:
        time = self._now()
        line = self._rendered(time, logger, event, names)
        before, found, rest = line.partition(time.encode())
        between, found_too, after = rest.rpartition(names["request_id"].encode())
        if found and found_too and len(line) <= _KNOWN_SIZE:
            if len(self._known_in_requests) >= _KNOWN_LINES:
                self._known_in_requests.clear()
            self._known_in_requests[logger, event] = before, between, after
        return line
