"""JSON lines: whatever is in an entry, it is one printable line that parses."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gomicro.log.render_json import render_json

ANY_TEXT = st.text(st.characters(codec=None))
ANY_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.binary() | ANY_TEXT,
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(ANY_TEXT | st.integers(), inner)
        | st.frozensets(st.integers()).map(lambda items: (items,))
    ),
)


class Broken:
    """An object whose repr raises."""

    def __repr__(self) -> str:
        raise RuntimeError("no")


class Surrogate:
    """An object whose repr is no Unicode text."""

    def __repr__(self) -> str:
        return "\ud800"


@given(st.dictionaries(ANY_TEXT, ANY_VALUE, min_size=1))
def test_any_entry_is_one_printable_line_that_parses(entry: dict[str, Any]) -> None:
    line = render_json(entry).decode()
    assert line.endswith("\n")
    assert line[:-1].isprintable()
    assert len(entry) == len(json.loads(line, object_pairs_hook=list))


@given(st.dictionaries(st.text(), st.text() | st.integers(-(2**63), 2**63 - 1) | st.none()))
def test_what_json_has_comes_back_as_it_was(entry: dict[str, Any]) -> None:
    assert entry == json.loads(render_json(entry))


LOOP: list[Any] = []
LOOP.append(LOOP)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(b"\x1b\xff", "\x1b\\xff", id="bytes"),
        pytest.param("\udc80", "\\udc80", id="lone surrogate"),
        pytest.param(["\udc80"], "['\\udc80']", id="lone surrogate within"),
        pytest.param({1: 2}, {"1": 2}, id="keys that are numbers"),
        pytest.param(2**64, str(2**64), id="more than 64 bits"),
        pytest.param(LOOP, "[[...]]", id="contains itself"),
        pytest.param(float("nan"), None, id="not a number"),
        pytest.param(Broken(), "<Broken whose repr raises RuntimeError>", id="broken repr"),
        pytest.param(Surrogate(), "\\ud800", id="repr that is no text"),
        pytest.param(PurePosixPath("/a"), "PurePosixPath('/a')", id="by its repr"),
        pytest.param(datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00", id="time"),
    ],
)
def test_value_that_is_no_json_does_not_lose_the_line(value: object, expected: object) -> None:
    assert {"event": "e", "field": expected, "other": 1} == json.loads(
        render_json({"event": "e", "field": value, "other": 1})
    )


def test_key_with_a_lone_surrogate_does_not_lose_the_line() -> None:
    assert json.loads(render_json({"\udc80": 1})) == {"\\udc80": 1}


def test_long_values_are_cut_each_for_itself() -> None:
    items = list(range(3000))
    entry = {"event": "e", "path": "a" * 5000, "items": items, "few": [1], "k" * 5000: 1}
    short = json.loads(render_json(entry))
    ends = "a" * 2048
    assert f"{ends}...(904 characters)...{ends}" == short["path"]
    assert short["items"].startswith("[0,1,2,3,")
    assert short["items"].endswith(",2999]")
    assert short["few"] == [1]
    assert max(len(name) for name in short) < 5000


def test_line_that_is_long_by_its_number_of_fields_has_64() -> None:
    short = json.loads(render_json({f"field{number}": number for number in range(1000)}))
    assert {f"field{number}": number for number in range(64)} == short


def test_traceback_is_longer_than_other_texts() -> None:
    entry = {"event": "e", "exception": "a" * 30000}
    assert entry == json.loads(render_json(entry))
