"""The head of a request: the parser's reading of it, held to what Go's `net/http` accepts.

httptools reads the header fields, unless all their lines are usual ones: see `UsualLines`. The
request line is ours, because Go serves every method and every form of target, and so are the checks
where the parser is laxer than Go: Host, versions, framing, counts. Whatever the parser refuses
stays refused.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_to_bytes

import httptools

from gomicro.http1.connection_header import has_token, read_connection
from gomicro.http1.faults import BAD_REQUEST, HEADERS_TOO_LARGE, HTTP2_PREFACE, Fault
from gomicro.http1.head_faults import VALID_HOST, check_whole_head, content_length, refusal_of
from gomicro.http1.head_lines import MAX_HEADER_VALUES
from gomicro.http1.head_memory import LONGEST_HEAD, MOST, HeadMemory
from gomicro.http1.line_faults import parse_request_line
from gomicro.http1.request_head import CHUNKED, Meaning, RequestHead
from gomicro.http1.request_names import request_id, trace
from gomicro.http1.target import parse_target
from gomicro.http1.usual_lines import Field, UsualLines

__all__ = ["HeadParser"]

_LONGEST_SECTION: Final = 2048
"""Bytes up to which the fields of a head are remembered."""

_USUAL_QUERY: Final = re.compile(rb"[!-~]*+\Z").match
_USUAL_VERSION: Final = b" HTTP/1.1\r\n"
_STAND_IN_LINE: Final = b"GET / HTTP/1.1\r\n"
_SPECIAL: Final = frozenset(
    (
        b"content-length",
        b"transfer-encoding",
        b"connection",
        b"expect",
        b"x-forwarded-for",
        b"x-forwarded-proto",
        b"x-request-id",
        b"traceparent",
    )
)
# A field that counts for nothing on HTTP/1.0, from the end of the line before. Whatever is wrong
# with it, a fold that follows it among that, is left for the parser to refuse.
_CODING_LINE: Final = re.compile(
    rb"\r\ntransfer-encoding:[\t\x20-\x7e\x80-\xff]*(?=\r\n[^ \t])", re.IGNORECASE
)
_USUAL_LENGTH: Final = re.compile(rb"[0-9]{1,18}\Z").match
_UNUSUAL: Final = frozenset((b"transfer-encoding", b"upgrade"))


class HeadParser:
    """Parses whole heads, and remembers some: clients send the same head again and again, or the
    same header fields with another request line.
    """

    __slots__ = (
        "_headers", "_lines", "_meanings", "_memory", "_names", "_parser", "_sections", "known",
    )  # fmt: skip

    def __init__(self, names: str = "never") -> None:
        """`names`: whether the responses have their requests' ids, as `--request-id-header`."""
        self._names = names
        self._memory: HeadMemory[RequestHead] = HeadMemory(LONGEST_HEAD)
        self.known = self._memory.heads
        """Heads that were parsed before, by all their bytes."""
        # The same by the bytes after the line, for lines that do not change their meaning.
        self._sections: HeadMemory[tuple[list[Field], Meaning]] = HeadMemory(_LONGEST_SECTION)
        self._lines = UsualLines(_SPECIAL | {b"host"}, _UNUSUAL)
        self._meanings: dict[tuple[Field, ...], Meaning] = {}
        """What marked fields mean, if their lines come again."""
        self._headers: list[Field] = []
        self._renew()

    def _renew(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        # The version and the framing are checked here, and more strictly.
        self._parser.set_dangerous_leniencies(
            lenient_version=True, lenient_chunked_length=True, lenient_keep_alive=True
        )

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field from the parser, which leaves the blanks after a value."""
        self._headers.append((name.lower(), value.rstrip()))

    def parse(self, data: bytes) -> RequestHead:
        """Parse the bytes of one head, up to and including its empty line.

        Raises the `Fault` to answer with if the head is not one that Go would serve.
        """
        return self.known.get(data) or self.parse_new(data)

    def parse_new(self, data: bytes) -> RequestHead:
        """As `parse`, for a head that is not among the `known`."""
        line, usual, section = data.partition(_USUAL_VERSION)
        start, _, query = line.partition(b"?")
        wanted = None
        if usual and (not query or _USUAL_QUERY(query)):
            wanted = self._lines.wanted.get(start) or self._lines.want(start)
        head = RequestHead(wanted)
        again = True
        if wanted is not None:
            head.query = query
            fields = self._sections.heads.get(section)
            if fields is not None:
                head.take_fields(*fields)
            else:
                again = self._read_fields(head, data, section)
        else:
            self._parse_unusual(head, data)
        method = head.method
        head.post = method == "POST"
        if method == "HEAD" or method == "CONNECT" or head.http_10:
            head.plain = head.short = False
        if self._names == "always":
            head.named, head.short = True, False
        if again and self._memory.offer(data, head):
            head.kept = True
        return head

    def _read_fields(self, head: RequestHead, data: bytes, section: bytes) -> bool:
        """Take and check the header fields, which are the head's `section`. False if a line of it
        has never come, and so neither has the whole of it.
        """
        again = True  # as far as is known
        read = self._lines.fields(section)
        if read is None:
            self._parse_fields(head, data, data)
        else:
            headers, marked, marks_known, new = read
            again = not new
            meaning = self._meanings.get(marked)
            if meaning is not None:
                head.take_fields(headers, meaning)
            elif len(fields := dict(marked)) != len(marked):
                self._parse_fields(head, data, data)
            else:
                head.take_headers(headers)
                self._check(head, fields, data)
                if marks_known:
                    if len(self._meanings) >= MOST:
                        self._meanings.clear()
                    self._meanings[marked] = head.meaning()
        if again:
            self._sections.offer(section, (head.headers, head.meaning()))
        return again

    def _parse_unusual(self, head: RequestHead, data: bytes) -> None:
        host = _read_unusual_line(head, data)
        as_usual = _STAND_IN_LINE + data[data.index(b"\n") + 1 :]
        if head.http_10:
            as_usual, codings = _CODING_LINE.subn(b"", as_usual)
            if codings:
                check_whole_head(data)  # they count among the header values
        self._parse_fields(head, data, as_usual)
        if host is not None:
            head.headers[:] = [f for f in head.headers if f[0] != b"host"]
            head.headers.insert(0, (b"host", host))

    def _parse_fields(self, head: RequestHead, data: bytes, as_usual: bytes) -> None:
        """Parse and check the header fields. `as_usual` is the head with a line for the parser."""
        self._headers = []
        head.take_headers(self._headers)
        try:
            self._parser.feed_data(as_usual)
        except httptools.HttpParserUpgrade:
            self._renew()
        except httptools.HttpParserError:
            self._renew()
            raise Fault(refusal_of(data)) from None
        fields = dict(head.headers)
        if b"content-length" in fields or b"transfer-encoding" in fields:
            self._renew()  # the parser would wait for the body, which is read elsewhere
        if len(fields) != len(head.headers):
            names = [name for name, _ in head.headers]
            if names.count(b"host") > 1 or names.count(b"transfer-encoding") > 1:
                self._renew()
                check_whole_head(data)
        self._check(head, fields, data)

    def _check(self, head: RequestHead, fields: dict[bytes, bytes], data: bytes) -> None:
        """Check and understand the `fields` that mean something."""
        if len(head.headers) > MAX_HEADER_VALUES:
            self._renew()
            raise Fault(HEADERS_TOO_LARGE)
        host = fields.get(b"host")
        if host is None:
            if not head.http_10 and head.method != "CONNECT":
                self._renew()
                raise Fault(refusal_of(data))
        elif not VALID_HOST.match(host):
            self._renew()
            raise Fault(refusal_of(data))
        if head.http_10:
            head.keep_alive = False
        if not _SPECIAL.isdisjoint(fields):
            self._read_special(head, fields, data)

    def _read_special(self, head: RequestHead, fields: dict[bytes, bytes], data: bytes) -> None:
        length = fields.get(b"content-length")
        chunked = b"transfer-encoding" in fields
        if length is not None or chunked:
            if chunked or not _USUAL_LENGTH(length or b""):
                check_whole_head(data)
            if length is not None:
                head.length = content_length(length)
            if chunked:
                head.length = CHUNKED
                head.headers[:] = [f for f in head.headers if f[0] != b"content-length"]
        if b"connection" in fields:
            values = [value for name, value in head.headers if name == b"connection"]
            head.keep_alive, upgrades = read_connection(values, http_10=head.http_10)
            if upgrades:
                head.upgrade = fields.get(b"upgrade", b"").lower()
        if b"expect" in fields:
            expect = next(value for name, value in head.headers if name == b"expect")
            continues = has_token(expect, b"100-continue")
            head.expect_continue = continues and head.length != 0 and not head.http_10
            head.expect_other = bool(expect) and not continues
        head.forwarded = b"x-forwarded-for" in fields or b"x-forwarded-proto" in fields
        head.request_id = request_id(fields.get(b"x-request-id", b""))
        head.named = self._names == "echo" and head.request_id != b""
        if b"traceparent" in fields:
            head.trace = trace([value for name, value in head.headers if name == b"traceparent"])
        head.plain = not (head.expect_continue or head.expect_other or head.upgrade)
        head.short = head.plain and not head.named


def _read_unusual_line(head: RequestHead, data: bytes) -> bytes | None:
    """Read a request line by Go's rules; return the authority of an absolute target."""
    line = data[: data.index(b"\n")]
    if not line.endswith(b"\r"):
        raise Fault(BAD_REQUEST)
    head.method, target, version = parse_request_line(line[:-1])
    if (head.method, target, version) == ("PRI", b"*", (2, 0)):
        raise Fault(HTTP2_PREFACE)
    if version[0] != 1:
        check_whole_head(data)
    head.http_10 = version == (1, 0)
    parts = parse_target(head.method, target)
    head.raw_path, head.query = parts.path, parts.query
    path = unquote_to_bytes(parts.path) if b"%" in parts.path else parts.path
    head.path = path.decode("utf-8", "replace")
    return parts.host
