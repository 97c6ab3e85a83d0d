"""Escapes: what is not printable is not there any more, and nothing is lost."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gomicro.log.escape import escape


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("GET /a b", "GET /a b", id="printable"),
        pytest.param("Grüße ☃ 😀", "Grüße ☃ 😀", id="letters and signs of all languages"),
        pytest.param("a\r\n\tb", r"a\r\n\tb", id="line ends"),
        pytest.param("\x1b[31m\x00\x7f\x9b", r"\u001b[31m\u0000\u007f\u009b", id="controls"),
        pytest.param("\u202e\u2066\u200b\ufeff", r"\u202e\u2066\u200b\ufeff", id="formats"),
        pytest.param("\u2028\u2029\x85\xa0", r"\u2028\u2029\u0085\u00a0", id="separators"),
        pytest.param("\udc80", r"\udc80", id="lone surrogate"),
        pytest.param("\U000e0041", r"\udb40\udc41", id="tag beyond the first plane"),
    ],
)
def test_only_what_is_printable_stays_as_it_is(text: str, expected: str) -> None:
    assert expected == escape(text)


@given(st.text(st.characters(codec=None, exclude_characters='"\\')))
def test_escapes_are_those_of_json(text: str) -> None:
    escaped = escape(text)
    assert escaped.isprintable()
    assert text == json.loads(f'"{escaped}"')
