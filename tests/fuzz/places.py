"""Requests with a place where any byte may stand, and where it matters which."""

from __future__ import annotations

from random import Random

__all__ = ["PLACES", "odd_byte"]

HERE = b"\xb7"
"""Marks the place."""

_REST = b" HTTP/1.1\r\nHost: a\r\n\r\n"
_HEAD = b"GET / HTTP/1.1\r\nHost: a\r\n"
_BODY = b"POST / HTTP/1.1\r\nHost: a\r\n%b\r\n\r\nWorld"
_CODED = b"POST / HTTP/1.1\r\nHost: a\r\n%b\r\n\r\n5\r\nWorld\r\n0\r\n\r\n"
_CHUNKS = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
_OLD = b"POST / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n"

_LINES = [b"G.T /", b".GET /", b"GET /a.c", b"GET .", b"GET /a%.1", b"GET .goodbye", b"GET //a?a.c"]
_LINES += [b"GET //a.c", b"OPTIONS *.", b"OPTIONS .*", b"CONNECT /a.b", b"CONNECT a/b.c"]
_LINES += [b"GET h.tp://a/x", b"GET .ttp://a/x", b"GET http.//a/x", b"GET http:./a/x", b"GET x:.a"]
_LINES += [b"GET http:/.a/x", b"GET http://a.x", b"GET http://a/x.y"]
_AUTHORITIES = [b"a.b", b".", b"a:8.", b"a:.", b"u.v@a", b"u%.1@a", b"[::.]", b"[::1.]", b"[::1]."]
_AUTHORITIES += [b"[::1%25.]", b"[::1%25a.b]", b".[::1]", b"a%.1b", b"a%2.", b"[::1%.5a]"]
_AUTHORITIES += [b"[1.:2:3:4:5:6:7:8]"]
_VERSIONS = [b"1.\xb7\r\n", b"\xb7.1\r\n", b"1.1\xb7\r\n", b"1.1\r\xb7"]
_FIELDS = [b"X.Y: b", b".Y: b", b"X.: b", b"X: a.b", b"X:.b", b"X: b.", b"X: a\r\n.b"]
_FIELDS += [b"Connection: close.x", b"Connection: x.close", b"Connection: cl.se"]
_FIELDS += [b"Connection: x\r\nConnection: y.close", b"Connection: close.", b"Connection:.close"]
_LENGTHS = [b"Content-Length:.5", b"Content-Length: 5.", b"Content-Length.: 5"]
_LENGTHS += [b"Content.Length: 5", b"Content-Length: 5\r\nExpect: 100-continue.x"]
_LENGTHS += [b"Content-Length: 5\r\nExpect: x.100-continue", b"Content-Length: 5\r\nExpect:."]
_CODINGS = [b"Transfer-Encoding:.chunked", b"Transfer-Encoding: chunked.", b".ransfer-Encoding: x"]
_CODINGS += [b"Transfer-Encoding.: chunked", b"Transfer-Encoding: chun.ed"]
_CODINGS += [b"Transfer-Encoding: chunked\r\nTrailer: X." + b"Trailer"]
_BODIES = [b".\r\nWorld\r\n0\r\n\r\n", b".5\r\nWorld\r\n0\r\n\r\n", b"5.\r\nWorld\r\n0\r\n\r\n"]
_BODIES += [
    b"5.;x\r\nWorld\r\n0\r\n\r\n",
    b"5;a.b\r\nWorld\r\n0\r\n\r\n",
    b"5\r.World\r\n0\r\n\r\n",
]
_BODIES += [b"5.\nWorld\r\n0\r\n\r\n", b"5\r\nWorld.\n0\r\n\r\n", b"5\r\nWorld\r.0\r\n\r\n"]
_LAST = [b"0.\r\n\r\n", b"0\r\n.\r\n\r\n", b"0\r\n.\n\r\n\r\n", b"0\r\nX.: y\r\n\r\n"]
_LAST += [b"0\r\n.X: y\r\n\r\n", b"0\r\nX: a.b\r\n\r\n", b"0\r\nX: a\r\n.b: c\r\n\r\n"]
_LAST += [b"0\r\nX: a\r.b: c\r\n\r\n", b"0\r\nX: a\r\n\r.", b"0\r\nX: a.\r\n\r\n"]


def _places() -> list[bytes]:
    found = [line.replace(b".", HERE) + _REST for line in _LINES]
    marked = [authority.replace(b".", HERE) for authority in _AUTHORITIES]
    schemes = (b"GET http://", b"GET ftp://", b"CONNECT ")
    found += [scheme + authority + _REST for authority in marked for scheme in schemes]
    found += [b"GET / HTTP/" + version + b"Host: a\r\n\r\n" for version in _VERSIONS]
    found += [_HEAD + field.replace(b".", HERE) + b"\r\n\r\n" for field in _FIELDS]
    found += [
        b"GET / HTTP/1.1\r\n" + f.replace(b".", HERE) + b"\r\nHost: a\r\n\r\n" for f in _FIELDS
    ]
    found += [
        b"GET / HTTP/1.1\r\nHost:" + host + b"\r\n\r\n" for host in (b"\xb7b", b" b\xb7", b"a\xb7b")
    ]
    found += [_BODY % field.replace(b".", HERE) for field in _LENGTHS]
    found += [_CODED % field.replace(b".", HERE) for field in _CODINGS]
    found += [_OLD + field.replace(b".", HERE) + b"\r\n\r\n" for field in _CODINGS + _FIELDS]
    found += [_CHUNKS + body.replace(b".", HERE) for body in _BODIES]
    found += [_CHUNKS + b"5\r\nWorld\r\n" + last.replace(b".", HERE) for last in _LAST]
    found += [_BODY % b"Content-Length: 5" + line + HERE for line in (b"", b"\r\n", b"\r\n\r\n")]
    found += [_HEAD + b"\r\n" + HERE, _HEAD + b"\r" + HERE, HERE + b"\r\n" + _HEAD + b"\r\n"]
    return found


PLACES = _places()


def odd_byte(random: Random) -> tuple[bytes, bytes]:
    """A request with some byte at one of the places, and its method."""
    place = random.choice(PLACES).replace(HERE, random.randbytes(1))
    return place, place.split(b" ", 1)[0]
