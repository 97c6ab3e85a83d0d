"""Text made safe: what is not printable is not there any more, and nothing is lost."""

from __future__ import annotations

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gomicro.text import describe, encodable, escape_json, escape_toml, printable


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
    assert expected == escape_json(text)


@given(st.text(st.characters(codec=None, exclude_characters='"\\')))
def test_escapes_are_those_of_json(text: str) -> None:
    escaped = escape_json(text)
    assert escaped.isprintable()
    assert text == json.loads(f'"{escaped}"')


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters='"\\')))
def test_escapes_are_those_of_toml(text: str) -> None:
    escaped = escape_toml(text)
    assert escaped.isprintable()
    assert {"text": text} == tomllib.loads(f'text = "{escaped}"')


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain \u00fc", "plain \u00fc"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\r\nb", "a\\r\\nb"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202eabc", "\\u202eabc"),
        ("\udc80", "\\udc80"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_nothing_a_terminal_acts_on_is_printed(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_lone_surrogate_can_be_encoded_as_its_escape() -> None:
    assert encodable("caf\u00e9 \udc80 \x1b") == "caf\u00e9 \\udc80 \x1b"


class Broken:
    """An object whose repr raises."""

    def __repr__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(b"caf\xc3\xa9 \xff", "café \\xff", id="bytes"),
        pytest.param(bytearray(b"a"), "a", id="bytearray"),
        pytest.param({1}, "{1}", id="by its repr"),
        pytest.param(Broken(), "<Broken whose repr raises RuntimeError>", id="no repr"),
        pytest.param(10**5000, "<int whose repr raises ValueError>", id="gigantic number"),
    ],
)
def test_any_value_has_a_text(value: object, expected: str) -> None:
    assert expected == describe(value)
