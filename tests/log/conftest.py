"""What the tests of logging share: a clean state after each, and a log to read."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from gomicro import log
from gomicro.log import pipeline
from gomicro.log.bridge import Bridge


@pytest.fixture(autouse=True)
def _clean_state() -> Iterator[None]:
    root = logging.getLogger()
    level = root.level
    yield
    log.flush()
    pipeline._pipelines.clear()
    logging.captureWarnings(False)
    for handler in root.handlers[:]:
        if isinstance(handler, Bridge):
            root.removeHandler(handler)
    root.setLevel(level)
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Send lines from info up as JSON to a file; the value reads them back."""
    path = tmp_path / "log"
    with path.open("w") as stream:
        log.configure("info", "json", stream)

        def read() -> list[dict[str, Any]]:
            log.flush()
            return [json.loads(line) for line in path.read_bytes().splitlines()]

        yield read
