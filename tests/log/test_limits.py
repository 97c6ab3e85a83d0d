"""Limits: no text of a line is longer than said."""

from __future__ import annotations

import pytest

from gomicro.log.limits import cut


@pytest.mark.parametrize(
    ("field", "limit"), [("path", 4096), ("exception", 32768), ("stack", 32768)]
)
def test_long_text_keeps_its_two_ends(field: str, limit: int) -> None:
    half = limit // 2
    assert "a" * limit == cut(field, "a" * limit)
    assert "a" * half + "...(2 characters)..." + "b" * half == cut(
        field, "a" * (half + 1) + "b" * (half + 1)
    )
