"""Content types from bytes: Go's own table, and what its source says about the edges."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gomicro.reply import sniff
from gomicro.reply.sniff import OCTETS, TEXT, detect_content_type

HTML = b"text/html; charset=utf-8"
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom<\x06t\xbfmdat"

CASES = [
    # sniff_test.go
    ("empty", b"", TEXT),
    ("binary", b"\x01\x02\x03", OCTETS),
    ("html 1", b"<HtMl><bOdY>blah blah blah</body></html>", HTML),
    ("html 2", b"<HTML></HTML>", HTML),
    ("html after blanks", b"   <!DOCTYPE HTML>...", HTML),
    ("html after CRLF", b"\r\n<html>...", HTML),
    ("plain text", "This is not HTML. It has ☃ though.".encode(), TEXT),
    ("xml", b"\n<?xml!", b"text/xml; charset=utf-8"),
    ("windows icon", b"\x00\x00\x01\x00", b"image/x-icon"),
    ("windows cursor", b"\x00\x00\x02\x00", b"image/x-icon"),
    ("bmp", b"BM...", b"image/bmp"),
    ("gif 87a", b"GIF87a", b"image/gif"),
    ("gif 89a", b"GIF89a...", b"image/gif"),
    ("webp", b"RIFF\x00\x00\x00\x00WEBPVP", b"image/webp"),
    ("png", b"\x89PNG\x0d\x0a\x1a\x0a", b"image/png"),
    ("jpeg", b"\xff\xd8\xff", b"image/jpeg"),
    ("midi", b"MThd\x00\x00\x00\x06\x00\x01", b"audio/midi"),
    ("mp3", b"ID3\x03\x00\x00\x00\x00\x0f", b"audio/mpeg"),
    ("wave 1", b"RIFFb\xb8\x00\x00WAVEfmt \x12\x00\x00\x00\x06", b"audio/wave"),
    ("wave 2", b"RIFF,\x00\x00\x00WAVEfmt \x12\x00\x00\x00\x06", b"audio/wave"),
    ("aiff", b"FORM\x00\x00\x00\x00AIFFCOMM\x00\x00\x00\x12", b"audio/aiff"),
    ("ogg", b"OggS\x00\x02\x00\x00\x00\x00", b"application/ogg"),
    ("not ogg 1", b"owow\x00", OCTETS),
    ("not ogg 2", b"oooS\x00", OCTETS),
    ("not ogg 3", b"oggS\x00", OCTETS),
    ("mp4", MP4, b"video/mp4"),
    ("avi 1", b"RIFF,O\n\x00AVI LIST\xc3\x80", b"video/avi"),
    ("avi 2", b"RIFF,\n\x00\x00AVI LIST\xc3\x80", b"video/avi"),
    ("ttf 1", b"\x00\x01\x00\x00\x00\x17\x01\x00\x00\x04\x01\x60\x4f", b"font/ttf"),
    ("ttf 2", b"\x00\x01\x00\x00\x00\x0e\x00\x80\x00\x03\x00\x60\x46", b"font/ttf"),
    ("otf", b"OTTO\x00\x0e\x00\x80\x00\x03\x00\x60\x42\x41\x53\x45", b"font/otf"),
    ("woff", b"wOFF\x00\x01\x00\x00\x00\x00\x30\x54\x00\x0d\x00\x00", b"font/woff"),
    ("woff2", b"wOF2\x00\x01\x00\x00\x00", b"font/woff2"),
    ("wasm", b"\x00asm\x01\x00", b"application/wasm"),
    ("rar 4", b"Rar!\x1a\x07\x00", b"application/x-rar-compressed"),
    ("rar 5", b"Rar!\x1a\x07\x01\x00", b"application/x-rar-compressed"),
    ("not rar 4", b"Rar \x1a\x07\x00", OCTETS),
    ("not rar 5", b"Rar \x1a\x07\x01\x00", OCTETS),
    # sniff.go, read line by line
    ("pdf", b"%PDF-1.7", b"application/pdf"),
    ("postscript", b"%!PS-Adobe-3", b"application/postscript"),
    ("utf-16be mark", b"\xfe\xffab", b"text/plain; charset=utf-16be"),
    ("utf-16le mark", b"\xff\xfeab", b"text/plain; charset=utf-16le"),
    ("mark without two bytes more", b"\xff\xfea", TEXT),
    ("utf-8 mark before a NUL", b"\xef\xbb\xbf\x00", TEXT),
    ("webm", b"\x1aE\xdf\xa3", b"video/webm"),
    ("font object", b"\x00" * 34 + b"LP", b"application/vnd.ms-fontobject"),
    ("font object of any bytes", b"Hello " + b"x" * 28 + b"LP\n", b"application/vnd.ms-fontobject"),
    ("font collection", b"ttcf", b"font/collection"),
    ("gzip", b"\x1f\x8b\x08", b"application/x-gzip"),
    ("zip", b"PK\x03\x04", b"application/zip"),
    ("tag at the very end", b"<html", TEXT),
    ("tag not ended", b"<htmlx>", TEXT),
    ("tag ended by a tab", b"<html\t>", TEXT),
    ("longer tag with the same start", b"<BODY bgcolor>", HTML),
    ("comment", b"<!-- x", HTML),
    ("escape is text", b"\x1b[0m", TEXT),
    ("blanks only", b" \t\r\n\x0c", TEXT),
    ("vertical tab is binary", b"a\x0b", OCTETS),
    ("binary after 512 bytes", b"a" * 512 + b"\x00", TEXT),
    ("binary before 512 bytes", b"a" * 511 + b"\x00", OCTETS),
    ("mp4 shorter than 12", b"\x00\x00\x00\x08ftyp", OCTETS),
    ("mp4 box longer than the data", b"\x00\x00\x00\x1cftypmp42\x00\x00\x00\x00mp42isom", OCTETS),
    ("mp4 box of odd size", b"\x00\x00\x00\x17ftypmp42\x00\x00\x00\x00mp42isom", OCTETS),
    ("mp4 in the version only", b"\x00\x00\x00\x10ftypisommp42", OCTETS),
    ("mp4 as a later brand", b"\x00\x00\x00\x14ftypisom\x00\x00\x00\x00mp41", b"video/mp4"),
    ("not an ftyp box", b"\x00\x00\x00\x10moov" + b"mp41mp41", OCTETS),
]


@pytest.mark.parametrize(
    ("data", "expected"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_type_is_the_one_go_tells(data: bytes, expected: bytes) -> None:
    assert expected == detect_content_type(data)


STARTS = st.sampled_from([data[:16] for _, data, _ in CASES] + [b"Hello ", b"a" * 34 + b"LP"])


@given(st.tuples(STARTS, st.binary(max_size=600)).map(b"".join) | st.binary())
@example(b"a" * 600)
def test_short_cut_for_plain_text_agrees_with_the_whole_table(data: bytes) -> None:
    head = data[:512]
    matching = (kind for matches, kind in sniff._SIGNATURES if matches(head))
    assert next(matching, OCTETS) == detect_content_type(data)
