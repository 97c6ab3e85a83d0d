"""A bounded run of the differential fuzzer; `python -m tests.fuzz` runs as long as one likes."""

from __future__ import annotations

import pytest

from tests.fuzz.differential import compare, servers
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
