"""The content type of bytes that came without one, decided as Go's net/http/internal/sniff.go does.

Both follow https://mimesniff.spec.whatwg.org/ with Go's deviations (RAR's signatures, no icon of
type `image/vnd.microsoft.icon`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

__all__ = ["OCTETS", "SNIFF_LENGTH", "TEXT", "detect_content_type"]

SNIFF_LENGTH: Final = 512
"""How many bytes from the start of the data are looked at."""

TEXT: Final = b"text/plain; charset=utf-8"
OCTETS: Final = b"application/octet-stream"

# Section 3 of the specification: bytes that no text has.
_BINARY: Final = rb"\x00-\x08\x0b\x0e-\x1a\x1c-\x1f"

# What is not plain text at first sight: a first byte with which a signature begins, or white space,
# which one may follow; LP at offset 34; a binary byte. An MP4 box of text is too long.
_may_be_other: Final = re.compile(
    rb"[\t\n\x0c\r <%BFGIORtw\xef\xfe\xff]|.{34}LP|[^" + _BINARY + rb"]*+[" + _BINARY + rb"]",
    re.DOTALL,
).match

_TAGS: Final = (
    rb"!DOCTYPE HTML|HTML|HEAD|SCRIPT|IFRAME|H1|DIV|FONT|TABLE|A|STYLE|TITLE|B|BODY|BR|P|!--"
)


def _is_mp4(head: bytes) -> bool:
    """Whether `head` holds a whole `ftyp` box that names an mp4 brand (section 6.2.1)."""
    size = int.from_bytes(head[:4], "big")
    if len(head) < max(12, size) or size % 4 or head[4:8] != b"ftyp":
        return False
    # Offset 12 is the version of the major brand.
    return any(head[at : at + 3] == b"mp4" for at in range(8, size, 4) if at != 12)


def _at_start(pattern: bytes) -> Callable[[bytes], object]:
    return re.compile(pattern, re.DOTALL).match


# In Go's order, which decides between signatures that match the same bytes.
_SIGNATURES: Final[tuple[tuple[Callable[[bytes], object], bytes], ...]] = (
    (_at_start(rb"[\t\n\x0c\r ]*+<(?i:" + _TAGS + rb")[ >]"), b"text/html; charset=utf-8"),
    (_at_start(rb"[\t\n\x0c\r ]*+<\?xml"), b"text/xml; charset=utf-8"),
    (_at_start(rb"%PDF-"), b"application/pdf"),
    (_at_start(rb"%!PS-Adobe-"), b"application/postscript"),
    (_at_start(rb"\xfe\xff.."), b"text/plain; charset=utf-16be"),
    (_at_start(rb"\xff\xfe.."), b"text/plain; charset=utf-16le"),
    (_at_start(rb"\xef\xbb\xbf."), TEXT),
    (_at_start(rb"\x00\x00[\x01\x02]\x00"), b"image/x-icon"),
    (_at_start(rb"BM"), b"image/bmp"),
    (_at_start(rb"GIF8[79]a"), b"image/gif"),
    (_at_start(rb"RIFF....WEBPVP"), b"image/webp"),
    (_at_start(rb"\x89PNG\r\n\x1a\n"), b"image/png"),
    (_at_start(rb"\xff\xd8\xff"), b"image/jpeg"),
    (_at_start(rb"FORM....AIFF"), b"audio/aiff"),
    (_at_start(rb"ID3"), b"audio/mpeg"),
    (_at_start(rb"OggS\x00"), b"application/ogg"),
    (_at_start(rb"MThd\x00\x00\x00\x06"), b"audio/midi"),
    (_at_start(rb"RIFF....AVI "), b"video/avi"),
    (_at_start(rb"RIFF....WAVE"), b"audio/wave"),
    (_is_mp4, b"video/mp4"),
    (_at_start(rb"\x1aE\xdf\xa3"), b"video/webm"),
    (_at_start(rb".{34}LP"), b"application/vnd.ms-fontobject"),
    (_at_start(rb"\x00\x01\x00\x00"), b"font/ttf"),
    (_at_start(rb"OTTO"), b"font/otf"),
    (_at_start(rb"ttcf"), b"font/collection"),
    (_at_start(rb"wOFF"), b"font/woff"),
    (_at_start(rb"wOF2"), b"font/woff2"),
    (_at_start(rb"\x1f\x8b\x08"), b"application/x-gzip"),
    (_at_start(rb"PK\x03\x04"), b"application/zip"),
    (_at_start(rb"Rar!\x1a\x07(?:\x00|\x01\x00)"), b"application/x-rar-compressed"),
    (_at_start(rb"\x00asm"), b"application/wasm"),
    # White space has no binary byte, so it need not be skipped as Go does.
    (_at_start(rb"[^" + _BINARY + rb"]*+\Z"), TEXT),
)


def detect_content_type(data: bytes) -> bytes:
    """Return the content type of `data`, from its first 512 bytes.

    There always is one: empty data is `TEXT`, data that nothing else describes is `OCTETS`.
    """
    if _may_be_other(data, 0, SNIFF_LENGTH) is None:
        return TEXT
    head = data[:SNIFF_LENGTH]
    for matches, content_type in _SIGNATURES:
        if matches(head):
            return content_type
    return OCTETS
