"""The tables of states, read as data."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

import pytest

from gomicro.config import ServerConfig
from gomicro.connection.state import (
    ALLOWS,
    OURS,
    THEIRS,
    TRANSITIONS,
    Deadline,
    Input,
    Moment,
    Ours,
    State,
    Theirs,
)

MACHINES: list[Any] = [
    pytest.param(State, TRANSITIONS, State.NEW, {State.LOST}, id="connection"),
    pytest.param(Theirs, THEIRS, Theirs.COMING, {Theirs.UNREAD}, id="theirs"),
    pytest.param(Ours, OURS, Ours.SILENT, {Ours.DONE, Ours.CUT}, id="ours"),
]
Table = Mapping[Any, Mapping[str, Any]]


def reached(table: Table, start: Enum) -> set[Any]:
    """The states that events lead to from `start`."""
    found, new = {start}, [start]
    while new:
        new = [state for state in set(table[new.pop()].values()) if state not in found] + new
        found |= set(new)
    return found


@pytest.mark.parametrize(("machine", "table", "start", "ends"), MACHINES)
def test_every_state_has_a_row_and_can_be_reached(
    machine: Iterable[Any], table: Table, start: Enum, ends: set[Any]
) -> None:
    assert set(table) == set(machine)
    assert reached(table, start) == set(machine)


@pytest.mark.parametrize(("machine", "table", "start", "ends"), MACHINES)
def test_from_every_state_an_end_can_be_reached(
    machine: Iterable[Any], table: Table, start: Enum, ends: set[Any]
) -> None:
    for state in machine:
        assert reached(table, state) & ends


@pytest.mark.parametrize(("machine", "table", "start", "ends"), MACHINES)
def test_a_state_has_just_the_events_it_allows(
    machine: Iterable[Any], table: Table, start: Enum, ends: set[Any]
) -> None:
    events = {event for row in table.values() for event in row}
    for state in machine:
        assert {event: getattr(state, event) for event in events if hasattr(state, event)} == dict(
            table[state]
        )


def test_an_event_that_is_not_allowed_is_an_error() -> None:
    with pytest.raises(AttributeError, match="answered"):
        State.NEW.answered  # noqa: B018 -- to ask is the transition
    with pytest.raises(AttributeError, match="request_read"):
        State.FLUSH.request_read  # noqa: B018


def test_a_connection_may_be_lost_in_every_state_but_once() -> None:
    assert [state for state in State if "lost" not in TRANSITIONS[state]] == [State.LOST]


def test_a_request_begins_only_where_its_bytes_are_read_as_a_head() -> None:
    for state, allows in ALLOWS.items():
        assert allows.begins == (allows.input is Input.HEAD)
        assert allows.begins == ("request_read" in TRANSITIONS[state])
        assert not (allows.begins and allows.serves)


def test_the_next_request_waits_while_the_peer_has_not_taken_its_answer() -> None:
    assert not State.FLUSH.begins
    assert State.FLUSH.input is Input.KEPT
    assert State.FLUSH.taken is State.IDLE


def test_every_state_but_the_last_two_has_a_deadline() -> None:
    assert [state for state in State if not state.deadlines] == [State.UPGRADED, State.LOST]


def test_every_deadline_and_every_moment_is_in_the_table() -> None:
    rules = [rule for state in State for rule in state.deadlines]
    assert {rule.deadline for rule in rules} == set(Deadline)
    assert {rule.since for rule in rules} == set(Moment)


def test_every_deadline_is_an_option_or_a_constant() -> None:
    options = {field.name for field in dataclasses.fields(ServerConfig)}
    names = {deadline.value for deadline in Deadline}
    assert names - options == {"drain", "linger"}
    timeouts = {name for name in options if name.endswith("timeout")}
    assert timeouts == names & options | {"worker_timeout", "worker_start_timeout"}


def test_what_is_over_takes_no_more() -> None:
    assert [ours for ours in Ours if ours.over] == [Ours.COMPLETE, Ours.DONE, Ours.CUT]
