"""ResponseController: the deadlines of one request, in the hands of its application (Go's)."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from gomicro.connection.state import Deadline
from gomicro.errors import NotSupportedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gomicro.connection.http1 import HTTP1

__all__ = ["EXTENSION", "ResponseController"]

EXTENSION = "gomicro.connection"
"""The scope's extension that has the connection, in a tuple that is new for each request: so it
tells whether the request that is served on the connection is that of the scope.
"""


class ResponseController:
    """Sets the deadlines of the one request whose `scope` it is given, also a framework's copy
    (`request.scope` in Starlette and FastAPI).

    A deadline is given in seconds from now; None means that it never passes, 0 or less that it has
    passed. It holds for this request only, whatever the server or a route has set. Once it has
    passed it cannot be moved; nor can it when the response is complete or the connection lost: then
    nothing happens. May be used from any task and thread; from another thread than the server's it
    takes effect soon, not at once.

    Raises NotSupportedError for a scope that is not of an HTTP request on gomicro's engine, and its
    methods TypeError for what is no number.
    """

    __slots__ = ("_connection", "_request")

    def __init__(self, scope: Mapping[str, Any]) -> None:
        try:
            self._request = scope["extensions"][EXTENSION]
            self._connection: HTTP1 = self._request[0]
        except (KeyError, TypeError):
            raise NotSupportedError(
                "ResponseController: no request of gomicro's: it is served by another server, "
                "by a test client, or is no HTTP request"
            ) from None

    def set_read_deadline(self, seconds: float | None) -> None:
        """Set the time for what is left of the request's body. When it passes, `receive` says
        `http.disconnect`, and the application may still answer; the connection ends with that.
        """
        self._set(Deadline.READ, seconds)

    def set_write_deadline(self, seconds: float | None) -> None:
        """Set the time for the response, until the client has taken all of it. When it passes, the
        application is cancelled and the connection dropped. A stream of events then has this
        deadline instead of its own, which counts from each part.
        """
        self._set(Deadline.WRITE, seconds)

    def _set(self, which: Deadline, seconds: float | None) -> None:
        if not isinstance(seconds, int | float | None):
            raise TypeError(f"a deadline is in seconds or None, not {seconds!r}")
        loop = self._connection.deadlines.loop
        try:
            here = asyncio.get_running_loop() is loop
        except RuntimeError:
            here = False
        if here:
            self._move(which, seconds)
        else:
            with suppress(RuntimeError):  # the loop is closed, and so is the connection
                loop.call_soon_threadsafe(self._move, which, seconds)

    def _move(self, which: Deadline, seconds: float | None) -> None:
        connection = self._connection
        if not self._served() or not any(rule[0] is which for rule in connection.state.deadlines):
            return
        deadlines, now = connection.deadlines, monotonic()
        terms, chosen = deadlines.terms, max(seconds or 0.0, 0.0)
        if which is Deadline.READ:
            deadlines.request_at = now
            timeouts = terms.timeouts._replace(read=chosen)
        else:
            deadlines.answer_at = now
            connection.stream.events = None
            timeouts = terms.timeouts._replace(write=chosen)
        deadlines.terms = replace(terms, timeouts=timeouts, moved=terms.moved | {which})
        if seconds is not None and seconds <= 0:
            connection.deadline_passed(which, 0.0)
        else:
            deadlines.arm(now)

    def _served(self) -> bool:
        """Whether it is this request that the connection serves, and its response not complete."""
        if not self._connection.state.serves:
            return False
        exchange = self._connection.stream.exchange
        extensions = exchange.scope.get("extensions", {})
        return not exchange.ours.over and extensions.get(EXTENSION) is self._request
