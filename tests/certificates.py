"""Certificates for the tests, made by openssl."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Certificate:
    """Paths of a certificate that vouches for itself, and of its key."""

    cert: str
    key: str

    @property
    def flags(self) -> tuple[str, ...]:
        """What `gomicro serve` is told to serve with it."""
        return ("--tls-cert", self.cert, "--tls-key", self.key)


def make_certificate(directory: Path, *names: str) -> Certificate:
    """Make a certificate for names as openssl has them (`DNS:localhost`), and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed, which makes the certificate")
    made = Certificate(str(directory / "cert.pem"), str(directory / "key.pem"))
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    subject = ["-subj", "/CN=localhost", "-addext", f"subjectAltName={','.join(names)}"]
    subprocess.run(
        [*command.split(), *subject, "-keyout", made.key, "-out", made.cert],
        check=True,
        capture_output=True,
        timeout=30,
    )
    return made
