"""Whether what a service holds drifts: medians of its quiet moments, early ones and late ones."""

from __future__ import annotations

from statistics import median

from tests.soak.watch import COUNTED, MEASURED, Sample

__all__ = ["drifts", "table"]

NAMED_TYPES = 8
"""Types that a verdict names, those that grew most."""


def drifts(before: Sample, samples: list[Sample], most: float) -> list[str]:
    """What is held more and more, one line each; `samples` are those after the warm-up.

    What is COUNTED may not be above `before`. What is MEASURED may not grow by more than the
    fraction `most` from the first third of the samples to the last.
    """
    early, late = _thirds(samples)
    found = []
    for what in COUNTED:
        value = _median(late, what)
        if value > before.values[what]:
            found.append(f"{what}: {value:g} are left, {before.values[what]} were there before")
    for what in MEASURED:
        growth = _median(late, what) / _median(early, what) - 1
        if growth > most:
            found.append(f"{what}: grown by {growth:.2%}, more than {most:.2%}")
    if found:
        first = samples[0] if len(samples) > 1 else before
        found.append(f"objects that grew most: {_grown(first, samples[-1])}")
    return found


def table(before: Sample, samples: list[Sample]) -> str:
    """Each value before the first client, and its medians early and late."""
    early, late = _thirds(samples)
    lines = [f"{'':12}{'before':>14}{'early':>14}{'late':>14}"]
    for what in COUNTED + MEASURED:
        values = (before.values[what], _median(early, what), _median(late, what))
        lines.append(f"{what:12}" + "".join(f"{value:14,.0f}" for value in values))
    return "\n".join(lines)


def _thirds(samples: list[Sample]) -> tuple[list[Sample], list[Sample]]:
    size = max(1, len(samples) // 3)
    return samples[:size], samples[-size:]


def _median(samples: list[Sample], what: str) -> float:
    return median(sample.values[what] for sample in samples)


def _grown(first: Sample, last: Sample) -> str:
    growth = {name: count - first.types.get(name, 0) for name, count in last.types.items()}
    largest = sorted(growth, key=lambda name: growth[name], reverse=True)[:NAMED_TYPES]
    return ", ".join(f"{name} +{growth[name]}" for name in largest if growth[name] > 0)
