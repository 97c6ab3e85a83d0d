"""What an exchange asks of the wire. HTTP/1.1's stream is its connection, one request at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from asyncio import Event

    from gomicro.connection.service import Service
    from gomicro.http1.faults import Refusal
    from gomicro.http1.response_head import ResponseStart

__all__ = ["Stream"]


class Stream(Protocol):
    """The wire of one request. Whose response is over asks for nothing any more.

    How a response is framed, and what becomes of a body that nobody reads, is the stream's affair.
    What cannot be framed raises RuntimeError, and nothing of it is sent.
    """

    service: Service

    write_paused: bool
    """The peer does not take what is sent: whoever sends waits for `taken` first."""

    half_closed: bool
    """The peer has closed its side. It may still await its answer."""

    half_closed_at: float
    """When it did (monotonic seconds)."""

    def taken(self) -> Event:
        """What is set when the peer has taken enough of what was sent, or the stream has ended."""
        ...

    def send_whole(self, start: ResponseStart, body: bytes) -> None:
        """Send a response at once."""
        ...

    def send_part(self, start: ResponseStart, body: bytes) -> bool:
        """Send a part of a body that goes on, after the head if that is not sent yet; returns
        whether it is the turn of others then.
        """
        ...

    def send_last(self, body: bytes) -> None:
        """Send the last part of a body."""
        ...

    def refuse(self, refusal: Refusal) -> None:
        """Answer in the place of an application that has sent nothing, and end the connection."""
        ...

    def give_up(self) -> None:
        """End the connection, so that the peer sees that the response is not complete."""
        ...

    def read_on(self) -> None:
        """The application asks for the body, or for more of it. The body may fail by that."""
        ...

    def failure_read(self) -> None:
        """The application has read the body as far as it came, and is told that it failed."""
        ...
