"""The picture of the deadlines: a column a state, a row a deadline, a bar where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape

from gomicro.connection.state import Deadline, State

__all__ = ["chart"]

_LEFT, _TOP = 170, 44
_COLUMN, _ROW = 84, 34

_STYLE = """\
<style>
  text { font: 13px system-ui, sans-serif; fill: #24292f; }
  .state { font: 12px ui-monospace, monospace; text-anchor: middle; }
  .label { font: 12px ui-monospace, monospace; text-anchor: end; }
  .grid { stroke: #d0d7de; }
  .bar { fill: #0969da; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .grid { stroke: #30363d; }
    .bar { fill: #4493f8; }
  }
</style>
"""


def chart(every: Iterable[State], labels: Mapping[Deadline, str]) -> str:
    """An SVG that reads in light and dark. Neighbouring states with one deadline share a bar."""
    states = [state for state in every if state.deadlines]
    width = _LEFT + _COLUMN * len(states) + 10
    height = _TOP + _ROW * len(labels) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"',
        f' width="{width}" height="{height}" role="img">\n',
        "<title>Which deadline stands in which state of a connection</title>\n",
        _STYLE,
    ]
    for column, state in enumerate(states):
        x = _LEFT + _COLUMN * column
        parts.append(
            f'<line class="grid" x1="{x}" y1="{_TOP - 14}" x2="{x}" y2="{height}"/>\n'
            f'<text class="state" x="{x + _COLUMN // 2}" y="24">{state.name}</text>\n'
        )
    for row, (deadline, label) in enumerate(labels.items()):
        y = _TOP + _ROW * row
        parts.append(
            f'<text class="label" x="{_LEFT - 12}" y="{y + 17}">{escape(label)}</text>\n'
            f'<line class="grid" x1="0" y1="{y - 5}" x2="{width}" y2="{y - 5}"/>\n'
        )
        for first, last in _runs([_stands(deadline, state) for state in states]):
            x = _LEFT + _COLUMN * first + 4
            bar = _COLUMN * (last - first + 1) - 8
            parts.append(
                f'<rect class="bar" x="{x}" y="{y + 3}" width="{bar}" height="18" rx="4"/>\n'
            )
    return "".join([*parts, "</svg>\n"])


def _stands(deadline: Deadline, state: State) -> bool:
    return any(rule.deadline is deadline for rule in state.deadlines)


def _runs(flags: list[bool]) -> Iterator[tuple[int, int]]:
    """First and last index of each unbroken run of True."""
    start = None
    for index, flag in enumerate([*flags, False]):
        if flag and start is None:
            start = index
        elif not flag and start is not None:
            yield start, index - 1
            start = None
