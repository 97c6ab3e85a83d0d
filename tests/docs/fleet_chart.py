"""The picture of a worker's life: boxes where this file says, arrows from the data.

Where an event leads from all states of the group to the same state, the arrow begins at the group.
"""

from __future__ import annotations

from collections import defaultdict

from gomicro.fleet.state import TRANSITIONS, Event, State
from tests.docs.state_chart import ARROWHEAD, STYLE

__all__ = ["fleet_chart", "fleet_table"]

_WIDTH, _HEIGHT = 112, 34
_PLACES = {
    State.STARTING: (40, 80),
    State.READY: (270, 80),
    State.LEAVING: (500, 80),
    State.KILLED: (150, 220),
    State.GONE: (400, 220),
}
_GROUP = frozenset({State.STARTING, State.READY, State.LEAVING})
_FRAME = (20, 16, 612, 124)


def fleet_chart() -> str:
    """An SVG that reads in light and dark."""
    x, y, width, height = _FRAME
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 652 270" width="652" height="270"',
        ' role="img">\n<title>What a worker may be, and where each event leads</title>\n',
        STYLE,
        ARROWHEAD,
        f'<rect class="group" x="{x}" y="{y}" width="{width}" height="{height}" rx="10"/>\n',
        f'<text x="{x + width // 2}" y="{y + 18}">nobody has killed it</text>\n',
    ]
    for event in Event:
        parts += _arrows(event)
    for state, (left, top) in _PLACES.items():
        parts.append(
            f'<rect class="box" x="{left}" y="{top}" width="{_WIDTH}" height="{_HEIGHT}" rx="6"/>\n'
            f'<text class="state" x="{left + _WIDTH // 2}" y="{top + 22}">{state.name}</text>\n'
        )
    return "".join([*parts, "</svg>\n"])


def fleet_table() -> str:
    """What each state means, and where its events lead."""
    events: dict[State, list[tuple[Event, State]]] = defaultdict(list)
    for (origin, event), target in TRANSITIONS.items():
        events[origin].append((event, target))
    rows = ["| State | Of a worker | What happens | Next |", "|---|---|---|---|"]
    for state in State:
        happens = "<br>".join(event.value for event, _ in events[state])
        targets = "<br>".join(f"`{target.name}`" for _, target in events[state])
        rows.append(f"| `{state.name}` | {state.value} | {happens} | {targets} |")
    return "\n".join(rows) + "\n"


def _arrows(event: Event) -> list[str]:
    targets = {state: TRANSITIONS[state, event] for state in State if (state, event) in TRANSITIONS}
    drawn = []
    outside = {targets.get(state) for state in _GROUP} - _GROUP
    if targets.keys() >= _GROUP and len(outside) == 1:
        for target in outside - {None}:
            x, y = _PLACES[State(target)]
            middle = x + _WIDTH // 2
            drawn.append(_arrow(event, (middle, _FRAME[1] + _FRAME[3]), (middle, y), 0))
        targets = {state: target for state, target in targets.items() if state not in _GROUP}
    for origin, target in targets.items():
        if origin is not target:
            (ax, ay), (bx, by) = _PLACES[origin], _PLACES[target]
            if bx - ax > 300:  # over the box between
                above = (ax + _WIDTH // 2, ay), (bx + _WIDTH // 2, by)
                drawn.append(_arrow(event, *above, -44))
            else:
                beside = (ax + _WIDTH, ay + _HEIGHT // 2), (bx, by + _HEIGHT // 2)
                drawn.append(_arrow(event, *beside, 0))
    return drawn


def _arrow(event: Event, begin: tuple[int, int], end: tuple[int, int], bend: int) -> str:
    (ax, ay), (bx, by) = begin, end
    mx, my = (ax + bx) / 2, (ay + by) / 2 + bend
    right = 20 if ax == bx else 0  # of an upright line
    path = f"M{ax} {ay} Q{mx:.0f} {my:.0f} {bx} {by}"
    return (
        f'<path class="arrow" marker-end="url(#head)" d="{path}"/>\n'
        f'<text class="event" x="{mx + right:.0f}" y="{(ay + by + 2 * my) / 4 - 5:.0f}">'
        f"{event.name.lower()}</text>\n"
    )
