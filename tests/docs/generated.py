"""The parts of the documentation that are made from the code.

`GENERATED` maps each file to the function that returns what it must hold, given what it holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from gomicro.config import ServerConfig, options, reference
from gomicro.connection.deadlines import DRAIN, LINGER
from gomicro.connection.state import Deadline, Rule, State
from gomicro.units import format_duration
from tests.docs.deadline_chart import chart
from tests.docs.pages import ROOT

__all__ = ["GENERATED"]

_FIXED = {Deadline.DRAIN: DRAIN, Deadline.LINGER: LINGER}
_FLAGS = {option.field: option.flag for option in options(ServerConfig)}


def _between(mark: str, make: Callable[[], str]) -> Callable[[str], str]:
    """A function that replaces what stands between a page's two marks."""
    begin, end = f"<!-- generated: {mark} -->\n", f"<!-- end: {mark} -->\n"
    place = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)

    def renewed(text: str) -> str:
        if not place.search(text):
            raise ValueError(f"the page has no place for what is generated: {begin}")
        return place.sub(lambda _: f"{begin}\n{make()}\n{end}", text)

    return renewed


def _deadlines() -> str:
    """The table of deadlines, one row a state."""
    rows = ["| State | The connection is | Deadline | Counted from when |", "|---|---|---|---|"]
    for state in State:
        deadlines = "<br>".join(_deadline(rule) for rule in state.deadlines) or "none"
        moments = "<br>".join(rule.since.value for rule in state.deadlines)
        rows.append(f"| `{state.name}` | {state.value} | {deadlines} | {moments} |")
    return "\n".join(rows) + "\n"


def _deadline(rule: Rule) -> str:
    if rule.deadline in _FIXED:
        return f"{format_duration(_FIXED[rule.deadline])}, fixed"
    return f"`{_FLAGS[rule.deadline.value]}`"


def _labels() -> dict[Deadline, str]:
    return {
        deadline: (
            f"{deadline.value} ({format_duration(_FIXED[deadline])})"
            if deadline in _FIXED
            else _FLAGS[deadline.value]
        )
        for deadline in Deadline
    }


GENERATED: dict[Path, Callable[[str], str]] = {
    ROOT / "docs/reference/options.md": _between("options", reference),
    ROOT / "docs/design/server-behaviour.md": _between("deadlines", _deadlines),
    ROOT / "docs/design/deadlines.svg": lambda _: chart(State, _labels()),
}
