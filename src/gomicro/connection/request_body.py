"""The body of a request on its way from the connection to the application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gomicro.connection.state import Theirs

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    Message = MutableMapping[str, Any]

__all__ = ["RequestBody"]


class RequestBody:
    """What has come of a body waits here until the application receives it.

    Nothing waits, neither a peer nor an application: whoever feeds looks at `waiting`.
    """

    __slots__ = ("_parts", "state", "waiting")

    def __init__(self) -> None:
        self.state = Theirs.COMING
        self.waiting = 0
        """Bytes that the application has not received."""
        self._parts: list[bytes] = []

    def feed(self, part: bytes, *, ended: bool) -> None:
        """Take a part of the body; `ended`: it is the last."""
        if part and self.state is not Theirs.UNREAD:
            self._parts.append(part)
            self.waiting += len(part)
        if ended:
            self.state = self.state.ended

    def fail(self) -> None:
        """The rest of the body will never come. What has come can still be received."""
        self.state = self.state.failed

    def drop(self) -> None:
        """Nobody will receive what waits, and what still comes."""
        self.state = self.state.unwanted
        self._parts.clear()
        self.waiting = 0

    def next_message(self) -> Message | None:
        """ASGI's `http.request` with all that waits, or None if there is nothing to say now."""
        if not self._parts and self.state is not Theirs.READY:
            return None
        body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts.clear()
        self.waiting = 0
        if self.state is Theirs.READY:
            self.state = self.state.delivered
        return {
            "type": "http.request",
            "body": body,
            "more_body": self.state is not Theirs.DELIVERED,
        }
