"""Times as text, from a clock that the test turns."""

from __future__ import annotations

import time

import pytest

from gomicro.log.clock import local_clock, utc_clock

SECOND = 1_000_000_000
START = 1795464176 * SECOND


def test_utc_is_rfc_3339_with_microseconds() -> None:
    times = iter(
        [START, START + 123_456_789, START + SECOND - 1, START + SECOND, START - SECOND + 7_008_999]
    )
    now = utc_clock(lambda: next(times))
    assert [now() for _ in range(5)] == [
        "2026-11-23T20:02:56.000000Z",
        "2026-11-23T20:02:56.123456Z",
        "2026-11-23T20:02:56.999999Z",
        "2026-11-23T20:02:57.000000Z",
        "2026-11-23T20:02:55.007008Z",
    ]


def test_local_is_the_time_of_day_where_the_machine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "NPT-5:45")
    time.tzset()
    try:
        assert local_clock(lambda: START + 123_456_789)() == "01:47:56.123"
    finally:
        monkeypatch.undo()
        time.tzset()
