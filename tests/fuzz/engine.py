"""An application that does anything, and a peer that does, over the engine in virtual time.

python -m tests.fuzz.engine --cases 1000000      begin with a seed of the clock
python -m tests.fuzz.engine --cases 1 --seed 7   repeat one

Whatever they do, this holds: one response a request, in the order of the requests; none mixed with
another; a connection is closed or usable; and nothing is left, no task, timer, connection or object.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import random
import sys
import time
import weakref
from typing import Any

import h11

from gomicro.connection.http1 import HTTP1
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
from tests.fuzz.peer import CLOSING, DRAIN, HURRY, Script, script

__all__ = ["main", "problems"]

PROBE = b"GET /probe HTTP/1.1\r\nHost: h\r\n\r\n"
BLAMES_US = ("WebSocket protocol failed", "connection failed to close")


class Case:
    """One seed: an application, a peer, and what went wrong between them."""

    def __init__(self, seed: int) -> None:
        self._choose = random.Random(seed)
        self._app = Application(random.Random(seed + 1))
        self.script: Script = script(self._choose)
        self.problems: list[str] = []
        self._options = {
            "max_body_bytes": self._choose.choice([0, 50, 10_000]),
            "access_log": True,
        }

    def play(self) -> list[str]:
        """Play it; returns what was wrong."""
        entries = virtually(self._main)
        lines = [entry for entry in entries if entry["event"] == "request"]
        if len(lines) != len(self._app.calls):
            self._wrong(f"{len(self._app.calls)} requests were served, {len(lines)} logged")
        for entry in entries:
            error = entry.get("exc_info")
            if entry["event"] in BLAMES_US or isinstance(error, AttributeError | AssertionError):
                self._wrong(f"{entry['event']}: {error!r}")
        return self.problems

    def _wrong(self, what: str) -> None:
        self.problems.append(what)

    async def _main(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: self._wrong(f"in the loop: {context}"))
        service = make_service(self._app, websockets="auto", **self._options)
        peer = Peer(service)
        connection = weakref.ref(peer.connection)
        for step in self.script.steps:
            if peer.wire.closed:
                break
            await self._do(peer, step)
        await asyncio.sleep(0.2)
        self._look_at_answers(peer)
        await self._probe(peer)
        if not peer.wire.closed:
            peer.wire.lose(None)
        timers = peer.timers() if connection() is not None else []
        written = peer.wire.written
        del peer
        await asyncio.sleep(20)
        self._look_at_rest(service, timers, connection, written)

    async def _do(self, peer: Peer, step: Step) -> None:
        match step:
            case bytes():
                peer.wire.deliver(step)
            case float():
                await asyncio.sleep(step)
            case _ if step is END:
                peer.wire.end()
            case _ if step is LOST:
                peer.wire.lose(ConnectionResetError())
            case _ if step is STALL:
                peer.wire.stuck = True
            case _ if step is TAKE:
                peer.wire.stuck = False
                peer.wire.take()
            case _ if step is CLOSING:
                peer.wire.close()
            case _ if step in (DRAIN, HURRY):
                if peer.service.phase.patient:
                    peer.service.phase = Phase.DRAINING if step is DRAIN else Phase.HURRYING
                for member in list(peer.service.connections):
                    member.leave()
        await quiet()

    def _look_at_answers(self, peer: Peer) -> None:
        """The bytes that were written are the responses to the requests, in their order."""
        data = b"".join(peer.wire.written)
        client = h11.Connection(h11.CLIENT)
        asked = iter(self._app.calls)
        while data:
            client.send(h11.Request(method="GET", target="/", headers=[("host", "h")]))
            client.send(h11.EndOfMessage())
            client.receive_data(data)
            status, tag, whole = self._one(client)
            if status is None or status == 101:
                return
            if tag is not None and tag not in asked:
                self._wrong(f"the answer to {tag} is not in its order: {self._app.calls}")
            if not whole:
                return
            data = client.trailing_data[0]
            if client.our_state is h11.MUST_CLOSE or client.their_state is h11.MUST_CLOSE:
                if data:
                    self._wrong(f"after the last answer: {data[:80]!r}")
                return
            client = h11.Connection(h11.CLIENT)

    def _one(self, client: h11.Connection) -> tuple[int | None, str | None, bool]:
        """Status and tag of the next response, and whether it is complete."""
        status = tag = None
        while True:
            try:
                event = client.next_event()
            except h11.RemoteProtocolError as error:
                self._wrong(f"not HTTP: {error}")
                return None, None, False
            match event:
                case h11.InformationalResponse(status_code=101):
                    return 101, None, False
                case h11.Response():
                    status = event.status_code
                    tags = [value for name, value in event.headers if name == b"x-path"]
                    tag = tags[0].decode() if tags else None
                case h11.EndOfMessage():
                    return status, tag, True
                case h11.PAUSED | h11.NEED_DATA | h11.ConnectionClosed():
                    return status, tag, False
                case _:
                    pass

    async def _probe(self, peer: Peer) -> None:
        """A connection that is open after its requests answers another, or ends within its times."""
        if peer.wire.closed or peer.wire.server is not peer.connection:
            return
        peer.wire.stuck = False
        peer.wire.take()
        before = len(self._app.calls)
        if not peer.wire.closing:
            peer.wire.deliver(PROBE)
        await asyncio.sleep(150)
        if len(self._app.calls) == before and not peer.wire.closed:
            self._wrong(f"neither usable nor closed: {peer.connection.state}")

    def _look_at_rest(self, service: Any, timers: Any, connection: Any, written: Any) -> None:
        if service.connections:
            self._wrong(f"connections are left: {service.connections}")
        if service.tasks:
            self._wrong(f"tasks are left: {list(service.tasks.values())}")
        if timers:
            self._wrong(f"timers are left: {timers}")
        if connection() is not None:
            gc.collect()
            if connection() is not None:
                self._wrong(f"the connection is held: {gc.get_referrers(connection())}")


def problems(seed: int) -> list[str]:
    """What goes wrong with a seed; an exception that nothing catches is one."""
    try:
        return Case(seed).play()
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]


def main() -> int:
    """The exit status: 0 if every invariant held."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz.engine",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--cases", type=int, default=10_000, metavar="N")
    parser.add_argument("--seed", type=int, default=time.time_ns() // 1000 % 10**9, metavar="S")
    options = parser.parse_args()
    began = time.monotonic()
    wrong = 0
    for seed in range(options.seed, options.seed + options.cases):
        for problem in problems(seed):
            wrong += 1
            print(f"seed {seed}: {problem}", flush=True)
    took = time.monotonic() - began
    print(f"{wrong} problems in {options.cases} cases from seed {options.seed}; {took:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
