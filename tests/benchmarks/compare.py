"""Alternating measurements: what the machine does meanwhile, it does to all that are compared."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from tests.benchmarks.findings import Finding, Target
from tests.benchmarks.load import Load, Slice

T = TypeVar("T")


@dataclass(frozen=True)
class Turn(Generic[T]):
    """One result, and the baseline's just before and just after it."""

    own: T
    before: T
    after: T

    def ratio(self, figure: Callable[[T], float]) -> float:
        """A figure of the result, divided by the mean of the baseline's around it."""
        return figure(self.own) / statistics.fmean((figure(self.before), figure(self.after)))


def alternate(
    baseline: Callable[[], T], others: Sequence[Callable[[], T]], rounds: int
) -> list[list[Turn[T]]]:
    """Measure A B A C A, A being the baseline, that many rounds; one list of turns an other."""
    turns: list[list[Turn[T]]] = [[] for _ in others]
    before = baseline()
    for _ in range(rounds):
        for measure, taken in zip(others, turns, strict=True):
            own, after = measure(), baseline()
            taken.append(Turn(own, before, after))
            before = after
    return turns


@dataclass
class Comparison:
    """The turns of one subject against a baseline, over any number of starts."""

    load: Load
    subject: str
    against: str
    turns: list[Turn[Slice]] = field(default_factory=list)

    def rate(self, target: Target | None = None) -> Finding:
        """Requests per second, subject ÷ baseline."""
        detail = {
            "per second": round(_median(turn.own.rate for turn in self.turns)),
            "baseline": round(_median(turn.before.rate for turn in self.turns)),
            **self._effort(),
        }
        return self._finding(self.load.name, lambda taken: taken.rate, target, detail)

    def tail(self, target: Target | None = None) -> Finding:
        """99th percentile of the latency, subject ÷ baseline."""
        detail = {
            "p99 ms": _median(turn.own.p99 for turn in self.turns),
            "baseline": _median(turn.before.p99 for turn in self.turns),
            **self._effort(),
        }
        return self._finding(f"{self.load.name}, p99", lambda taken: taken.p99, target, detail)

    def _effort(self) -> dict[str, float]:
        return {
            "busy": _median(turn.own.busy for turn in self.turns),
            "baseline busy": _median(turn.before.busy for turn in self.turns),
            "cpu µs": _median(turn.own.cost for turn in self.turns),
            "baseline cpu µs": _median(turn.before.cost for turn in self.turns),
        }

    def _finding(
        self,
        load: str,
        figure: Callable[[Slice], float],
        target: Target | None,
        detail: dict[str, float],
    ) -> Finding:
        return Finding(
            load=load,
            subject=self.subject,
            against=self.against,
            samples=tuple(turn.ratio(figure) for turn in self.turns),
            target=target,
            detail=detail,
        )


def durations(
    load: str, subject: str, against: str, turns: Sequence[Turn[float]], target: Target
) -> Finding:
    """How long something takes, subject ÷ baseline, from turns in seconds."""
    return Finding(
        load=load,
        subject=subject,
        against=against,
        samples=tuple(turn.ratio(float) for turn in turns),
        target=target,
        detail={
            "ms": _median(turn.own * 1e3 for turn in turns),
            "baseline": _median(turn.before * 1e3 for turn in turns),
        },
    )


def _median(figures: Iterable[float]) -> float:
    return round(statistics.median(figures), 3)
