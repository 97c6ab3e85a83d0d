"""The requests in flight: what they are, how old, and where each one awaits."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import takewhile
from math import inf
from time import monotonic
from types import FrameType
from typing import TYPE_CHECKING, Any, cast

from gomicro.connection.call import Call
from gomicro.connection.deadlines import standing
from gomicro.connection.http1 import HTTP1
from gomicro.connection.late_start import Gated
from gomicro.watch.awaits import chain
from gomicro.watch.places import frames_of, place
from gomicro.watch.routes import route_of

if TYPE_CHECKING:
    from gomicro.connection.exchange import Exchange
    from gomicro.connection.service import Service
    from gomicro.http1.request_head import RequestHead

__all__ = ["Seen", "described", "exchange_in", "in_flight", "running_exchange", "seen"]

_RUN = Call.run.__code__
_OURS = (_RUN, Gated.__call__.__code__)
"""Between the engine and the application: nobody waits there."""


@dataclass(frozen=True)
class Seen:
    """One request as it was found. `age` and `left` are seconds, None where they are not known.

    `left` is the time until `deadline` passes. `awaits` is outermost first; while the request runs
    it is the stack of its calls.
    """

    method: str
    path: str
    route: str
    age: float | None
    client: str
    state: str
    left: float | None
    deadline: str
    awaits: list[str]


def in_flight(service: Service) -> Iterator[tuple[HTTP1, Exchange]]:
    """The connections that serve a request, and it. From any thread."""
    for connection in list(service.connections):
        exchange = _served(connection)
        if exchange is not None:
            yield cast("HTTP1", connection), exchange


def _served(connection: Any) -> Exchange | None:
    if not isinstance(connection, HTTP1) or not connection.state.serves:
        return None
    return getattr(connection.stream, "exchange", None)  # it may have ended since


def seen(service: Service, thread: int) -> list[Seen]:
    """The requests of a service, the oldest first, and then the tasks of applications whose
    response is over. `thread` is that of the service's loop. From any thread.
    """
    now = monotonic()
    running = frames_of(sys._current_frames().get(thread))  # noqa: SLF001 -- the documented way
    found, tasks = [], set()
    for connection, exchange in in_flight(service):
        tasks.add(exchange.task)
        found.append(_request(connection, exchange, running, now))
    found.sort(key=lambda one: -(one.age or 0))
    others = [(task, head) for task, head in list(service.tasks.items()) if task not in tasks]
    return found + [_task(task, head) for task, head in others if head is not None]


def described(service: Service, thread: int) -> list[dict[str, Any]]:
    """The same, for JSON."""
    return [asdict(one) for one in seen(service, thread)]


def _request(connection: HTTP1, exchange: Exchange, running: list[FrameType], now: float) -> Seen:
    state = connection.state
    at, deadline = standing(connection.deadlines.terms.timeouts, state, connection.deadlines)
    runs = running_exchange(running) is exchange
    return Seen(
        method=exchange.head.method,
        path=exchange.head.path,
        route=route_of(exchange.scope),
        age=round(now - exchange.started_at, 3),
        client=connection.client_name,
        state=f"{state.name.lower()}, {exchange.ours.name.lower()}",
        left=round(at - now, 3) if at < inf else None,
        deadline=deadline.value if deadline is not None else "",
        awaits=_calls(running) if runs else _awaits(exchange.task),
    )


def _task(task: asyncio.Task[None], head: RequestHead) -> Seen:
    """A WebSocket, or what an application does after its response."""
    state = "websocket" if head.upgrade else "after the response"
    return Seen(head.method, head.path, "", None, "", state, None, "", _awaits(task))


def _awaits(task: asyncio.Task[None] | None) -> list[str]:
    frames, _ = chain(None if task is None else task.get_coro())
    return [place(frame) for frame in frames if frame.f_code not in _OURS]


def _calls(running: list[FrameType]) -> list[str]:
    """The calls of a request that runs, outermost first."""
    within = takewhile(lambda frame: frame.f_code is not _RUN, running)
    return [place(frame) for frame in within if frame.f_code not in _OURS][::-1]


def running_exchange(frames: list[FrameType]) -> Exchange | None:
    """The request whose application makes these calls, innermost first.

    Its task does not tell while it is in its first step, which the connection runs itself.
    """
    return next((exchange_in(frame) for frame in frames if frame.f_code is _RUN), None)


def exchange_in(frame: FrameType) -> Exchange:
    """The exchange of a frame of `Call.run`."""
    return cast("Exchange", frame.f_locals["self"].exchange)
