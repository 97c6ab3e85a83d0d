"""Certificates that the environment names to be trusted and that cannot be had: OpenSSL passes them
by without a word.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping

__all__ = ["unusable"]

_FILE, _DIRECTORIES = "SSL_CERT_FILE", "SSL_CERT_DIR"


def unusable(environment: Mapping[str, str]) -> str:
    """What is wrong with SSL_CERT_FILE or SSL_CERT_DIR; "" if nothing is."""
    if _FILE in environment:
        file = environment[_FILE]
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
        except ssl.SSLError:
            return f"{_FILE} names {file!r}, which holds no certificate"
        except OSError as error:
            return f"{_FILE} names {file!r}, which cannot be read: {error.strerror}"
    if _DIRECTORIES in environment:
        names = environment[_DIRECTORIES]
        reasons = [_why_not(name) for name in names.split(os.pathsep)]
        if all(reasons):
            return f"{_DIRECTORIES} names {names!r}, which cannot be read: {reasons[0]}"
    return ""


def _why_not(directory: str) -> str:
    """Why a directory cannot be read; "" if it can."""
    try:
        os.scandir(directory).close()
    except OSError as error:
        return f"{error.strerror}"
    return ""
