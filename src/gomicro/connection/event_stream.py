"""The write deadline over a stream of events (text/event-stream), which has no end.

It counts from each part and stands only while the peer has not taken that: an endless stream lives,
and a reader that has stopped is cut.
"""

from __future__ import annotations

from math import inf
from time import monotonic
from typing import TYPE_CHECKING

from gomicro.connection.state import Deadline

if TYPE_CHECKING:
    import asyncio

    from gomicro.connection.deadlines import Deadlines
    from gomicro.connection.http1 import HTTP1

__all__ = ["EventStream", "begin_events"]


def begin_events(connection: HTTP1, size: int) -> EventStream | None:
    """A stream of events has begun, with so many bytes. None where the application has set its
    write deadline itself: then that counts.
    """
    if Deadline.WRITE in connection.deadlines.terms.moved:
        return None
    return EventStream(connection.deadlines, connection.transport, size)


class EventStream:
    """Knows of one part that the peer has not taken, the oldest, as far as it was seen to be taken.

    A transport tells how many bytes it still has. The part is taken when these are no more than
    were written after it; which part is the oldest then, nobody has written down, so that whatever
    is left counts anew. So a peer that takes nothing is cut in time, and one that takes something
    has at most the same time again.
    """

    __slots__ = ("_after", "_deadlines", "_transport")

    def __init__(self, deadlines: Deadlines, transport: asyncio.WriteTransport, size: int) -> None:
        self._deadlines = deadlines
        self._transport = transport
        self._after = 0  # bytes that were written after the part
        deadlines.answer_at = inf  # there is no such part
        self.sent(size)

    def sent(self, size: int) -> None:
        """A part was written, of so many bytes."""
        self._after += size
        self.look()

    def look(self) -> None:
        """Find out whether the part is taken."""
        untaken = self._transport.get_write_buffer_size()
        if untaken > self._after and self._deadlines.answer_at < inf:
            return
        self._after = 0
        if untaken:
            self._deadlines.count_answer(monotonic())
        else:
            self._deadlines.answer_at = inf

    def end(self) -> None:
        """The last part was written: what is not taken now is the end of an answer as any other."""
        self._deadlines.count_answer(monotonic())
