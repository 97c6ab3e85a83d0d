"""The request target (RFC 9112 section 3.2), read as Go's `url.ParseRequestURI` reads it."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address
from typing import Final, NamedTuple

from gomicro.http1.faults import BAD_REQUEST, Fault

__all__ = ["Target", "parse_target"]

_CONTROL: Final = re.compile(rb"[\x00-\x20\x7f]")
_BAD_PERCENT: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_SCHEME: Final = re.compile(rb"([A-Za-z][A-Za-z0-9+.-]*):")
_PORT: Final = re.compile(rb"(?::[0-9]*)?\Z")
_USERINFO: Final = re.compile(rb"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*\Z")
# In a host only bytes that are not ASCII may be percent-encoded (RFC 3986 section 3.2.2).
_HOST: Final = re.compile(
    rb"(?:[A-Za-z0-9\-._~!$&'()*+,;=:\[\]<>\"\x80-\xff]|%[89A-Fa-f][0-9A-Fa-f]|%25)*\Z"
)


class Target(NamedTuple):
    """A target's parts as they came: percent-encoded, not cleaned."""

    path: bytes
    query: bytes
    host: bytes | None  # the authority of the absolute form, which outranks the Host header


def parse_target(method: str, target: bytes) -> Target:
    """Split a request target. Raises the 400 `Fault` for what Go refuses."""
    if _CONTROL.search(target) or not (target or method == "CONNECT"):
        raise Fault(BAD_REQUEST)
    if target == b"*":
        return Target(target, b"", None)
    if target.startswith(b"/"):
        return Target(*_path_and_query(target), None)
    if method == "CONNECT":
        return _with_authority(b"http", b"//" + target)
    scheme = _SCHEME.match(target)
    if scheme is None:
        raise Fault(BAD_REQUEST)
    rest = target[scheme.end() :]
    if not rest.startswith(b"/"):  # opaque: there is no path
        return Target(b"", rest.partition(b"?")[2], None)
    return _with_authority(scheme[1].lower(), rest)


def _path_and_query(target: bytes) -> tuple[bytes, bytes]:
    path, _, query = target.partition(b"?")
    if _BAD_PERCENT.search(path):
        raise Fault(BAD_REQUEST)
    return path, query


def _with_authority(scheme: bytes, rest: bytes) -> Target:
    if not rest.startswith(b"//"):
        return Target(*_path_and_query(rest), None)
    before_query, _, query = rest[2:].partition(b"?")
    authority, slash, path = before_query.partition(b"/")
    path = slash + path
    if _BAD_PERCENT.search(path):
        raise Fault(BAD_REQUEST)
    userinfo, _, host = authority.rpartition(b"@")
    if not _USERINFO.match(userinfo) or _BAD_PERCENT.search(userinfo):
        raise Fault(BAD_REQUEST)
    _check_host(scheme, host)
    return Target(path, query, host or None)


def _check_host(scheme: bytes, host: bytes) -> None:
    if host.startswith(b"["):
        address, bracket, port = host[1:].rpartition(b"]")
        if not bracket or not _PORT.match(port) or b"[" in address:
            raise Fault(BAD_REQUEST)
        _check_ip_literal(address)
        return
    if b"[" in host or not _HOST.match(host):
        raise Fault(BAD_REQUEST)
    # One colon in the host of http and https; other schemes may list hosts with their ports (Go).
    colon = host.find(b":") if scheme in (b"http", b"https") else host.rfind(b":")
    if colon >= 0 and not _PORT.match(host[colon:]):
        raise Fault(BAD_REQUEST)


def _check_ip_literal(address: bytes) -> None:
    """Only an IPv6 address may stand in brackets, its zone after `%25` (RFC 6874)."""
    literal, percent, zone = address.partition(b"%25")
    try:
        IPv6Address(literal.decode("ascii"))
    except (AddressValueError, UnicodeDecodeError):
        raise Fault(BAD_REQUEST) from None
    if b"%" in literal or not _HOST.match(zone) or (percent and not zone):
        raise Fault(BAD_REQUEST)
