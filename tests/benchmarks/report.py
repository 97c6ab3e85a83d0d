"""The figures as a table for people and as JSON for whatever comes after."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from tests.benchmarks.bench import Plan
from tests.benchmarks.findings import BUSY, Finding

HEADINGS = ("load", "figure", "median", "lowest", "highest", "n", "target", "verdict", "medians of")
UNSURE = f"  ?: a server used less than {BUSY:g} of its CPU, so something else set the pace"


@dataclass(kw_only=True)
class Outcome:
    """What one scenario gave: its findings, and why it has no more of them if it stopped short."""

    scenario: str
    findings: list[Finding] = field(default_factory=list)
    stopped: str = ""


def table(outcomes: Sequence[Outcome], skipped: dict[str, str], machine: dict[str, str]) -> str:
    """The Python, one block a scenario, one row a figure, then what was left out."""
    rows: list[tuple[str, ...]] = [HEADINGS]
    rows += [_row(finding) for outcome in outcomes for finding in outcome.findings]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = [f"  {machine['python']}, {machine['build']}", _line(HEADINGS, widths)]
    for outcome in outcomes:
        lines += ["", outcome.scenario]
        lines += [_line(_row(finding), widths) for finding in outcome.findings]
        if outcome.stopped:
            lines.append(f"  stopped: {outcome.stopped}")
    if any(finding.verdict.endswith("?") for o in outcomes for finding in o.findings):
        lines += ["", UNSURE]
    if skipped:
        lines += ["", "left out"]
        lines += [f"  {name}: {reason}" for name, reason in sorted(skipped.items())]
    return "\n".join(lines)


def to_json(
    outcomes: Sequence[Outcome], skipped: dict[str, str], machine: dict[str, str], plan: Plan
) -> str:
    """Everything the table says, with every sample; a newline ends it."""
    document = {
        "machine": machine,
        "plan": asdict(plan),
        "scenarios": [
            {
                "name": outcome.scenario,
                "stopped": outcome.stopped,
                "findings": [_entry(finding) for finding in outcome.findings],
            }
            for outcome in outcomes
        ],
        "skipped": dict(sorted(skipped.items())),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _entry(finding: Finding) -> dict[str, object]:
    return {
        "load": finding.load,
        "subject": finding.subject,
        "against": finding.against,
        "unit": finding.unit,
        "median": round(finding.median, 4),
        "lowest": round(min(finding.samples), 4),
        "highest": round(max(finding.samples), 4),
        "samples": [round(sample, 4) for sample in finding.samples],
        "target": str(finding.target or ""),
        "verdict": finding.verdict,
        "detail": finding.detail,
    }


def _row(finding: Finding) -> tuple[str, ...]:
    subject = finding.subject + (f" ÷ {finding.against}" if finding.against else "")
    return (
        finding.load,
        subject,
        _figure(finding.median, finding),
        _figure(min(finding.samples), finding),
        _figure(max(finding.samples), finding),
        str(len(finding.samples)),
        str(finding.target or ""),
        finding.verdict,
        ", ".join(f"{name} {value:,g}" for name, value in finding.detail.items()),
    )


def _figure(value: float, finding: Finding) -> str:
    return f"{value:.3f}" if finding.unit == "ratio" else f"{value:,.1f} {finding.unit}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Words to the left, figures to the right."""
    aligned = [
        cell.rjust(width) if 2 <= column <= 6 else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return ("  " + "  ".join(aligned)).rstrip()
