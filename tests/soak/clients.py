"""The load: clients of all kinds at once, each checked, until a moment comes."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import Counter
from random import Random

from websockets.exceptions import WebSocketException

from tests.soak.bad_clients import BAD, DEADLINE
from tests.soak.good_clients import GOOD
from tests.soak.lateness import Lateness
from tests.soak.wire import Client, Place, WrongAnswerError

__all__ = ["Load"]

CLIENTS = GOOD | BAD

CROWD = 24
"""Clients at a time, for each place."""

PATIENCE = 60.0
"""Seconds in which a client must be done, however busy the machine is."""

TOLERABLE = DEADLINE / 4
"""Seconds that this process may be late, and its clients still be in time."""

FAILURES = (
    WrongAnswerError,
    OSError,
    EOFError,
    TimeoutError,
    ValueError,
    WebSocketException,
    asyncio.LimitOverrunError,
    ssl.SSLError,
)
"""What a client raises if the service treats it wrongly."""


class Load:
    """Runs clients, counts them, and keeps what went wrong."""

    def __init__(self, places: list[Place], seed: int) -> None:
        self.done: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.excused = 0
        """Failures in whose time this process was late itself."""
        self.lateness = Lateness(TOLERABLE)
        self._places = places
        self._random = Random(seed)

    async def run(self, seconds: float) -> None:
        """Let clients come for so long, and wait until the last one has left."""
        until = time.monotonic() + seconds
        watching = asyncio.create_task(self.lateness.watch())
        async with asyncio.TaskGroup() as group:
            for place in self._places * CROWD:
                group.create_task(self._come(place, Random(self._random.random()), until))
        watching.cancel()

    async def _come(self, place: Place, random: Random, until: float) -> None:
        while time.monotonic() < until:
            (client,) = random.choices(list(CLIENTS), list(CLIENTS.values()))
            await self.be(client, place, random)

    async def be(self, client: Client, place: Place, random: Random) -> None:
        """Let one client come, and keep what it complains of."""
        name = client.__name__
        self.done[name] += 1
        begun = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE):
                await client(place, random)
        except FAILURES as error:
            if await self.lateness.since(begun):
                self.excused += 1
                return
            where = " on TLS" if place.context else ""
            self.failures[f"a client that {name}{where}: {error!r}"] += 1
