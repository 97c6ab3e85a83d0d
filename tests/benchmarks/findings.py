"""What a scenario found: a figure with its spread, and whether it reaches its target."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import Literal

Unit = Literal["ratio", "bytes", "ms", "MiB"]
Verdict = Literal["met", "short", "met?", "short?", ""]
BUSY = 0.9  # below this share of its CPU, a server was not what limited the rate


@dataclass(frozen=True)
class Target:
    """A bound on the median, which may be reached exactly."""

    bound: float
    at_least: bool

    def allows(self, value: float) -> bool:
        """Whether the value is on the right side of the bound."""
        return value >= self.bound if self.at_least else value <= self.bound

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.bound:,g}"


def at_least(bound: float) -> Target:
    """No less than the bound."""
    return Target(bound, at_least=True)


def at_most(bound: float) -> Target:
    """No more than the bound."""
    return Target(bound, at_least=False)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One figure of `subject` (for a ratio, divided by that of `against`) under one load.

    `samples` are in the order they were taken, at least one. `detail` holds medians that explain
    the figure, such as the rates a ratio comes from.
    """

    load: str
    subject: str
    against: str = ""
    unit: Unit = "ratio"
    samples: tuple[float, ...]
    target: Target | None = None
    detail: dict[str, float] = field(default_factory=dict)

    @property
    def median(self) -> float:
        """The figure that is judged."""
        return statistics.median(self.samples)

    @property
    def verdict(self) -> Verdict:
        """Empty without a target; with a question mark if a server had time to spare."""
        if self.target is None:
            return ""
        if min(self.detail.get("busy", 1.0), self.detail.get("baseline busy", 1.0)) < BUSY:
            return "met?" if self.target.allows(self.median) else "short?"
        return "met" if self.target.allows(self.median) else "short"
