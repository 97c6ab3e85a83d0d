"""The table of deadlines, played in virtual time."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gomicro.connection.deadlines import DRAIN, LINGER, Timeouts, standing
from gomicro.connection.state import Deadline, Moment, Rule, State

TIMEOUTS = Timeouts(header=1, read=2, write=4, idle=8)


@dataclass
class Since:
    """When the moments were."""

    state_at: float = 0.0
    request_at: float = 0.0
    answer_at: float = 0.0


SINCE = Since(100.0, 200.0, 300.0)
ARTICLE = Timeouts(header=1, read=1, write=1, idle=120)
NONE = Timeouts(header=0, read=0, write=0, idle=0)


STANDING = [
    pytest.param(State.NEW, (201, Deadline.HEADER), id="new: headers, from connect"),
    pytest.param(State.IDLE, (108, Deadline.IDLE), id="idle: from the last answer"),
    pytest.param(State.HEAD, (201, Deadline.HEADER), id="head: from its fourth byte"),
    pytest.param(State.BODY, (202, Deadline.READ), id="body: read before write"),
    pytest.param(State.ANSWER, (304, Deadline.WRITE), id="answer: from the headers"),
    pytest.param(State.FLUSH, (108, Deadline.IDLE), id="flush: write or idle"),
    pytest.param(State.DRAIN, (100 + DRAIN, Deadline.DRAIN), id="drain"),
    pytest.param(State.LINGER, (100 + LINGER, Deadline.LINGER), id="linger"),
    pytest.param(State.CLOSING, (304, Deadline.WRITE), id="closing: as the answer"),
    pytest.param(State.UPGRADING, (304, Deadline.WRITE), id="upgrading: as an answer"),
    pytest.param(State.UPGRADED, (inf, None), id="upgraded: free of deadlines"),
    pytest.param(State.LOST, (inf, None), id="lost: nothing to end"),
]


@pytest.mark.parametrize(("state", "expected"), STANDING)
def test_the_deadline_of_each_state(state: State, expected: tuple[float, Deadline | None]) -> None:
    assert standing(TIMEOUTS, state, SINCE) == expected


def test_the_table_above_is_complete() -> None:
    assert {parameter.values[0] for parameter in STANDING} == set(State)


@pytest.mark.parametrize("state", sorted(set(State) - {State.DRAIN, State.LINGER}, key=str))
def test_zero_means_that_no_deadline_stands(state: State) -> None:
    assert standing(NONE, state, SINCE) == (inf, None)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        pytest.param(State.DRAIN, (100 + DRAIN, Deadline.DRAIN), id="drain"),
        pytest.param(State.LINGER, (100 + LINGER, Deadline.LINGER), id="linger"),
    ],
)
def test_what_no_option_sets_stands_without_options(
    state: State, expected: tuple[float, Deadline]
) -> None:
    assert standing(NONE, state, SINCE) == expected


@pytest.mark.parametrize(
    ("timeouts", "expected"),
    [
        pytest.param(Timeouts(1, idle=120, read=3, write=2), (2, Deadline.WRITE), id="write first"),
        pytest.param(Timeouts(1, idle=120, read=2, write=3), (2, Deadline.READ), id="read first"),
        pytest.param(
            Timeouts(1, idle=120, read=2, write=2), (2, Deadline.READ), id="together: read"
        ),
        pytest.param(Timeouts(1, idle=120, read=0, write=2), (2, Deadline.WRITE), id="no read"),
        pytest.param(Timeouts(1, idle=120, read=2, write=0), (2, Deadline.READ), id="no write"),
    ],
)
def test_a_body_stands_under_two_deadlines(
    timeouts: Timeouts, expected: tuple[float, Deadline]
) -> None:
    assert standing(timeouts, State.BODY, Since()) == expected


SECONDS = st.floats(min_value=0, max_value=1e6)


@given(
    timeouts=st.builds(Timeouts, header=SECONDS, read=SECONDS, write=SECONDS, idle=SECONDS),
    state=st.sampled_from(State),
    since=st.builds(Since, SECONDS, SECONDS, SECONDS),
)
def test_what_stands_is_the_earliest_rule(timeouts: Timeouts, state: State, since: Since) -> None:
    def at(rule: Rule) -> float:
        moments = {
            Moment.STATE: since.state_at,
            Moment.REQUEST: since.request_at,
            Moment.ANSWER: since.answer_at,
        }
        return moments[rule.since] + timeouts.seconds(rule.deadline)

    passes, which = standing(timeouts, state, since)
    assert passes == min((at(rule) for rule in state.deadlines), default=inf)
    if which is None:
        assert passes == inf
    else:
        assert passes in [at(rule) for rule in state.deadlines if rule.deadline is which]


def play(*events: tuple[float, State]) -> tuple[float, Deadline] | None:
    """Walk a connection through its states; what ends it, and when, or None if nothing has."""
    since = Since()
    state = State.NEW
    for now, following in events:
        at, which = standing(ARTICLE, state, since)
        if which is not None and at <= now:
            return at, which
        state = following
        since.state_at = now
        if following is State.HEAD:
            since.request_at = now
        elif following in (State.BODY, State.ANSWER):
            since.answer_at = now
    return None


def test_a_month_of_requests_two_minutes_apart_meets_no_deadline() -> None:
    events = [
        event
        for n in range(30 * 24 * 30)
        for event in (
            (n * 120 + 0.5, State.HEAD if n else State.ANSWER),
            (n * 120 + 1.0, State.ANSWER),
            (n * 120 + 1.5, State.IDLE),
        )
    ]
    assert play(*events) is None


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([(9, State.ANSWER)], (1, Deadline.HEADER), id="says nothing"),
        pytest.param(
            [(0.9, State.BODY), (9, State.ANSWER)], (1, Deadline.READ), id="slow headers and body"
        ),
        pytest.param(
            [(0.9, State.ANSWER), (9, State.IDLE)], (1.9, Deadline.WRITE), id="slow handler"
        ),
        pytest.param(
            [(0.1, State.ANSWER), (0.2, State.IDLE), (999, State.HEAD)],
            (120.2, Deadline.IDLE),
            id="idle",
        ),
        pytest.param(
            [(0.1, State.ANSWER), (0.2, State.IDLE), (120, State.HEAD), (999, State.ANSWER)],
            (121, Deadline.HEADER),
            id="slow second request",
        ),
        pytest.param(
            [(0.1, State.ANSWER), (0.2, State.FLUSH), (9, State.IDLE)],
            (1.1, Deadline.WRITE),
            id="slow reader",
        ),
        pytest.param([(0.5, State.LINGER), (9, State.IDLE)], (1, Deadline.LINGER), id="lingers"),
        pytest.param([(0.5, State.UPGRADED), (10**9, State.IDLE)], None, id="upgraded"),
    ],
)
def test_a_life_ends_at_its_deadline(
    events: list[tuple[float, State]], expected: tuple[float, Deadline] | None
) -> None:
    assert play(*events) == expected
