"""Patterns: what a ServeMux matches requests against, and their syntax `[METHOD ][HOST]/[PATH]`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from gomicro.errors import PatternError
from gomicro.mux.paths import clean_path, unescape

__all__ = ["DOLLAR", "Pattern", "Segment", "parse_pattern", "quoted"]

_METHOD_AND_BLANKS: Final = re.compile(r"([^ \t]*)[ \t]+")
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+\-.^_`|~]+")  # RFC 9110 section 5.6.2


class Segment(NamedTuple):
    """A piece of a pattern's path.

    `text` is a literal, unescaped, or a wildcard's name. Plain: matches that literal. `wild`:
    matches any one segment. `wild` and `multi`: matches the rest of the path; without a name it
    stands for a trailing slash.
    """

    text: str
    wild: bool = False
    multi: bool = False

    @property
    def key(self) -> bytes:
        """The literal as the bytes it is in a path."""
        return self.text.encode("utf-8", "surrogateescape")


DOLLAR: Final = Segment("/")
"""What `{$}` becomes: a literal that matches only a trailing slash."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A parsed pattern. An empty method or host matches any; there is at least one segment."""

    text: str
    method: str
    host: str
    segments: tuple[Segment, ...]
    place: str = "unknown location"

    @property
    def multi(self) -> bool:
        """Whether it matches paths of any length beyond its own."""
        return self.segments[-1].multi

    def __str__(self) -> str:
        return self.text


def quoted(text: str) -> str:
    """Return `text` in double quotes, what cannot be printed escaped."""
    return json.dumps(text, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()


def parse_pattern(text: str, place: str = "unknown location") -> Pattern:
    """Parse `[METHOD ][HOST]/[PATH]`; `place` tells where it was registered.

    METHOD is followed by blanks or tabs. PATH consists of literals and the wildcards `{name}`,
    `{name...}` and `{$}`, the latter two only at its end; names are distinct identifiers.

    Raises PatternError with the offset of the fault, in characters.
    """
    if not text:
        raise PatternError('parsing "": empty pattern')
    lead = _METHOD_AND_BLANKS.match(text)
    method, start = (lead[1], lead.end()) if lead else ("", 0)
    if method and not _TOKEN.fullmatch(method):
        raise _malformed(text, 0, f"invalid method {quoted(method)}")
    slash = text.find("/", start)
    if slash < 0:
        raise _malformed(text, start, "host/path missing /")
    host = text[start:slash]
    if "{" in host:
        what = "host contains '{' (missing initial '/'?)"
        raise _malformed(text, start + host.index("{"), what)
    _check_path(text, method, slash)
    return Pattern(text, method, host, tuple(_segments(text, slash + 1)), place)


def _malformed(text: str, offset: int, what: str) -> PatternError:
    return PatternError(f"parsing {quoted(text)}: at offset {offset}: {what}")


def _check_path(text: str, method: str, slash: int) -> None:
    try:
        path = text[slash:].encode()
    except UnicodeEncodeError as error:
        raise _malformed(text, slash + error.start, "no UTF-8 for this character") from None
    # Paths are cleaned before they are matched, except those of CONNECT.
    if method not in ("", "CONNECT") and path != clean_path(path):
        what = "non-CONNECT pattern with unclean path can never match"
        raise _malformed(text, slash, what)


def _segments(text: str, offset: int) -> list[Segment]:
    segments: list[Segment] = []
    names: set[str] = set()
    pieces = text[offset:].split("/")
    last = len(pieces) - 1
    for index, piece in enumerate(pieces):
        if "{" in piece:
            segment = _wildcard(text, offset, piece, last=index == last)
            if segment.wild and segment.text in names:
                what = f"duplicate wildcard name {quoted(segment.text)}"
                raise _malformed(text, offset, what)
            names.add(segment.text)
        elif piece or index < last:
            literal = unescape(piece.encode()).decode("utf-8", "surrogateescape")
            segment = Segment(literal)
        else:
            segment = Segment("", wild=True, multi=True)
        segments.append(segment)
        offset += len(piece) + 1
    return segments


def _wildcard(text: str, offset: int, piece: str, *, last: bool) -> Segment:
    if not piece.startswith("{"):
        raise _malformed(text, offset, "bad wildcard segment (must start with '{')")
    if not piece.endswith("}"):
        raise _malformed(text, offset, "bad wildcard segment (must end with '}')")
    name = piece[1:-1]
    if name == "$":
        if not last:
            raise _malformed(text, offset, "{$} not at end")
        return DOLLAR
    multi = name.endswith("...")
    if multi and not last:
        raise _malformed(text, offset, "{...} wildcard not at end")
    name = name.removesuffix("...")
    if not name:
        raise _malformed(text, offset, "empty wildcard")
    if not _is_identifier(name):
        raise _malformed(text, offset, f"bad wildcard name {quoted(name)}")
    return Segment(name, wild=True, multi=multi)


def _is_identifier(name: str) -> bool:
    """Whether `name` is a Go identifier: letters, `_`, and behind the first also digits."""
    return not name[0].isdecimal() and all(c == "_" or c.isalpha() or c.isdecimal() for c in name)
