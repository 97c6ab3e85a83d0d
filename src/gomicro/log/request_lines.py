"""The lines of requests: what is the same in most of them is rendered once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gomicro.log.form import Render
from gomicro.log.learned_line import Around

__all__ = ["RequestKey", "RequestLines", "request_line_fields"]

_MOST: Final = 256
"""Lines that are known, and those that have come once."""

_LONGEST_PATH: Final = 256

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
    """Learns what stands around what is new in the lines of requests. Bounded in number and size.

    `known` has it for the requests that have come twice. A line of theirs is made by putting in the
    new, as long as the client and the id need no escape in JSON.
    """

    def __init__(self, render: Render) -> None:
        self.known: dict[RequestKey, Around] = {}
        self._render = render
        self._seen: set[RequestKey] = set()
        self._learns = True

    def learn(self, head: Mapping[str, str], key: RequestKey) -> None:
        """One that is not known has come. `head`: the level, logger and event of its line."""
        if not self._learns or len(key[1]) > _LONGEST_PATH:
            return
        if key not in self._seen:
            if len(self._seen) >= _MOST:
                self._seen.clear()
            self._seen.add(key)
            return
        fields = request_line_fields(key, _DURATION, _CLIENT, _ID)
        line = self._render({"time": _TIME, **head, **fields}).decode()
        if str(_DURATION) not in line:
            self._learns = False  # these lines are for people
        elif all(line.count(new) == 1 for new in _NEW):
            if len(self.known) >= _MOST:
                self.known.clear()
            before, _, line = line.partition(_TIME)
            to_duration, _, line = line.partition(str(_DURATION))
            to_client, _, line = line.partition(_CLIENT)
            to_id, _, after = line.partition(_ID)
            self.known[key] = before, f"Z{to_duration}0.", to_client, to_id, after
