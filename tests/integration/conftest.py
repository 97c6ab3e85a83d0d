"""What the integration tests share: services that never outlive their test, and a certificate."""

from __future__ import annotations

import contextlib
import resource
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.process import Service

Serve = Callable[..., Service]


@contextlib.contextmanager
def _services() -> Iterator[Serve]:
    """A function that starts services; at the end each must stop at once, silent and with 0."""
    started: list[Service] = []

    def serve(*arguments: str, **options: Any) -> Service:
        service = Service(*arguments, **options)
        started.append(service)
        return service

    try:
        yield serve
        for service in started:
            if service.running:
                assert (service.stop(signal.SIGINT), service.errors()) == (0, "")
    finally:
        for service in started:
            service.kill()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start services that end with the test."""
    with _services() as start:
        yield start


@pytest.fixture(scope="module")
def serve_module() -> Iterator[Serve]:
    """Start services that end with the test file."""
    with _services() as start:
        yield start


@pytest.fixture(scope="session")
def many_files() -> None:
    """Let this process, and those it starts, open thousands of files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 10_000 if hard == resource.RLIM_INFINITY else min(10_000, hard)
    if wanted < 5_000:
        pytest.skip(f"the system allows a process {hard} open files, the test needs 5,000")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


@dataclass(frozen=True)
class Certificate:
    """Paths of a certificate for 127.0.0.1 that vouches for itself, and of its key."""

    cert: str
    key: str

    @property
    def flags(self) -> tuple[str, ...]:
        return ("--tls-cert", self.cert, "--tls-key", self.key)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate made by openssl."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


def make_certificate(directory: Path) -> Certificate:
    """Have openssl make a certificate and its key in `directory`."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed, which makes the certificate")
    made = Certificate(str(directory / "cert.pem"), str(directory / "key.pem"))
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1"
    extension = ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        [*command.split(), *extension, "-keyout", made.key, "-out", made.cert],
        check=True,
        capture_output=True,
    )
    return made
