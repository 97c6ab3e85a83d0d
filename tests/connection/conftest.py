"""What the tests of the engine share: tasks that start at once."""

from __future__ import annotations

from typing import Any

import pytest

from gomicro.connection import service
from gomicro.connection.service import EAGER, Service
from tests.compiled import COMPILED, FIXED


def start_eagerly(_: Service, loop: Any, coroutine: Any, head: Any) -> Any:
    """What Python 3.12's eager start comes to for a coroutine that does not wait."""
    with pytest.raises(StopIteration):
        coroutine.send(None)
    done = loop.create_future()
    done.set_result(None)
    return done


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.12's way to start a task, also before."""
    if not EAGER:
        if COMPILED:
            pytest.skip(FIXED)
        monkeypatch.setattr(service, "EAGER", True)
        monkeypatch.setattr(Service, "start", start_eagerly)
