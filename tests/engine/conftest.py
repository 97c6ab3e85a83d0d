"""What the tests of the engine share: a certificate, and tasks that start at once."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Certificate:
    """Paths of a certificate for localhost and of its key."""

    cert: str
    key: str


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate with")
    directory: Path = tmp_path_factory.mktemp("tls")
    made = Certificate(str(directory / "cert.pem"), str(directory / "key.pem"))
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    subjects = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run(
        [*command.split(), *subjects, "-keyout", made.key, "-out", made.cert],
        check=True,
        capture_output=True,
    )
    return made


def eager_task(coroutine: Any, *, loop: Any, eager_start: bool) -> Any:
    """What Python 3.12's eager start comes to for a coroutine that does not wait."""
    assert eager_start
    with pytest.raises(StopIteration):
        coroutine.send(None)
    done = loop.create_future()
    done.set_result(None)
    return done


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.12's way to start a task, also before."""
    if sys.version_info < (3, 12):
        monkeypatch.setattr(sys, "version_info", (3, 12))
        monkeypatch.setattr(asyncio, "Task", eager_task)
