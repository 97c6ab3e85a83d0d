"""What the documentation takes from the code is what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.generated import GENERATED
from tests.docs.pages import name


@pytest.mark.parametrize("file", GENERATED, ids=name)
def test_generated_parts_are_up_to_date(file: Path) -> None:
    """A change of an option or a deadline is in the documentation as well."""
    text = file.read_text(encoding="utf-8")
    assert text == GENERATED[file](text), "run: python -m tests.docs"
