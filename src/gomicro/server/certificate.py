"""A certificate and its key, read from two files that have to fit together."""

from __future__ import annotations

import signal
import ssl
import sys
from functools import partial
from pathlib import Path
from threading import current_thread, main_thread

from gomicro.errors import StartupError

__all__ = ["load_certificate"]

_ENCRYPTED = ("ENCRYPTED PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED")
"""How PEM says that a key is encrypted (RFC 7468 section 11, RFC 1421 section 4.6)."""


def load_certificate(cert: str, key: str, *, ask: bool = True) -> ssl.SSLContext:
    """A context for handshakes with this certificate chain and key, both read now.

    `ask`: the password of an encrypted key is asked for, if standard input is a terminal; else the
    key is refused. Raises StartupError, which names the file that is wrong.
    """
    _read(cert, "certificate", "CERTIFICATE-----")
    text = _read(key, "key", "PRIVATE KEY-----")
    encrypted = any(mark in text for mark in _ENCRYPTED)
    if encrypted and not (ask and _terminal()):
        raise StartupError(
            f"the key {key!r} is encrypted, and nobody can be asked for its password: write it "
            f"without one (openssl pkey -in {key} -out plain.pem)"
        )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(cert, key, partial(_password, key) if encrypted else None)
    except (EOFError, OSError, ValueError) as error:  # SSLError is an OSError
        raise StartupError(_reason(error, cert, key, encrypted)) from None
    return context


def _read(file: str, what: str, mark: str) -> str:
    try:
        text = Path(file).read_text(encoding="latin-1")
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", error)
        raise StartupError(f"cannot read the {what} {file!r}: {reason}") from None
    if mark not in text:
        raise StartupError(f"{file!r} is no {what} in PEM: it has no line '-----BEGIN {mark}'")
    return text


def _terminal() -> bool:
    return sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty()


def _password(key: str) -> str:
    """Ask for it. SIGINT ends that, as it ends any program that asks on a terminal."""
    from getpass import getpass

    prompt = f"Password of the key {key!r}: "
    if current_thread() is not main_thread():
        return getpass(prompt)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return getpass(prompt)
    finally:
        signal.signal(signal.SIGINT, before)


def _reason(error: Exception, cert: str, key: str, encrypted: bool) -> str:
    reason = getattr(error, "reason", None) or str(error)
    if reason == "KEY_VALUES_MISMATCH":
        return f"the key {key!r} is not the key of the certificate {cert!r}"
    if encrypted:
        return f"the key {key!r} cannot be decrypted with that password"
    return f"cannot use the certificate {cert!r} with the key {key!r}: {reason}"
