"""The service under soak: a real process, whose log is read and whose end is judged."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from typing import Any

from tests.integration.process import Service
from tests.soak.bad_clients import DEADLINE, FLAGS
from tests.soak.wire import Place, Wire, WrongAnswerError, expect, get

__all__ = ["Soaked", "is_telling", "unexpected"]

EXPECTED = (
    b'"path":"/fail"',
    b'"path":"/fail-afterwards"',
    b'"event":"Invalid UTF-8 sequence received from client."',
)
"""Of errors in the log, those of handlers that fail on purpose, and what uvicorn's WebSocket says
of a client's mistake."""


class Soaked:
    """`gomicro serve` of the application, with short deadlines."""

    def __init__(self, *flags: str) -> None:
        app = "tests.soak.app:app"
        self._service = Service(app, *FLAGS, "--shutdown-grace=20s", *flags, keep=is_telling)

    @property
    def port(self) -> int:
        return self._service.port

    def kill(self) -> None:
        """End it, whatever it does."""
        self._service.kill()

    async def stop(self, place: Place) -> list[str]:
        """End it by SIGTERM while it serves; what was wrong with that, or with its log."""
        try:
            async with asyncio.timeout(60), Wire(place) as idle, Wire(place) as busy:
                await (await idle.send(get("/hello?x"))).answer()
                await busy.send(get(f"/sleep?ms={DEADLINE * 500:.0f}"))
                await asyncio.sleep(DEADLINE / 10)  # the request has come
                self._service.send_signal(signal.SIGTERM)
                expect("answer while it ends", (await busy.answer()).body, b"awake")
                await idle.ended()
        except (WrongAnswerError, OSError, EOFError, TimeoutError) as error:
            wrong = [f"what it was asked before SIGTERM: {error!r}"]
        else:
            wrong = []
        status = await asyncio.to_thread(self._service.wait, 60)
        errors = self._service.errors().strip().split("\n")
        if status or errors != [""]:
            wrong.append(f"ended with {status}: {errors[-1]}")
        return wrong + unexpected(self._service.log)


def is_telling(line: bytes) -> bool:
    """Whether a line of the log is worth keeping: not the millions for what is expected."""
    if b'"level":"info"' in line or b'"level":"warning"' in line:
        return b'"listening"' in line
    return not any(expected in line for expected in EXPECTED)


def unexpected(log: list[dict[str, Any]]) -> list[str]:
    """The errors in a log, each sort once: how often, and where its traceback ends."""
    found = Counter(
        (entry["event"].split("\n")[0], entry.get("exception", "").strip().split("\n")[-1])
        for entry in log
        if entry["event"] != "listening"
    )
    return [f"{count} times in its log: {event} {end}" for (event, end), count in found.items()]
