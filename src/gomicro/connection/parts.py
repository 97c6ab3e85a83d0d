"""A response that is sent in parts, as they come: those of one turn of the loop leave together.

A write is a call of the system, which costs more than all else that is done for a part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gomicro.connection.http1 import HTTP1
    from gomicro.http1.framing import Framing

__all__ = ["MOST_WAITING", "Parts"]

MOST_WAITING: Final = 16_384
"""Bytes of parts that wait for the others of their turn."""


class Parts:
    """The parts of one response on their way to the transport.

    The first that is added in a turn goes at once, since there may be no other. What follows it
    waits for the turn's end, unless it is much.
    """

    __slots__ = ("_connection", "_size", "_waiting", "framing")

    def __init__(self, connection: HTTP1, framing: Framing) -> None:
        self._connection = connection
        self.framing = framing
        self._waiting: list[bytes] | None = None  # None before the first of a turn
        self._size = 0

    def add(self, part: bytes) -> None:
        """Write a part, as it goes on the wire, in this turn of the loop."""
        if self._waiting is None:
            self._waiting = []
            connection = self._connection
            connection.service.soon(connection.deadlines.loop, self._end_turn)
            self._write(part)
            return
        self._waiting.append(part)
        self._size += len(part)
        if self._size > MOST_WAITING:
            self.flush()

    def end(self, part: bytes) -> None:
        """Write the last part, and all that waits before it."""
        if self._waiting:
            self._waiting.append(part)
            self.flush()
        else:
            self._write(part)

    def flush(self) -> None:
        """Write what waits."""
        if self._waiting:
            data = b"".join(self._waiting)
            self._waiting.clear()
            self._size = 0
            self._write(data)

    def _end_turn(self) -> None:
        self.flush()
        self._waiting = None

    def _write(self, data: bytes) -> None:
        self._connection.write(data)
        events = self._connection.stream.events
        if events is not None:
            events.sent(len(data))
