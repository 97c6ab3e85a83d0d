"""A fault at each step of an exchange, one after another, by enumeration."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from gomicro.connection.phase import Phase
from tests.connection.harness import (
    App,
    Peer,
    echo,
    make_service,
    part,
    post,
    quiet,
    start,
    virtually,
)

MANY_STEPS = 40


async def streams(scope: Any, receive: Any, send: Any) -> None:
    """Answer in parts, before the body has been read."""
    await send(start())
    for body in (b"a", b"x" * 70_000, b"c"):
        await send(part(body))
    while (await receive())["more_body"]:
        pass
    await send(part(b"", more=False))


async def listens(scope: Any, receive: Any, send: Any) -> None:
    """Listen for the end in a task beside, as frameworks do."""

    async def listen() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    listening = asyncio.create_task(listen())
    await asyncio.sleep(0)
    await send(start())
    await send(part(b"abc", more=False))
    await listening


def fail(peer: Peer, error: BaseException) -> None:
    raise error


def cancel(peer: Peer) -> None:
    task = asyncio.current_task()
    if task is not None:
        task.cancel()


def hurry(peer: Peer) -> None:
    peer.service.phase = Phase.HURRYING
    peer.connection.leave()


FAULTS: dict[str, Callable[[Peer], None]] = {
    "the transport is lost": lambda peer: peer.wire.lose(ConnectionResetError()),
    "the transport closes by itself": lambda peer: peer.wire.close(),
    "the peer closes its side": lambda peer: peer.wire.end(),
    "the service stops": hurry,
    "the grace is used up": lambda peer: peer.connection.cut("grace"),
    "the application fails": lambda peer: fail(peer, ValueError("anywhere")),
    "the application ends the process": lambda peer: fail(peer, SystemExit()),
    "the application is interrupted": lambda peer: fail(peer, KeyboardInterrupt()),
    "the application is cancelled": cancel,
}


ENDS_THE_PROCESS = ("the application ends the process", "the application is interrupted")


class AtStep:
    """An application, with a fault before or after one of its calls."""

    def __init__(self, app: App, number: int, fault: Callable[[Peer], None]) -> None:
        self._app = app
        self._left = number
        self._fault = fault
        self.peer: Peer | None = None
        self.happened = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def told() -> Any:
            self._step()
            message = await receive()
            self._step()
            return message

        async def say(message: Any) -> None:
            self._step()
            await send(message)
            self._step()

        await self._app(scope, told, say)

    def _step(self) -> None:
        self._left -= 1
        if not self._left and self.peer is not None:
            self.happened = True
            self._fault(self.peer)


def play(app: App, number: int, fault: Callable[[Peer], None], pieces: list[bytes]) -> bool:
    """Whether the exchange has that many steps. What is left behind, the harness sees."""
    at_step = AtStep(app, number, fault)
    caught: list[Any] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: caught.append(context))
        peer = at_step.peer = Peer(make_service(at_step))
        for piece in pieces:
            if not peer.wire.closed:
                peer.wire.deliver(piece)
            await quiet()
        await asyncio.sleep(2)
        assert peer.sent() == b"" or peer.sent().startswith(b"HTTP/1.1 ")

    entries = virtually(main)
    mine = [context for context in caught if "never retrieved" not in context["message"]]
    assert mine == []
    errors = [entry.get("exc_info") for entry in entries]
    assert not [error for error in errors if isinstance(error, AttributeError | AssertionError)]
    assert [entry["event"] for entry in entries].count("request") == 1
    return at_step.happened


WHOLE = [post(b"abc")]
CUT = [post(b"abc")[:-2], b"b", b"c"]


CASES = [
    pytest.param(app, fault, id=f"{app.__name__}, {name}")
    for app in (echo, streams, listens)
    for name, fault in FAULTS.items()
    # What ends the process ends it, in a task of the application's own: asyncio sees to that.
    if app is not listens or name not in ENDS_THE_PROCESS
]


@pytest.mark.parametrize("pieces", [WHOLE, CUT], ids=["whole", "in pieces"])
@pytest.mark.parametrize(("app", "fault"), CASES)
def test_a_fault_at_any_step_of_an_exchange_leaves_nothing_behind(
    app: App, pieces: list[bytes], fault: Callable[[Peer], None]
) -> None:
    steps = 0
    while steps < MANY_STEPS and play(app, steps + 1, fault, pieces):
        steps += 1
    assert 4 <= steps < MANY_STEPS
