"""Many conversations, each held with the Go program and with gomicro, and what differed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from tests.fuzz.conversation import Conversation, conversation
from tests.fuzz.talk import Told, talk
from tests.fuzz.verdict import verdict
from tests.integration.process import GOMICRO, Process
from tests.ports import unused_port
from tests.wire.golang import AS_GO, await_listener, running_go

__all__ = ["Difference", "Outcome", "compare", "servers"]

IN_FLIGHT = 64
AGAIN = 2
"""Times that a difference is looked at again, alone: what a busy machine does is no difference."""


@dataclass
class Difference:
    """A conversation that the two answered otherwise, and how."""

    conversation: Conversation
    found: list[str]

    def __str__(self) -> str:
        packets = "\n".join(f"    {packet[:2000]!r}" for packet in self.conversation.packets)
        end = "    (and its end)\n" if self.conversation.half_close else ""
        found = "\n".join(f"    {line[:2000]}" for line in self.found)
        return f"seed {self.conversation.seed}:\n{packets}\n{end}  Go -> gomicro:\n{found}"


@dataclass
class Outcome:
    """What came of a run. `statuses`: how often Go answered with each, to see what was reached."""

    cases: int = 0
    differences: list[Difference] = field(default_factory=list)
    unsteady: list[Difference] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    log: str = ""


@contextlib.contextmanager
def servers(directory: Path) -> Iterator[tuple[int, int, Process]]:
    """The ports of the Go program and of gomicro, and gomicro's process.

    Raises UnavailableError where there is no Go.
    """
    with running_go(directory) as go:
        port = unused_port()
        place = ("--host", "127.0.0.1", "--port", str(port))
        options = (*AS_GO, "--log-level", "error", "--max-body-bytes", "0")
        process = Process(GOMICRO, "serve", *place, *options)
        try:
            await_listener(process, port)
            yield go, port, process
        finally:
            process.kill()


def compare(go: int, ours: int, seeds: range, most: int = 20) -> Outcome:
    """Hold the conversations of some seeds, many at a time, until so many have differed."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_compare(go, ours, seeds, most))


async def _compare(go: int, ours: int, seeds: range, most: int) -> Outcome:
    outcome = Outcome()
    suspects: list[Difference] = []
    left = iter(seeds)

    async def worker() -> None:
        for seed in left:
            if len(suspects) > 20 * most:
                return
            one = conversation(seed)
            said, found = await _both(go, ours, one)
            outcome.cases += 1
            for answer in said.answers:
                outcome.statuses[answer.status] = outcome.statuses.get(answer.status, 0) + 1
            if found:
                suspects.append(Difference(one, found))

    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
    for suspect in suspects:
        if len(outcome.differences) < most:
            steady = await _differs_again(go, ours, suspect)
            (outcome.differences if steady else outcome.unsteady).append(suspect)
    return outcome


async def _both(go: int, ours: int, one: Conversation) -> tuple[Told, list[str]]:
    theirs, seen = await asyncio.gather(talk(go, one), talk(ours, one))
    return theirs, verdict(one, theirs, seen)


async def _differs_again(go: int, ours: int, suspect: Difference) -> bool:
    for _ in range(AGAIN):
        _, found = await _both(go, ours, suspect.conversation)
        if not found:
            return False
        suspect.found = found
    return True
