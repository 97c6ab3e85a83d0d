"""The table of peers as an SVG: a pair of bars a peer, readable on light and on dark pages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from tests.benchmarks.findings import Finding

NAMESPACE = "http://www.w3.org/2000/svg"
WIDTH = 800
LABELS = 230  # room for the names, left of the bars
FIGURES = 80  # room for a figure, right of the longest bar
TOP, ROW, BAR, BOTTOM = 88, 42, 14, 16

STYLE = """
  text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: #1f2328; }
  .title { font-size: 16px; font-weight: 600; } .own { font-weight: 600; }
  .quiet { fill: #59636e; font-size: 12px; }
  .grid { stroke: #d1d9e0; } .unit { stroke: #59636e; stroke-dasharray: 3 3; }
  .spread { stroke: #1f2328; stroke-width: 1.5; stroke-opacity: .7; }
  .bar0 { fill: #1f6feb; } .bar1 { fill: #bf8700; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; } .quiet { fill: #9198a1; }
    .grid { stroke: #3d444d; } .unit { stroke: #9198a1; } .spread { stroke: #f0f6fc; }
    .bar0 { fill: #4493f8; } .bar1 { fill: #d29922; }
  }
"""


def draw(findings: Sequence[Finding], subtitle: str) -> str:
    """The chart of rates relative to one baseline, fastest peer first, with their spread.

    `findings` holds one a peer and load, all against the same baseline, and is not empty.
    """
    baseline = findings[0].against
    loads = list(dict.fromkeys(finding.load for finding in findings))
    by_peer: dict[str, dict[str, Finding]] = {}
    for finding in findings:
        by_peer.setdefault(finding.subject, {})[finding.load] = finding
    by_peer[baseline] = {load: _itself(load, baseline) for load in loads}
    ranked = sorted(by_peer, key=lambda peer: _order(by_peer[peer], loads), reverse=True)

    top = math.ceil(max(max(f.samples) for found in by_peer.values() for f in found.values()) * 4)
    scale = (WIDTH - LABELS - FIGURES) / (top / 4)
    height = TOP + ROW * len(ranked) + BOTTOM
    parts = [*_head(height, baseline, loads, subtitle), *_grid(top, scale, height - BOTTOM)]
    for place, peer in enumerate(ranked):
        parts += _peer(peer, by_peer[peer], loads, TOP + ROW * place, scale)
    return "\n".join([*parts, "</svg>", ""])


def _itself(load: str, baseline: str) -> Finding:
    return Finding(load=load, subject=baseline, against=baseline, samples=(1.0,))


def _order(found: dict[str, Finding], loads: list[str]) -> list[float]:
    return [found[load].median for load in loads if load in found]


def _head(height: int, baseline: str, loads: list[str], subtitle: str) -> list[str]:
    title = f"Requests per second, relative to {baseline}"
    parts = [
        f'<svg xmlns="{NAMESPACE}" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        _text(16, 26, title, kind="title"),
        _text(16, 45, subtitle, kind="quiet"),
    ]
    for number, load in enumerate(loads):
        left = LABELS + number * 150
        parts += [_rect(left, 57, 12, 12, number), _text(left + 18, 68, load)]
    return parts


def _grid(quarters: int, scale: float, bottom: int) -> list[str]:
    """A line at each quarter, dashed at the baseline's own rate."""
    return [
        _line(
            LABELS + quarter / 4 * scale, TOP - 8, None, bottom, "unit" if quarter == 4 else "grid"
        )
        for quarter in range(quarters + 1)
    ]


def _peer(
    peer: str, found: dict[str, Finding], loads: list[str], top: int, scale: float
) -> list[str]:
    kind = "own" if peer.startswith("gomicro") else "plain"
    parts = [_text(LABELS - 10, top + BAR + 6, peer, kind=kind, anchor="end")]
    for number, load in enumerate(loads):
        if load not in found:
            continue
        finding, y = found[load], top + number * (BAR + 2)
        end, low, high = (
            LABELS + value * scale
            for value in (finding.median, min(finding.samples), max(finding.samples))
        )
        parts += [
            _rect(LABELS, y, end - LABELS, BAR, number),
            _line(low, y + BAR / 2, high, y + BAR / 2, "spread"),
            _text(max(end, high) + 6, y + BAR - 3, f"{finding.median:.2f}"),
        ]
    return parts


def _text(x: float, y: float, words: str, *, kind: str = "plain", anchor: str = "start") -> str:
    place = f'x="{x:.1f}" y="{y:g}" text-anchor="{anchor}"'
    return f'<text {place} class="{kind}">{escape(words)}</text>'


def _rect(x: float, y: float, width: float, height: float, number: int) -> str:
    size = f'width="{width:.1f}" height="{height:g}"'
    return f'<rect x="{x:g}" y="{y:g}" {size} rx="2" class="bar{number}"/>'


def _line(x1: float, y1: float, x2: float | None, y2: float, kind: str) -> str:
    """A line; without `x2` it is upright."""
    x2 = x1 if x2 is None else x2
    return f'<line x1="{x1:.1f}" y1="{y1:g}" x2="{x2:.1f}" y2="{y2:g}" class="{kind}"/>'
