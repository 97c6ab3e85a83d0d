"""A bounded run of the differential fuzzer; `python -m tests.fuzz` runs as long as one likes."""

from __future__ import annotations

import sys

import pytest

from tests.fuzz.__main__ import main
from tests.fuzz.conversation import Conversation
from tests.fuzz.differential import Difference, compare, servers
from tests.wire.golang import UnavailableError

CASES = 2000
SEED = 1


def test_generated_conversations_go_as_with_go(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever is sent, gomicro answers what the Go program answers, or is stricter as documented.

    A failure names its seed; `python -m tests.fuzz --cases 1 --seed SEED` repeats it.
    """
    try:
        with servers(tmp_path_factory.mktemp("go")) as (go, ours, process):
            outcome = compare(go, ours, range(SEED, SEED + CASES))
            assert process.running
            assert process.stdout is not None
            log = process.stdout.so_far()
    except UnavailableError as error:
        pytest.skip(str(error))
    assert [str(difference) for difference in outcome.differences] == []
    assert outcome.cases == CASES
    assert {100, 200, 307, 400, 417, 431, 501, 505} <= outcome.statuses.keys()
    assert log == []
    assert process.errors() == ""


def test_the_command_repeats_a_seed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["tests.fuzz", "--cases", "3", "--seed", "4711"])
    status = main()
    said = capsys.readouterr()
    if said.err:
        pytest.skip(said.err)
    assert said.out.splitlines()[-1].startswith("0 of 3 differ, from seed 4711; ")
    assert status == 0


def test_a_difference_says_what_was_sent_and_what_came_back() -> None:
    one = Conversation(4711, (b"GET / HTTP/1.1\r\n", b"\r\n"), half_close=True, methods=(b"GET",))
    assert str(Difference(one, ["closed: True -> False"])) == (
        "seed 4711:\n    b'GET / HTTP/1.1\\r\\n'\n    b'\\r\\n'\n    (and its end)\n"
        "  Go -> gomicro:\n    closed: True -> False"
    )
