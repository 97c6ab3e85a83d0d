"""An application that does anything, and a peer that does, over the engine in virtual time.

python -m tests.fuzz.engine --cases 1000000      begin with a seed of the clock
python -m tests.fuzz.engine --cases 1 --seed 7   repeat one

Whatever they do, this holds: one response a request, in the order of the requests; none mixed
with another; a connection is closed or usable; no task, timer, connection or object is left.
"""

from __future__ import annotations

import asyncio
import gc
import random
import sys
import weakref
from collections.abc import Callable
from typing import Any

import h11

from gomicro.connection.phase import Phase
from tests.connection.harness import (
    END,
    LOST,
    STALL,
    TAKE,
    Peer,
    Step,
    make_service,
    quiet,
    virtually,
)
from tests.fuzz.application import Application
from tests.fuzz.many import run
from tests.fuzz.peer import CLOSING, DRAIN, HURRY, Script, script

__all__ = ["main", "problems"]

PROBE = b"GET /probe HTTP/1.1\r\nHost: h\r\n\r\n"
BLAMES_US = ("WebSocket protocol failed", "connection failed to close")


class Case:
    """One seed: an application, a peer, and what went wrong between them."""

    def __init__(self, seed: int) -> None:
        choose = random.Random(seed)
        self._app = Application(random.Random(seed + 1))
        self._script: Script = script(choose)
        self._options = {"max_body_bytes": choose.choice([0, 50, 10_000])}
        self._wire: Callable[[], object] = lambda: None
        self.problems: list[str] = []

    def play(self) -> list[str]:
        """Play it; returns what was wrong."""
        entries = virtually(self._main)
        lines = [entry for entry in entries if entry["event"] == "request"]
        if len(lines) != len(self._app.calls):
            self._wrong(f"{len(self._app.calls)} requests were served, {len(lines)} logged")
        for entry in entries:
            error = entry.pop("exc_info", None)
            if entry["event"] in BLAMES_US or isinstance(error, AttributeError | AssertionError):
                self._wrong(f"{entry['event']}: {error!r}")
            if isinstance(error, BaseException):
                error.__traceback__ = error.__context__ = error.__cause__ = None
        gc.collect()
        held = self._wire()
        if held is not None:
            self._wrong(f"the connection is held by {[type(o) for o in gc.get_referrers(held)]}")
        return self.problems

    def _wrong(self, what: str) -> None:
        self.problems.append(what)

    def _note(self, context: dict[str, Any]) -> None:
        """What the loop has caught; a task that fails in the background is the application's."""
        if "never retrieved" not in context["message"]:
            self._wrong(f"in the loop: {context}")

    async def _main(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: self._note(context))
        service = make_service(self._app, websockets="auto", **self._options)
        peer = Peer(service)
        self._wire = weakref.ref(peer.wire)  # the connection has it, and it the connection
        for step in self._script.steps:
            if not peer.wire.closed:
                await self._do(peer, step)
        await asyncio.sleep(0.2)
        self._look_at_answers(peer)
        await self._probe(peer)
        if not peer.wire.closed:
            peer.wire.lose(None)
        timers = peer.timers()
        if timers:
            self._wrong(f"timers are left: {timers}")
        del peer, timers
        await asyncio.sleep(20)
        if service.connections:
            self._wrong(f"connections are left: {service.connections}")
        if service.tasks:
            self._wrong(f"tasks are left: {list(service.tasks.values())}")

    async def _do(self, peer: Peer, step: Step) -> None:
        if isinstance(step, bytes):
            peer.wire.deliver(step)
        elif isinstance(step, str):
            _EVENTS[step](peer)
        else:
            await asyncio.sleep(step)
        await quiet()

    def _look_at_answers(self, peer: Peer) -> None:
        """The bytes that were written are the responses to the requests, in their order."""
        data = b"".join(peer.wire.written)
        for path, method in [*self._app.calls, ("none", "GET")]:
            if not data or data.startswith(b"HTTP/1.1 101 "):
                return
            client = h11.Connection(h11.CLIENT)
            client.send(h11.Request(method=method, target="/", headers=[("host", "h")]))
            client.send(h11.EndOfMessage())
            client.receive_data(data)
            tag, whole = self._one(client)
            if tag not in (None, path):
                self._wrong(f"the answer to {path} is the one to {tag}")
            if not whole:
                return
            data, _ = client.trailing_data
            if h11.MUST_CLOSE in (client.our_state, client.their_state):
                break
        if data:
            self._wrong(f"after the last answer: {data[:80]!r}")

    def _one(self, client: h11.Connection) -> tuple[str | None, bool]:
        """Tag of the next response, and whether it is complete."""
        tag = None
        while True:
            try:
                event = client.next_event()
            except h11.RemoteProtocolError as error:
                self._wrong(f"not HTTP: {error}")
                return None, False
            match event:
                case h11.Response():
                    tags = [value for name, value in event.headers if name == b"x-path"]
                    tag = tags[0].decode() if tags else None
                case h11.EndOfMessage():
                    return tag, True
                case h11.PAUSED | h11.NEED_DATA | h11.ConnectionClosed():
                    return tag, False
                case _:
                    pass

    async def _probe(self, peer: Peer) -> None:
        """A connection that is open after its requests answers another, or ends in its time."""
        if peer.wire.closed or peer.wire.server is not peer.connection:
            return
        _take(peer)
        before = len(self._app.calls)
        if not peer.wire.closing:
            peer.wire.deliver(PROBE)
        await asyncio.sleep(150)
        if peer.connection.state.serves and peer.connection.stream.exchange.endless:
            return  # a stream of events lives as long as its application lets it
        if len(self._app.calls) == before and not peer.wire.closed:
            self._wrong(f"neither usable nor closed: {peer.connection.state}")


def _take(peer: Peer) -> None:
    peer.wire.stuck = False
    peer.wire.take()


def _stall(peer: Peer) -> None:
    peer.wire.stuck = True


def _leave(peer: Peer, phase: Phase) -> None:
    if peer.service.phase.patient:
        peer.service.phase = phase
    for member in list(peer.service.connections):
        member.leave()


_EVENTS: dict[str, Callable[[Peer], None]] = {
    END: lambda peer: peer.wire.end(),
    LOST: lambda peer: peer.wire.lose(ConnectionResetError()),
    STALL: _stall,
    TAKE: _take,
    CLOSING: lambda peer: peer.wire.close(),
    DRAIN: lambda peer: _leave(peer, Phase.DRAINING),
    HURRY: lambda peer: _leave(peer, Phase.HURRYING),
}


def problems(seed: int) -> list[str]:
    """What goes wrong with a seed; an exception that nothing catches is one."""
    try:
        return Case(seed).play()
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]


def main() -> int:
    """The exit status: 0 if every invariant held."""
    return run("python -m tests.fuzz.engine", __doc__, problems)


if __name__ == "__main__":
    sys.exit(main())
