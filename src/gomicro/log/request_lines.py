"""The lines of requests: what is the same in most of them is rendered once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gomicro.log.form import Now, Render

__all__ = ["RequestKey", "RequestLines", "request_line_fields"]

_MOST: Final = 256
"""Lines that are known, and those that have come once."""

_LONGEST_PATH: Final = 256

_THOUSAND: Final = tuple(f"{number:03d}" for number in range(1000))

# What is new in each line, in their order, as nobody else would write it.
_TIME: Final = "@the time@"
_DURATION: Final = 0.987654321
_CLIENT: Final = "@the client@"
_ID: Final = "@the request@"
_NEW: Final = (_TIME, str(_DURATION), _CLIENT, _ID)

RequestKey = tuple[str, str, int, int]
"""The method and path of a request, and the status and bytes of its response."""


def request_line_fields(
    key: RequestKey, duration: float, client: str, request_id: str
) -> dict[str, Any]:
    """The fields of a request's line, in their order; `duration` is in seconds."""
    method, path, status, sent = key
    return {
        "method": method,
        "path": path,
        "status": status,
        "bytes": sent,
        "duration": duration,
        "client": client,
        "request_id": request_id,
    }


class RequestLines:
    """Renders the lines of requests, of which it remembers what stands around what is new, from
    the second time on. Bounded in number and size.
    """

    def __init__(self, now: Now, render: Render) -> None:
        self._now = now
        self._render = render
        self._known: dict[RequestKey, list[str]] = {}
        self._seen: set[RequestKey] = set()
        self._learns = True

    def line(
        self,
        head: Mapping[str, str],
        key: RequestKey,
        micros: int,
        client: str,
        request_id: str,
    ) -> bytes:
        """A line. `head`: its level, logger and event. `client` and `request_id` need no escape in
        JSON.
        """
        parts = self._known.get(key)
        if parts is None:
            self._learn(head, key)
        if parts is None or micros >= 1_000_000:
            return self._rendered(head, key, self._now(), micros / 1e6, client, request_id)
        return (
            f"{parts[0]}{self._now()}{parts[1]}"
            f"0.{_THOUSAND[micros // 1000]}{_THOUSAND[micros % 1000]}"
            f"{parts[2]}{client}{parts[3]}{request_id}{parts[4]}"
        ).encode()

    def _rendered(
        self,
        head: Mapping[str, str],
        key: RequestKey,
        time: str,
        duration: float,
        client: str,
        request_id: str,
    ) -> bytes:
        fields = request_line_fields(key, duration, client, request_id)
        return self._render({"time": time, **head, **fields})

    def _learn(self, head: Mapping[str, str], key: RequestKey) -> None:
        if not self._learns or len(key[1]) > _LONGEST_PATH:
            return
        if key not in self._seen:
            if len(self._seen) >= _MOST:
                self._seen.clear()
            self._seen.add(key)
            return
        line = self._rendered(head, key, _TIME, _DURATION, _CLIENT, _ID).decode()
        if str(_DURATION) not in line:
            self._learns = False  # these lines are for people
        elif all(line.count(new) == 1 for new in _NEW):
            if len(self._known) >= _MOST:
                self._known.clear()
            parts = []
            for new in _NEW:
                part, _, line = line.partition(new)
                parts.append(part)
            self._known[key] = [*parts, line]
