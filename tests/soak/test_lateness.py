"""The soak knows when its own process stood still."""

from __future__ import annotations

import asyncio
import time

from tests.soak.lateness import Lateness


def test_a_loop_that_stands_still_is_noticed_after_its_beginning_only() -> None:
    async def stand_still() -> tuple[bool, bool]:
        lateness = Lateness(tolerable=0.5)
        watching = asyncio.create_task(lateness.watch())
        await asyncio.sleep(0)
        begun = time.monotonic()
        time.sleep(0.8)  # noqa: ASYNC251 -- what is to be noticed
        noticed = await lateness.since(begun), await lateness.since(time.monotonic() + 1)
        watching.cancel()
        assert lateness.worst > 0.5
        return noticed

    assert asyncio.run(stand_still()) == (True, False)
