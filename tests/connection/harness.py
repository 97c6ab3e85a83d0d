"""A connection without sockets and without waiting: bytes in, bytes out, time as the test says.

The loop's clock stands still while there is anything to do, and jumps to the next timer when there
is not. So a test waits for hours in microseconds, and what it sees is the same every time.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from structlog.testing import capture_logs

from gomicro.config import BUILT_IN, ServerConfig
from gomicro.connection import (
    beginning,
    deadlines,
    ending,
    event_stream,
    exchange,
    http1,
    http1_stream,
    lag,
    late_start,
    outgoing,
    overload,
    response_controller,
    websocket,
    websocket_log,
)
from gomicro.connection.http1 import HTTP1
from gomicro.connection.phase import Phase
from gomicro.connection.service import Service
from gomicro.connection.websocket import WebSockets
from gomicro.server import drain
from gomicro.watch import requests, stacks

Message = MutableMapping[str, Any]
App = Callable[[Any, Any, Any], Awaitable[Any]]

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
DATE = b"date: now\r\n"
HIGH_WATER = 65536
_CLOCKED = (
    beginning,
    deadlines,
    ending,
    event_stream,
    exchange,
    http1,
    http1_stream,
    lag,
    late_start,
    outgoing,
    overload,
    requests,
    response_controller,
    stacks,
    websocket,
    websocket_log,
)


class Clock:
    """Monotonic seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    monotonic = __call__


class _Jumping(selectors.SelectSelector):
    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise AssertionError("nothing will ever happen")
            self._clock.now += max(0.0, timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop on a clock of its own. It keeps the timers that were set."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.timers: list[asyncio.TimerHandle] = []
        super().__init__(_Jumping(clock))

    def time(self) -> float:
        return self.clock.now

    def call_at(  # type: ignore[override] # typeshed ties the arguments to the callback's
        self, when: float, callback: Callable[..., object], *args: Any, **options: Any
    ) -> asyncio.TimerHandle:
        handle = super().call_at(when, callback, *args, **options)
        self.timers.append(handle)
        return handle

    def timers_of(self, owner: object) -> list[asyncio.TimerHandle]:
        """The timers that stand and call a method of `owner`."""
        return [
            handle
            for handle in self.timers
            if not handle.cancelled()
            and handle.when() > self.clock.now
            and getattr(handle._callback, "__self__", None) is owner  # type: ignore[attr-defined] # no other way to see it
        ]


class Wire(asyncio.Transport):
    """The server's end of a connection. `stuck`: the peer takes nothing of what is written."""

    def __init__(self, server: asyncio.Protocol, extra: dict[str, Any]) -> None:
        super().__init__(extra)
        self.server: asyncio.BaseProtocol = server
        self.written: list[bytes] = []
        self._time = asyncio.get_running_loop().time
        self.reading = True
        self.closing = self.closed = self.aborted = self.half_closed = self.stuck = False
        self.handed_on = False
        self.closed_at = self.written_at = 0.0
        self._untaken = 0
        self._high = HIGH_WATER
        self._queued: list[bytes] = []
        self._paused = False

    # What the server does.

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self.closing and self.handed_on:
            return  # as a real one drops it: uvicorn's protocols do so
        assert not self.closing
        assert not self.half_closed
        self.written.append(bytes(data))
        self.written_at = self._time()
        if self.stuck:
            self._untaken += len(data)
            self._pause_if_full()

    def _pause_if_full(self) -> None:
        if self._untaken > self._high and not self._paused:
            self._paused = True
            self.server.pause_writing()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._high = HIGH_WATER if high is None else high
        self._pause_if_full()

    def write_eof(self) -> None:
        self.half_closed = True

    def can_write_eof(self) -> bool:
        return True

    def get_write_buffer_size(self) -> int:
        return self._untaken

    def is_reading(self) -> bool:
        return self.reading

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True
        asyncio.get_running_loop().call_soon(self._deliver)

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        if not self.closing:
            self.closing = True
            if not self._untaken:
                asyncio.get_running_loop().call_soon(self.lose, None)

    def abort(self) -> None:
        self.aborted = True
        if not self.closed:
            self.closing = True
            self._untaken = 0
            asyncio.get_running_loop().call_soon(self.lose, None)

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.handed_on = True
        self.server = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self.server

    # What the peer does.

    def deliver(self, data: bytes) -> None:
        """Send bytes; they wait while the server does not read."""
        self._queued.append(data)
        self._deliver()

    def _deliver(self) -> None:
        while self._queued and self.reading and not self.closing:
            self.server.data_received(self._queued.pop(0))  # type: ignore[attr-defined] # a stream's protocol

    def undelivered(self) -> int:
        """Bytes that wait until the server reads on."""
        return sum(map(len, self._queued))

    def take(self, size: int | None = None) -> None:
        """Take all that was written, or so many bytes of it."""
        self._untaken -= self._untaken if size is None else size
        if self._untaken:
            return
        if self._paused:
            self._paused = False
            self.server.resume_writing()
        if self.closing:
            self.lose(None)

    def end(self) -> None:
        """Close the peer's sending side."""
        if not self.closing and not self.server.eof_received():  # type: ignore[attr-defined] # a stream's protocol
            self.close()

    def lose(self, error: Exception | None) -> None:
        """The connection ends."""
        if not self.closed:
            self.closed = self.closing = True
            self.closed_at = asyncio.get_running_loop().time()
            self.server.connection_lost(error)


def make_service(app: App, *, websockets: Any = None, **options: Any) -> Service:
    """What connections share, with the article's deadlines but for `options`. `websockets` is
    uvicorn's name for a protocol, or its class.
    """
    loaded = uvicorn.Config(app, ws=websockets or "none", lifespan="off", log_config=None)
    loaded.load()
    service = Service(
        ServerConfig(**{"log_level": "debug"} | options).settled(BUILT_IN),
        app,
        state={},
        websockets=WebSockets(loaded) if websockets else None,
    )
    service.phase = Phase.SERVING
    return service


class Peer:
    """A client of one connection."""

    def __init__(self, service: Any, made: HTTP1 | None = None, /, **extra: Any) -> None:
        """`made`: its connection, if that was made before there was a transport for it."""
        self.service = service
        self.loop = asyncio.get_running_loop()
        self.began = self.loop.time()
        self.connection = made or HTTP1(service, self.loop)
        self.wire = Wire(
            self.connection,
            {"peername": ("10.0.0.1", 4711), "sockname": ("10.0.0.2", 80), **extra},
        )
        self.connection.connection_made(self.wire)
        _peers.append(self)

    async def send(self, data: bytes) -> None:
        """Send bytes, and let the server do all that it can do at once."""
        self.wire.deliver(data)
        await quiet()

    def sent(self) -> bytes:
        """What has come so far, all times of day alike."""
        return undated(b"".join(self.wire.written))

    def timers(self) -> list[asyncio.TimerHandle]:
        """The timers of the connection that stand."""
        assert isinstance(self.loop, VirtualLoop)
        return self.loop.timers_of(self.connection.deadlines)

    def closed_after(self) -> float | None:
        """Seconds from connect to the end; None while it is open."""
        return round(self.wire.closed_at - self.began, 3) if self.wire.closed else None


async def quiet() -> None:
    """Wait until nothing is left to do at this moment."""
    await asyncio.sleep(1e-6)


def undated(data: bytes) -> bytes:
    """Replace the time of day, which must be there in its form, in every head."""
    lines = data.split(b"\r\n")
    return b"\r\n".join(
        b"date: now" if line.lower().startswith(b"date: ") and len(line) == 35 else line
        for line in lines
    )


def head(status: bytes, *lines: bytes) -> bytes:
    """A response head as the engine writes it: status, date, the application's, the engine's."""
    return b"\r\n".join((b"HTTP/1.1 " + status, b"date: now", *lines)) + b"\r\n\r\n"


def virtually(main: Callable[[], Awaitable[None]]) -> list[MutableMapping[str, Any]]:
    """Run a coroutine in virtual time; returns what was logged."""
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch, capture_logs() as entries:
        for module in _CLOCKED:
            patch.setattr(module, "monotonic", clock)
        patch.setattr(drain, "time", clock)
        with asyncio.Runner(loop_factory=lambda: VirtualLoop(clock)) as runner:

            async def run() -> None:
                _peers.clear()
                await main()
                await _nothing_left()

            runner.run(run())
    return entries


_peers: list[Peer] = []
"""Those of the test that runs."""


async def _nothing_left() -> None:
    """Whatever a test has done: when its peers have left, and all has ended that ends by itself,
    no connection, task or timer is left.
    """
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    for peer in _peers:
        peer.wire.lose(None)
    await asyncio.sleep(1e7)
    services = [peer.service for peer in _peers]
    left = [
        *(connection for service in services for connection in service.connections),
        *(task for service in services for task in service.tasks),
        *(task for task in asyncio.all_tasks() if task is not asyncio.current_task()),
        *(timer for timer in loop.timers if not timer.cancelled() and timer.when() > loop.time()),
    ]
    assert left == [], "left behind"
    _peers.clear()


@dataclass
class Story:
    """What came of a connection."""

    answer: bytes = b""
    closed_after: float | None = None
    half_closed: bool = False
    entries: list[MutableMapping[str, Any]] = field(default_factory=list)

    def events(self) -> list[str]:
        return [str(entry["event"]) for entry in self.entries]


END = "the peer closes its sending side"
STALL = "the peer stops reading"
TAKE = "the peer reads all that was written, and on"
LOST = "the connection breaks"
Step = bytes | float | str


def talk(app: App, *steps: Step, **options: Any) -> Story:
    """Play a connection: bytes are sent, numbers are seconds to wait."""
    story = Story()

    async def main() -> None:
        peer = Peer(make_service(app, **options))
        for step in steps:
            if isinstance(step, bytes):
                await peer.send(step)
            elif step is END:
                peer.wire.end()
                await quiet()
            elif step is STALL:
                peer.wire.stuck = True
            elif step is TAKE:
                peer.wire.stuck = False
                peer.wire.take()
                await quiet()
            elif step is LOST:
                peer.wire.lose(ConnectionResetError())
                await quiet()
            else:
                await asyncio.sleep(float(step))
        story.answer = peer.sent()
        story.closed_after = peer.closed_after()
        story.half_closed = peer.wire.half_closed
        if not peer.wire.closed:
            peer.wire.lose(None)
            await quiet()
        assert peer.timers() == []
        assert not peer.service.connections

    story.entries = virtually(main)
    return story


def request(method: str, *headers: str, body: bytes = b"", target: str = "/") -> bytes:
    """A request of HTTP/1.1 with a Host."""
    lines = [f"{method} {target} HTTP/1.1", "Host: h", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def post(body: bytes, *headers: str) -> bytes:
    """A POST with its length."""
    return request("POST", f"Content-Length: {len(body)}", *headers, body=body)


def answering(
    body: bytes = b"ok", status: int = 200, headers: Iterable[tuple[bytes, bytes]] = ()
) -> App:
    """An application that answers without reading."""
    fields = list(headers)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": body})

    return app


def sending(*messages: Message) -> App:
    """An application that sends these messages and ends."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)

    return app


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the body, or with 400 where it cannot be read."""
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            await answering(b"Oops", 400)(scope, receive, send)
            return
        body += message["body"]
        if not message["more_body"]:
            break
    await answering(body)(scope, receive, send)


def ok(body: bytes = b"ok", *lines: bytes) -> bytes:
    """The answer of `answering` and `echo`."""
    return head(b"200 OK", b"content-length: %d" % len(body), *lines) + body


CLOSE = b"connection: close"


def start(status: int = 200, headers: Sequence[tuple[bytes, bytes]] = ()) -> Message:
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


def part(body: bytes | memoryview, *, more: bool = True) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}
