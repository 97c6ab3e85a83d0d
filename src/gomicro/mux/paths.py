"""Request paths as bytes on the wire: escaped, cleaned, and split as Go's net/url and ServeMux do.

A path is matched in its escaped form and split before it is unescaped, so that `%2F` inside a
segment never separates two.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote_to_bytes

__all__ = ["SLASH", "clean_path", "escape", "escaped", "split", "strip_port", "unescape"]

SLASH: Final = b"/"
"""The segment behind a trailing slash. A segment that decodes to a lone slash is the same (Go)."""

_UNESCAPED: Final = "$&+,/:;=@"  # beside letters, digits and -_.~ (net/url, encodePath)
_VALID: Final = (
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~$&+,/:;=@!'()*[]%"
)
_BAD_PERCENT: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_MAYBE_UNCLEAN: Final = re.compile(rb"/[/.]")
_HOST_AND_PORT: Final = re.compile(rb"(?:\[([^\[\]]*)\]|([^:\[\]]*)):[^:\[\]]*\Z")


def escape(path: bytes) -> bytes:
    """Percent-encode what may not stand in a path, with upper-case digits."""
    return quote(path, safe=_UNESCAPED).encode("ascii")


def escaped(raw: bytes) -> bytes:
    """Return a path as it came, or encoded anew if it holds bytes that may not stand in a path.

    Go's URL.EscapedPath for a URL that was parsed from `raw`.
    """
    if raw.translate(None, _VALID):
        return escape(unescape(raw))
    return raw


def unescape(text: bytes) -> bytes:
    """Decode percent-encoding; a text with a malformed one is left as it is."""
    if b"%" not in text or _BAD_PERCENT.search(text):
        return text
    return unquote_to_bytes(text)


def clean_path(path: bytes) -> bytes:
    """Return the path that begins with a slash and has no `//`, `.` or `..`.

    A trailing slash stays, but none comes where `.` or `..` ended the path (Go's cleanPath).
    Escaped dots and slashes are left alone.
    """
    if path[:1] == b"/" and not _MAYBE_UNCLEAN.search(path):
        return path
    kept: list[bytes] = []
    for segment in path.split(b"/"):
        if segment == b"..":
            del kept[-1:]
        elif segment not in (b"", b"."):
            kept.append(segment)
    clean = b"/" + b"/".join(kept)
    return clean + b"/" if kept and path.endswith(b"/") else clean


def split(path: bytes) -> list[bytes]:
    """Return the unescaped segments of a path that is empty or begins with a slash."""
    segments = path.split(b"/")
    del segments[0]
    if segments and not segments[-1]:
        segments[-1] = SLASH
    if b"%" in path:
        return [unescape(segment) for segment in segments]
    return segments


def strip_port(host: bytes) -> bytes:
    """Return `host` without `:port` and the brackets before it.

    A host that net.SplitHostPort would refuse comes back unchanged.
    """
    if b":" not in host:
        return host
    parts = _HOST_AND_PORT.match(host)
    if parts is None:
        return host
    return parts[2] if parts[1] is None else parts[1]
