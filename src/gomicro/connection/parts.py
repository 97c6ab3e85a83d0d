"""A response that is sent in parts, as they come: those of one turn of the loop leave together.

A write is a call of the system, which costs more than all else that is done for a part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gomicro.connection.turns import TURN

if TYPE_CHECKING:
    from gomicro.connection.http1 import HTTP1
    from gomicro.http1.framing import Framing

__all__ = ["MOST_WAITING", "WORTH", "Parts"]

MOST_WAITING: Final = 16_384
"""Bytes of parts that wait for the others of their turn."""

WORTH: Final = 256
"""Bytes that each part counts for beside its own: those that are small, or empty, take time too."""


class Parts:
    """The parts of one response on their way to the transport.

    The first that is added in a turn goes at once, since there may be no other. What follows it
    waits for the turn's end, unless it is much.
    """

    __slots__ = ("_connection", "_in_turn", "_size", "_taken", "_waiting", "framing")

    def __init__(self, connection: HTTP1, framing: Framing) -> None:
        self._connection = connection
        self.framing = framing
        self._waiting: list[bytes] = []
        self._size = 0  # bytes of what waits
        self._taken = 0  # what the application's parts in this turn count for, at least
        self._in_turn = False  # whether the turn's end is waited for

    def add(self, part: bytes) -> None:
        """Write a part, as it goes on the wire, in this turn of the loop."""
        size = len(part)
        if size > MOST_WAITING and not self._waiting:
            self._write(part)
        elif not self._in_turn:
            self._await_end()
            self._write(part)
        else:
            self._waiting.append(part)
            self._size += size
            if self._size > MOST_WAITING:
                self.flush()

    def full(self, size: int) -> bool:
        """Whether the turn of this response is over with a part of that many bytes.

        To wait for the turn's end has a price: it is done where another part like this would be
        too much. Until then parts of earlier turns may be counted.
        """
        size += WORTH
        self._taken += size
        if self._taken + size < TURN:
            return False
        if not self._in_turn:
            self._await_end()
        return self._taken >= TURN

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

    def _await_end(self) -> None:
        self._in_turn = True
        connection = self._connection
        connection.service.soon(connection.deadlines.loop, self._end_turn)

    def _end_turn(self) -> None:
        self.flush()
        self._in_turn = False
        self._taken = 0

    def _write(self, data: bytes) -> None:
        self._connection.write(data)
        events = self._connection.stream.events
        if events is not None:
            events.sent(len(data))
