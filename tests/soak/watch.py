"""What a service holds while no client is there."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any

from tests.soak.wire import Place, Wire, get

__all__ = ["COUNTED", "MEASURED", "Sample", "Watch"]

COUNTED = ("tasks", "timers", "protocols", "descriptors")
"""What is held for somebody: without clients as much as before the first of them."""

MEASURED = ("memory", "blocks", "objects")
"""What a process has more or less of: bytes, blocks of the allocator, and objects that refer to
others."""

PATIENCE = 10.0
"""Seconds that a service has to let go of its last client."""


@dataclass(frozen=True)
class Sample:
    """What a service holds at a quiet moment, and how many objects of each type."""

    values: dict[str, int]
    types: dict[str, int]


class Watch:
    """Asks one service for what it holds."""

    before: Sample
    """What it held before the first client."""

    def __init__(self, name: str, place: Place) -> None:
        self.name = name
        self.samples: list[Sample] = []
        """What it held at each quiet moment."""
        self._place = place

    async def begin(self) -> None:
        """Look at the service before the first client comes."""
        await self._look()
        self.before = await self._look()

    async def sample(self, *, warming_up: bool) -> None:
        """Look again, once the service holds no more than before or its time for that is over."""
        deadline = time.monotonic() + PATIENCE
        sample = await self._look()
        while self._holds_more(sample) and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
            sample = await self._look()
        if not warming_up:
            self.samples.append(sample)

    def _holds_more(self, sample: Sample) -> bool:
        return any(sample.values[what] > self.before.values[what] for what in COUNTED)

    async def _look(self) -> Sample:
        async with Wire(self._place) as wire:
            await wire.send(get("/state", "Connection: close"))
            told: dict[str, Any] = json.loads((await wire.answer()).body)
        return Sample({what: told[what] for what in COUNTED + MEASURED}, told["types"])
