"""What the tests of the engine share: tasks that start at once."""

from __future__ import annotations

import sys
from typing import Any

import pytest


def start_eagerly(coroutine: Any, loop: Any) -> Any:
    """What Python 3.12's eager start comes to for a coroutine that does not wait."""
    with pytest.raises(StopIteration):
        coroutine.send(None)
    done = loop.create_future()
    done.set_result(None)
    return done


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.12's way to start a task, also before."""
    if sys.version_info < (3, 12):
        monkeypatch.setattr("gomicro.engine.service._new_task", start_eagerly)
