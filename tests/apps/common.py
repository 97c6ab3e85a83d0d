"""What the applications of the frameworks have in common: what they serve, and what they count."""

from __future__ import annotations

import asyncio
import gc
import os
from pathlib import Path

PART = b"0123456789abcdef" * 4096
"""A part of a streamed response."""

FILE = Path(os.environ.get("SERVED_FILE", os.devnull))
"""The file that is served; the test makes it, and names it in the environment."""


async def opened() -> None:
    """Wait until the test opens the gate; the event loop goes on meanwhile."""
    with open(os.environ["GATE"], "rb", buffering=0) as gate:  # noqa: ASYNC230, PTH123 -- its other end is open
        await asyncio.to_thread(gate.read, 1)


def counts() -> dict[str, int]:
    """What a request may leave behind in this process, other than garbage."""
    gc.collect()
    return {"tasks": len(asyncio.all_tasks()), "descriptors": len(list(Path("/dev/fd").iterdir()))}
