"""One service for all wire tests, and what a table of cases comes to on it."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.integration.process import Service
from tests.wire.golang import AS_GO
from tests.wire.play import Seen, faults, play_until_agreed


@pytest.fixture(scope="session")
def port() -> Iterator[int]:
    """The port of a running `gomicro serve`, which is stopped, and must stop well, at the end."""
    service = Service(*AS_GO)
    try:
        yield service.port
        assert (service.stop(signal.SIGINT), service.errors()) == (0, "")
    finally:
        service.kill()


@pytest.fixture(scope="module")
def seen(request: pytest.FixtureRequest, port: int) -> dict[str, Seen]:
    """What was seen of each case of the test file's CASES, which are played side by side."""
    table = request.module.CASES
    return play_until_agreed(port, table, lambda name, seen: not faults(table[name], seen))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test of each case of a file's CASES."""
    if "name" in metafunc.fixturenames:
        metafunc.parametrize("name", metafunc.module.CASES)
