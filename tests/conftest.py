"""What every test starts from."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.integration.gate import Gate

# How long an example takes depends on what else the machine does.
settings.register_profile("gomicro", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("gomicro")


@pytest.fixture(autouse=True, scope="session")
def _neutral_environment() -> None:
    """Take out of the environment what gomicro, or a test's client, would take orders from."""
    ours = ("GOMICRO_", "SSL_CERT_")
    proxies = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
    for name in list(os.environ):
        if name.startswith(ours) or name == "PORT" or name.lower() in proxies:
            del os.environ[name]


@pytest.fixture(autouse=True, scope="session")
def _compiled_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where no bytecode may be written beside the sources, keep it elsewhere: tests start hundreds
    of processes, which would each compile all that they import.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        os.environ["PYTHONPYCACHEPREFIX"] = str(tmp_path_factory.mktemp("bytecode"))


@pytest.fixture(autouse=True, scope="session")
def _interruptible() -> None:
    """Heed SIGINT, and have the processes that tests start heed it: a job in the background is
    started with it ignored.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """Have the collector see everything again: a command freezes what its process keeps, and
    Hypothesis looks whether somebody refers to its random numbers.
    """
    yield
    gc.unfreeze()
    gc.enable()


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    """A gate for code in another process to block before."""
    with Gate(tmp_path) as gate:
        yield gate


@pytest.fixture
def _removed_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current directory has been removed."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
