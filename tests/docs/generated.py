"""The parts of the documentation that are made from the code.

`GENERATED` maps each file to the function that returns what it must hold, given what it holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gomicro.cli.other_servers import ROWS, Row
from gomicro.config import EVERY_OPTION, reference, route_reference
from gomicro.connection.deadlines import DRAIN, LINGER
from gomicro.connection.state import OURS, THEIRS, TRANSITIONS, Deadline, Rule, State
from gomicro.units import format_duration
from tests.docs.deadline_chart import chart
from tests.docs.fleet_chart import fleet_chart, fleet_table
from tests.docs.pages import ROOT
from tests.docs.state_chart import state_chart

__all__ = ["GENERATED"]

_FIXED = {Deadline.DRAIN: DRAIN, Deadline.LINGER: LINGER}
_FLAGS = {option.field: option.flag for option in EVERY_OPTION}


def _between(mark: str, make: Callable[[], str]) -> Callable[[str], str]:
    """A function that replaces what stands between a page's two marks."""
    begin, end = f"<!-- generated: {mark} -->\n", f"<!-- end: {mark} -->\n"
    place = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)

    def renewed(text: str) -> str:
        if not place.search(text):
            raise ValueError(f"the page has no place for what is generated: {begin}")
        return place.sub(lambda _: f"{begin}\n{make()}\n{end}", text)

    return renewed


def _other_servers() -> str:
    """Other servers' flags, each with what to do here."""
    rows = ["| There | Of | Here |", "|---|---|---|"]
    for row in ROWS:
        flags = ", ".join(f"`{flag}`" for flag in row.flags.split())
        rows.append(f"| {flags} | {', '.join(row.servers.split())} | {_here(row)} |")
    return "\n".join(rows) + "\n"


def _one_server(server: str) -> str:
    """The flags of one other server, each with what to do here."""
    own = _flags_of(server)
    rows = [f"| On {server} | Here |", "|---|---|"]
    for row in ROWS:
        flags = ", ".join(f"`{flag}`" for flag in row.flags.split() if flag in own)
        if flags:
            rows.append(f"| {flags} | {_here(row)} |")
    return "\n".join(rows) + "\n"


def _flags_of(server: str) -> set[str]:
    """What a server's command takes."""
    if server == "uvicorn":
        from uvicorn.main import main

        return {flag for param in main.params for flag in (*param.opts, *param.secondary_opts)}
    from gunicorn.config import Config

    actions = Config().parser()._actions
    return {flag for action in actions for flag in action.option_strings}


def _here(row: Row) -> str:
    return re.sub(r"(?<![\w-])--[a-z][\w-]*", r"`\g<0>`", row.here)


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


def _states() -> str:
    """What each state of a connection allows."""
    rows = ["| State | The connection is | A request may begin | What comes is | Owes nothing |"]
    rows.append("|---|---|---|---|---|")
    for state in State:
        begins, idle = ("yes" if flag else "" for flag in (state.begins, state.idle))
        rows.append(f"| `{state.name}` | {state.value} | {begins} | {state.input.value} | {idle} |")
    return "\n".join(rows) + "\n"


def _table(table: Mapping[Any, Mapping[str, Any]]) -> Callable[[], str]:
    """A machine: a row a state, and in it each event with the state that it leads to."""

    def made() -> str:
        rows = ["| State | Event | Next |", "|---|---|---|"]
        for state, events in table.items():
            for event, target in events.items():
                rows.append(f"| `{state.name}` | `{event}` | `{target.name}` |")
        return "\n".join(rows) + "\n"

    return made


def _side(table: Mapping[Any, Mapping[str, Any]]) -> Callable[[], str]:
    """One side of a request: what each state means, and where its events lead."""

    def made() -> str:
        rows = ["| State | Meaning | Events |", "|---|---|---|"]
        for state, events in table.items():
            leads = ", ".join(f"`{event}` → `{target.name}`" for event, target in events.items())
            rows.append(f"| `{state.name}` | {state.value} | {leads or 'none'} |")
        return "\n".join(rows) + "\n"

    return made


def _file(name: str, language: str = "ini") -> Callable[[str], str]:
    """A file of docs/deploy/ on a page, as it is."""
    text = (ROOT / "docs/deploy" / name).read_text(encoding="utf-8")
    return _between(name, lambda: f"```{language}\n{text}```\n")


_service = _file("gomicro.service")
_socket = _file("gomicro.socket")
_image = _file("Dockerfile", "dockerfile")
_compose = _file("compose.yaml", "yaml")
_pods = _file("kustomize/deployment.yaml", "yaml")
_options = _between("options", reference)
_routes = _between("routes", route_reference)
_allows = _between("allows", _states)
_next = _between("transitions", _table(TRANSITIONS))
_theirs = _between("theirs", _side(THEIRS))
_ours = _between("ours", _side(OURS))

GENERATED: dict[Path, Callable[[str], str]] = {
    ROOT / "docs/reference/options.md": lambda text: _options(_routes(text)),
    ROOT / "docs/reference/other-servers.md": _between("flags", _other_servers),
    ROOT / "docs/how-to/containers.md": lambda text: _image(_compose(text)),
    ROOT / "docs/how-to/kubernetes.md": _pods,
    ROOT / "docs/how-to/from-uvicorn.md": _between("uvicorn", lambda: _one_server("uvicorn")),
    ROOT / "docs/how-to/from-gunicorn.md": _between("gunicorn", lambda: _one_server("gunicorn")),
    ROOT / "docs/how-to/systemd.md": lambda text: _service(_socket(text)),
    ROOT / "docs/design/server-behaviour.md": _between("deadlines", _deadlines),
    ROOT / "docs/design/deadlines.svg": lambda _: chart(State, _labels()),
    ROOT / "docs/design/fleet.svg": lambda _: fleet_chart(),
    ROOT / "docs/design/fleet.md": _between("workers", fleet_table),
    ROOT / "docs/design/states.svg": lambda _: state_chart(),
    ROOT / "docs/design/states.md": lambda text: _theirs(_ours(_allows(_next(text)))),
}
