"""Certificates for the tests, made by openssl."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.peer import Peer, get


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


class Pair:
    """The files of a certificate that is renewed."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.cert, self.key = directory / "live.pem", directory / "live.key"

    def become(self, name: str) -> str:
        """Put another certificate in place; returns it, for a client to trust."""
        (self.directory / name).mkdir()
        made = make_certificate(self.directory / name, "IP:127.0.0.1")
        shutil.copy(made.cert, self.cert)
        shutil.copy(made.key, self.key)
        return made.cert


def trusted(port: int, ca: str) -> bool:
    """Whether a new client that trusts only `ca` is served."""
    context = ssl.create_default_context(cafile=ca)
    plain = socket.create_connection(("127.0.0.1", port), timeout=30)
    try:
        peer = Peer(port, sock=context.wrap_socket(plain, server_hostname="127.0.0.1"))
    except ssl.SSLCertVerificationError:
        plain.close()
        return False
    with peer:
        return peer.send(get("/hello")).answer().body == b"hello"
