"""A short soak. Twenty seconds tell what is left behind, not whether memory grows by a percent."""

from __future__ import annotations

import sys

import pytest

from tests.integration.process import Process

GENEROUS = "50"
"""Percent that memory may grow here: in so short a time caches and the allocator still fill up."""


@pytest.mark.xdist_group("soak")
def test_twenty_seconds_of_all_kinds_of_clients_leave_nothing_behind() -> None:
    command = (sys.executable, "-m", "tests.soak", "--minutes", "0.33", "--drift", GENEROUS)
    soak = Process(*command)
    try:
        status = soak.wait(patience=180)
    finally:
        soak.kill()
    assert soak.stdout is not None
    told = b"".join(soak.stdout.all()).decode()
    assert (status, soak.errors()) == (0, ""), told
    assert told.endswith("passed\n")
