"""Values: any object has a text, and no text is longer than said."""

from __future__ import annotations

import pytest

from gomicro.log.values import cut, describe


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


@pytest.mark.parametrize(
    ("field", "limit"), [("path", 4096), ("exception", 32768), ("stack", 32768)]
)
def test_long_text_keeps_its_two_ends(field: str, limit: int) -> None:
    half = limit // 2
    assert "a" * limit == cut(field, "a" * limit)
    assert "a" * half + "...(2 characters)..." + "b" * half == cut(
        field, "a" * (half + 1) + "b" * (half + 1)
    )
