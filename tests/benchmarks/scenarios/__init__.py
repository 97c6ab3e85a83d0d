"""What is measured, by name, in the order it is run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.benchmarks.bench import Bench
from tests.benchmarks.findings import Finding
from tests.benchmarks.scenarios import (
    access_log,
    answers,
    bodies,
    command,
    deadlines,
    engine,
    frameworks,
    go,
    idle,
    lifecycle,
    operations,
    patterns,
    peers,
)

__all__ = ["SCENARIOS", "Scenario"]

Scenario = Callable[[Bench], Iterator[Finding]]

SCENARIOS: dict[str, Scenario] = {
    "go": go.run,
    "peers": peers.run,
    "access-log": access_log.run,
    "deadlines": deadlines.run,
    "operations": operations.run,
    "engine": engine.run,
    "frameworks": frameworks.run,
    "answers": answers.run,
    "patterns": patterns.run,
    "idle": idle.run,
    "bodies": bodies.run,
    "lifecycle": lifecycle.run,
    "command": command.run,
}
