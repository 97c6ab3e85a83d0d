"""Lines of heads as clients mostly send them. Those that come again and again are read once.

What is usual is less than the parser accepts, and means the same. The rest is the parser's to
accept or refuse.
"""

from __future__ import annotations

import re
from typing import Any, Final

from gomicro.http1.head_lines import MAX_HEADER_VALUES
from gomicro.http1.head_memory import HeadMemory

__all__ = ["Field", "Section", "UsualLines", "Wanted"]

Field = tuple[bytes, bytes]
"""The name of a header field, in lower case, and its value."""

Section = tuple[list[Field], tuple[Field, ...], bool, bool]
"""All fields of a head; those that are marked; whether the lines of these are known to come again;
and whether a line of the others has never come, as far as is known."""

LONGEST_LINE: Final = 256
"""Bytes up to which a line is remembered."""

MOST_LINES: Final = 1024
"""Field lines that are remembered."""

_KNOWN_METHODS: Final = {
    name.encode(): name
    for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
}
# Nothing percent-encoded, no byte that is refused or means more than itself.
_PATH: Final = re.compile(rb"/[!-$&->@-~]*+\Z").match
_FIELD: Final = re.compile(
    rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]++):[ \t]*+([\t\x20-\x7e\x80-\xff]*+)\Z"
).match


class Wanted:
    """What a request line wants, but for its query. Shared by the requests that want the same.

    `kept`: it is remembered. `scope` and `terms` are the engine's, to keep what they share.
    """

    __slots__ = ("kept", "method", "path", "raw_path", "scope", "terms")

    def __init__(self, method: str, raw_path: bytes) -> None:
        self.method = method
        self.raw_path = raw_path
        self.path = raw_path.decode()
        self.kept = False
        self.scope: dict[str, Any] | None = None
        self.terms: Any = None


class UsualLines:
    """Reads lines of HTTP/1.1 heads, and remembers some."""

    __slots__ = ("_marked", "_marks", "_others", "_unusual", "_wanted", "wanted")

    def __init__(self, marks: frozenset[bytes], unusual: frozenset[bytes]) -> None:
        """`marks`: names of fields that mean something to the server. `unusual`: names of fields
        that are none of the usual ones.
        """
        self._wanted: HeadMemory[Wanted] = HeadMemory(LONGEST_LINE)
        self.wanted = self._wanted.heads
        """What was read before, by the start of its line."""
        self._marks = marks
        self._unusual = unusual
        self._marked: HeadMemory[Field] = HeadMemory(LONGEST_LINE)
        self._others: HeadMemory[Field] = HeadMemory(LONGEST_LINE, MOST_LINES)

    def want(self, start: bytes) -> Wanted | None:
        """What a request line wants whose `start`, up to the query or the version, is that, and not
        among the `wanted`; None if it is none of the usual ones.
        """
        name, _, path = start.partition(b" ")
        method = _KNOWN_METHODS.get(name)
        if method is None or not _PATH(path):
            return None
        wanted = Wanted(method, path)
        wanted.kept = self._wanted.offer(start, wanted)
        return wanted

    def fields(self, section: bytes) -> Section | None:
        """What the lines say that a head has behind its first, its empty line included; None if
        some line is none of the usual ones.
        """
        lines = section[:-4].split(b"\r\n")
        if len(lines) > MAX_HEADER_VALUES:
            return None
        others, known_marks = self._others.heads, self._marked.heads
        fields: list[Field] = []
        marked: list[Field] = []
        marks_known, new = True, False
        for line in lines:
            field = others.get(line)
            if field is None:
                field = known_marks.get(line)
                if field is not None:
                    marked.append(field)
                else:
                    match = _FIELD(line)
                    if match is None:
                        return None
                    field = match[1].lower(), match[2].rstrip()
                    if field[0] in self._unusual:
                        return None
                    if field[0] in self._marks:
                        marks_known &= self._marked.offer(line, field)
                        marked.append(field)
                    elif not self._others.offer(line, field) and len(line) <= LONGEST_LINE:
                        new = True
            fields.append(field)
        return fields, tuple(marked), marks_known, new
