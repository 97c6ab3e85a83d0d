"""Groups of tests: what would be in each other's way is run in one process, one after another."""

from __future__ import annotations

import pytest


def test_groups_are_kept_together_where_that_is_asked_for(request: pytest.FixtureRequest) -> None:
    """With `--dist loadgroup`. A pytest that pytest-xdist does not know yet lets them go, without a
    word.
    """
    grouped = [item for item in request.session.items if item.get_closest_marker("xdist_group")]
    kept = ["@" in item.nodeid.rpartition("]")[2] for item in grouped]
    assert kept == [getattr(request.config.option, "loadgroup", False)] * len(grouped)
