"""What of a log makes a soak fail."""

from __future__ import annotations

import pytest

from tests.soak.served import is_telling, unexpected

FAILED = b'{"level":"error","logger":"gomicro.server","event":"application failed","path":"%s"}\n'


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        pytest.param(b'{"level":"info","event":"request"}\n', False, id="a request"),
        pytest.param(b'{"level":"info","event":"listening","port":1}\n', True, id="the start"),
        pytest.param(b'{"level":"warning","event":"write deadline passed"}\n', False, id="a cut"),
        pytest.param(FAILED % b"/fail", False, id="a failure on purpose"),
        pytest.param(FAILED % b"/hello", True, id="another failure"),
        pytest.param(b"Traceback (most recent call last):\n", True, id="no entry at all"),
    ],
)
def test_only_telling_lines_are_kept(line: bytes, kept: bool) -> None:
    assert is_telling(line) is kept


def test_each_sort_of_error_is_told_once() -> None:
    listening = {"event": "listening"}
    failed = {"event": "application failed", "exception": "Traceback:\n  a line\nKeyError: 1\n"}
    assert unexpected([listening, failed, failed, {"event": "grace used up"}]) == [
        "2 times in its log: application failed KeyError: 1",
        "1 times in its log: grace used up ",
    ]
