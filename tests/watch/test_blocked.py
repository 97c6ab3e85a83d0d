"""A loop that is blocked: what the log says of it, and when."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from structlog.testing import capture_logs

from gomicro import ServerConfig
from gomicro.connection.phase import Phase
from gomicro.connection.service import Service
from gomicro.server.home import Alone
from gomicro.server.watching import watching
from gomicro.watch.blocked import Blocked
from tests.connection.harness import GET, Peer, answering, request

Entries = list[MutableMapping[str, Any]]

SECONDS, MORE = 0.5, 0.75
"""For which the loop has been blocked when it is looked at, and when that is over."""


class Seen:
    """Looks at a loop, as its heartbeat does, as soon as the code in it says that it blocks it."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.blocks = False
        self.looked = False
        self._blocked = Blocked(service, asyncio.get_running_loop())
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self.blocks:
            time.sleep(0.001)
        try:
            self._blocked.blocked(SECONDS)
        finally:
            self.looked = True

    def over(self) -> None:
        """The loop is no longer blocked."""
        self._thread.join()
        self._blocked.free(MORE)

    def compute(self) -> None:
        self.blocks = True
        while not self.looked:
            pass

    def sleep(self) -> None:
        self.blocks = True
        while not self.looked:
            time.sleep(0.01)


def play(main: Callable[[Seen], Awaitable[Any]], app: Any = None) -> Entries:
    """What is logged while a coroutine runs in a loop that is watched."""

    async def run() -> None:
        service = Service(ServerConfig(write_timeout=0), app or answering())
        service.phase = Phase.SERVING
        seen = Seen(service)
        await main(seen)
        seen.over()

    with capture_logs() as entries:
        asyncio.run(run())
    return said(entries)


def said(entries: Entries) -> Entries:
    return [entry for entry in entries if str(entry["event"]).startswith("loop ")]


def test_it_is_told_while_it_blocks_and_once_when_it_is_over() -> None:
    async def main(seen: Seen) -> None:
        seen.compute()

    blocked, over = play(main)
    assert (blocked["event"], blocked["log_level"]) == ("loop blocked", "warning")
    assert blocked["seconds"] == SECONDS
    assert re.fullmatch(rf"{re.escape(__file__)}:\d+ Seen\.compute", blocked["at"])
    assert blocked["task"].startswith("Task-")
    assert "method" not in blocked
    assert over["event"] == "loop no longer blocked"
    assert (over["seconds"], over["at"]) == (MORE, blocked["at"])


def test_the_line_is_the_users_and_the_librarys_is_told_too() -> None:
    async def main(seen: Seen) -> None:
        await coroutine(seen)

    file = "/venv/site-packages/library.py"
    source = """
async def coroutine(seen):
    seen.blocks = True
    while not seen.looked:
        pass
"""
    namespace: dict[str, Any] = {}
    exec(compile(source, file, "exec"), namespace)  # noqa: S102 -- a library's file
    coroutine = namespace["coroutine"]
    blocked, _ = play(main)
    assert blocked["at"].startswith(f"{__file__}:")
    assert blocked["at"].endswith(".main")
    assert re.fullmatch(rf"{file}:\d coroutine", blocked["innermost"])


def test_the_request_that_runs_is_named_also_in_its_first_step() -> None:
    for first in (True, False):
        seens: list[Seen] = []
        over = asyncio.Event()

        async def app(
            scope: Any,
            receive: Any,
            send: Any,
            first: bool = first,
            seens: list[Seen] = seens,
            over: asyncio.Event = over,
        ) -> None:
            if scope["path"] == "/blocks":
                if not first:
                    await asyncio.sleep(0)
                seens[0].sleep()
                over.set()
            else:
                await over.wait()
            await answering()(scope, receive, send)

        async def main(seen: Seen, seens: list[Seen] = seens) -> None:
            seens.append(seen)
            service = seen.service
            waiting = [Peer(service) for _ in range(3)]
            for peer in waiting:
                await peer.send(GET)
            await Peer(service).send(request("POST", target="/blocks?token=1"))
            while service.tasks:  # noqa: ASYNC110 -- nobody tells
                await asyncio.sleep(0.01)
            for connection in list(service.connections):
                connection.cut("grace")
            await asyncio.sleep(0)

        blocked, _ = play(main, app)
        assert (blocked["method"], blocked["path"]) == ("POST", "/blocks")
        assert blocked["waiting"] == 3
        assert "task" not in blocked


def test_code_outside_of_any_task_is_told_by_its_place_alone() -> None:
    async def main(seen: Seen) -> None:
        asyncio.get_running_loop().call_soon(seen.sleep)
        await asyncio.sleep(0)

    blocked, _ = play(main)
    assert {"task", "method"}.isdisjoint(blocked)
    assert blocked["waiting"] == 0


def test_where_nothing_could_be_seen_only_the_end_is_told() -> None:
    async def main() -> None:
        Blocked(Service(ServerConfig(), answering()), asyncio.get_running_loop()).free(1.23456)

    with capture_logs() as entries:
        asyncio.run(main())
    [entry] = said(entries)
    assert entry == {
        "event": "loop no longer blocked", "log_level": "warning", "seconds": 1.235
    }  # fmt: skip


def test_it_is_told_once_however_often_it_is_seen() -> None:
    async def main() -> None:
        blocked = Blocked(Service(ServerConfig(), answering()), asyncio.get_running_loop())
        for seconds in (1.0, 2.0, 3.0):
            blocked.blocked(seconds)

    with capture_logs() as entries:
        asyncio.run(main())
    assert [entry["seconds"] for entry in said(entries)] == [1.0]


def test_a_thread_that_has_ended_is_not_looked_at() -> None:
    async def main() -> Blocked:
        blocked = Blocked(Service(ServerConfig(), answering()), asyncio.get_running_loop())
        blocked._thread = -1
        return blocked

    with capture_logs() as entries:
        asyncio.run(main()).blocked(1.0)
    assert said(entries) == []


def test_switched_off_nobody_watches() -> None:
    async def main() -> list[str]:
        import threading

        config = ServerConfig(blocked_after=0)
        with watching(Service(config, answering()), config, home=Alone()):
            return [thread.name for thread in threading.enumerate()]

    assert "gomicro heartbeat" not in asyncio.run(main())
