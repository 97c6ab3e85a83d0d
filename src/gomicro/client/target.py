"""A base URL, taken apart and checked."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote, urlsplit

from gomicro.errors import ClientError

__all__ = ["Target", "parse_url"]

_BAD_URL = 3
_PORTS = {"http": 80, "https": 443}


class Target(NamedTuple):
    """Where a service is. `host` is ASCII, IPv6 without brackets; `path` ends with no slash."""

    secure: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The Host header: no port if it is the scheme's own (RFC 9110 section 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = _PORTS["https" if self.secure else "http"]
        return host if self.port == usual else f"{host}:{self.port}"


def parse_url(url: str) -> Target:
    """The service at a base URL, such as http://localhost:9090; without a scheme it is http.

    Raises ClientError (3) with a text that says what cannot be used.
    """
    try:
        return _parse(url if "://" in url else f"http://{url}")
    except ValueError as error:
        raise ClientError(f"bad URL {url!r}: {error}", _BAD_URL) from None


def _parse(url: str) -> Target:
    # urlsplit drops tabs and line ends without a word, so they are looked for before.
    if any(char <= " " or char == "\x7f" for char in url):
        raise ValueError("it holds a space or a control character")
    parts = urlsplit(url)
    if parts.scheme not in _PORTS:
        raise ValueError("the scheme must be http or https")
    if "@" in parts.netloc:
        raise ValueError("user names and passwords are not supported")
    if "?" in url or "#" in url:
        raise ValueError("a base URL has no ? and no #")
    host = _ascii(parts.hostname or "")
    if not host:
        raise ValueError("it names no host")
    port = _PORTS[parts.scheme] if parts.port is None else parts.port
    if not port:
        raise ValueError("port 0 cannot be connected to")
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~", errors="surrogateescape").rstrip("/")
    return Target(parts.scheme == "https", host, port, path)


def _ascii(host: str) -> str:
    """The host as DNS knows it; UnicodeError, a ValueError, if it cannot be a name."""
    return host if host.isascii() else host.encode("idna").decode()
