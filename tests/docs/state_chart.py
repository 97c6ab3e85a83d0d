"""The picture of a connection's states: boxes where this file says, arrows from the data.

Where an event leads from all states of a group to the same state, the arrow begins at the group.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from gomicro.connection.state import TRANSITIONS, State

__all__ = ["ARROWHEAD", "STYLE", "state_chart"]

Box = tuple[int, int, int, int]
Ends = tuple[str, str]

_WIDTH, _HEIGHT = 112, 34
_PLACES = {
    State.NEW: (52, 80), State.DRAIN: (52, 310), State.HEAD: (262, 80), State.IDLE: (262, 250),
    State.BODY: (500, 80), State.ANSWER: (500, 180), State.FLUSH: (500, 330),
    State.UPGRADING: (262, 400), State.UPGRADED: (790, 400), State.LINGER: (790, 90),
    State.CLOSING: (790, 200), State.LOST: (790, 310),
}  # fmt: skip
_GROUPS: Mapping[str, tuple[Box, frozenset[State]]] = {
    "a request may begin": (
        (32, 40, 362, 324),
        frozenset(state for state in State if state.begins),
    ),
    "the connection is in use": (
        (14, 10, 640, 444),
        frozenset(state for state in State if hasattr(state, "half_closed")) - {State.LINGER},
    ),
}
_BENDS = {("IDLE", "FLUSH"): 26, ("FLUSH", "IDLE"): 26}

STYLE = """\
<style>
  text { font: 12px system-ui, sans-serif; fill: #24292f; text-anchor: middle; }
  .state { font: 13px ui-monospace, monospace; }
  .event { font: 11px ui-monospace, monospace; fill: #0969da; }
  .box { fill: #f6f8fa; stroke: #57606a; }
  .group { fill: none; stroke: #8c959f; stroke-dasharray: 5 4; }
  .arrow { fill: none; stroke: #0969da; }
  .head { fill: #0969da; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .event { fill: #4493f8; }
    .box { fill: #161b22; stroke: #8d96a0; }
    .group { stroke: #6e7681; }
    .arrow { stroke: #4493f8; }
    .head { fill: #4493f8; }
  }
</style>
"""


ARROWHEAD = (
    '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8"'
    ' orient="auto"><path class="head" d="M0 0 8 4 0 8z"/></marker></defs>\n'
)


def state_chart() -> str:
    """An SVG that reads in light and dark."""
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 920 470" width="920" height="470"',
        ' role="img">\n<title>The states of a connection, and where each event leads</title>\n',
        STYLE,
        ARROWHEAD,
    ]
    for label, ((x, y, width, height), _) in _GROUPS.items():
        parts.append(
            f'<rect class="group" x="{x}" y="{y}" width="{width}" height="{height}" rx="10"/>\n'
            f'<text x="{x + width // 2}" y="{y + 18}">{label}</text>\n'
        )
    for (origin, target), events in _arrows().items():
        parts.append(_arrow(origin, target, events))
    for state, (x, y) in _PLACES.items():
        parts.append(
            f'<rect class="box" x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="6"/>\n'
            f'<text class="state" x="{x + _WIDTH // 2}" y="{y + 22}">{state.name}</text>\n'
        )
    return "".join([*parts, "</svg>\n"])


def _arrows() -> dict[Ends, list[str]]:
    """The events from one box to another; a box is a state or a group."""
    origins: dict[tuple[str, State], set[State]] = defaultdict(set)
    for origin, row in TRANSITIONS.items():
        for event, target in row.items():
            if target is not origin:
                origins[event, target].add(origin)
    found: dict[Ends, list[str]] = defaultdict(list)
    for (event, target), states in origins.items():
        left = set(states)
        for label in ("the connection is in use", "a request may begin"):
            members = _GROUPS[label][1]
            if target not in members and members <= left:
                found[label, target.name].append(event)
                left -= members
        for state in sorted(left, key=lambda state: state.name):
            found[state.name, target.name].append(event)
    return found


def _box(name: str) -> Box:
    if name in _GROUPS:
        return _GROUPS[name][0]
    return (*_PLACES[State[name]], _WIDTH, _HEIGHT)


def _arrow(origin: str, target: str, events: list[str]) -> str:
    bend = _BENDS.get((origin, target), 0)
    ax, ay, bx, by = _ends(_box(origin), _box(target), bend)
    length = max(1.0, ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5)
    mx = (ax + bx) / 2 - (by - ay) / length * bend
    my = (ay + by) / 2 + (bx - ax) / length * bend
    tx, ty = (ax + bx + 2 * mx) / 4, (ay + by + 2 * my) / 4
    lines = [
        f'<text class="event" x="{tx:.0f}" y="{ty - 5 + 12 * n:.0f}">{event}</text>\n'
        for n, event in enumerate(events)
    ]
    path = f"M{ax:.0f} {ay:.0f} Q{mx:.0f} {my:.0f} {bx:.0f} {by:.0f}"
    return f'<path class="arrow" marker-end="url(#head)" d="{path}"/>\n' + "".join(lines)


def _ends(a: Box, b: Box, bend: int) -> tuple[float, float, float, float]:
    """Where an arrow leaves one box and meets the other: at the sides that face each other."""
    (ax, ay, aw, ah), (bx, by, bw, bh) = a, b
    row = min(max(by + bh / 2, ay + 12), ay + ah - 12)
    if bx >= ax + aw:
        return ax + aw, row, bx, by + bh / 2
    if bx + bw <= ax:
        return ax, ay + ah / 2, bx + bw, by + bh / 2
    middle = bx + bw / 2
    return (middle, ay + ah, middle, by) if by > ay else (middle, ay, middle, by + bh)
