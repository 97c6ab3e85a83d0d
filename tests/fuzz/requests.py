"""Requests as they may come: mostly well formed, each part now and then odd or wrong.

Everything is drawn from one `Random`, so that a seed makes the same request again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from tests.fuzz.bodies import chunked_body

__all__ = ["request"]

Field = Callable[[Random], bytes]

METHODS = [b"GET"] * 8 + [b"POST"] * 8 + [b"PUT", b"DELETE", b"OPTIONS", b"HEAD", b"TRACE"]
METHODS += [b"PATCH"]
ODD_METHODS = [b"CONNECT", b"get", b"BREW", b"M-SEARCH", b"!#$%&'*+-.^_`|~", b"PRI", b"G(T", b""]
ODD_METHODS += [b"\xc3"]

SEGMENTS = [b"a", b"goodbye", b"", b".", b"..", b"%2e%2E", b"%2F", b"%67oodbye", b"\xc3\xa9"]
SEGMENTS += [b"a;b", b"%zz", b"%", b"a b", b"a\x7fb", b"a\x01b", b"#f", b"*", b"~!$&'()*+,;=:@"]
SEGMENTS += [b'<">', b"[", b"\\"]
QUERIES = [b"?", b"?x=1", b"??", b"?%zz", b"?a#b", b"?//a/../b", b"?<'\"&>", b"?\xff", b"?a;b=1"]
QUERIES += [b"?a b"]
SCHEMES = [b"http", b"https", b"HTTP", b"ftp", b"a+b-1.x", b"1a", b"", b"ht\xc3tp", b"mailto"]
AUTHORITIES = [b"a.test", b"a.test:80", b"a.test:", b"a:b", b"u:p@a.test", b"u@v@a", b"[::1]"]
AUTHORITIES += [b"[::1]:8", b"[::1%25e0]", b"[::1%25]", b"[::1%e0]", b"[v1.x]", b"[127.0.0.1]"]
AUTHORITIES += [b"[::1", b"::1", b"", b"a%20b", b"a%c3%a9", b"\xc3\xa9", b"a{b", b"a<b", b"%"]
AUTHORITIES += [b"u%zz@a", b"u\xc3@a", b"a:1:2", b'a"b', b"[::ffff:1.2.3.4]", b"[::1]x", b"[::g]"]
AUTHORITIES += [b"a]", b"[[::1]]", b"u^@a", b"a%25b", b"a:8%30"]

VERSIONS = [b"HTTP/1.0"] * 6 + [b"HTTP/1.2", b"HTTP/1.9", b"HTTP/0.9", b"HTTP/2.0", b"HTTP/3.1"]
VERSIONS += [b"HTTP/1", b"HTTP/1.10", b"http/1.1", b"HTTP/1.x", b"HTTP/01.1", b"HTTP/ 1.1"]
VERSIONS += [b"RTSP/1.0", b"", b"HTTP/1.1 "]

HOSTS = [b"", b"a.test:80", b"a b", b"a/b", b"a@b", b"caf\xc3\xa9", b"a,b;c=_:99999", b'"a"']
HOSTS += [b"[::1]", b"a%20b", b"a\x00b", b"a\tb", b"~a'b", b"a\\b", b"{a}", b"a#b", b"a?b"]

LENGTHS = [b"+5", b"-1", b"5, 5", b"0x5", b"5_0", b"", b"5 5", b"\xd9\xa5", b"5\x0b", b"5;"]
LENGTHS += [b"9223372036854775807", b"9223372036854775808", b"18446744073709551616", b"0" * 5000]
LENGTHS += [b"1" * 5000, b"5.0", b"1e1"]
CODINGS = [b"chunked"] * 6 + [b"Chunked", b"CHUNKED", b"gzip", b"gzip, chunked"]
CODINGS += [b"chunked, chunked", b"identity", b"", b"chunked,", b",chunked", b"chunked;q=1"]
CODINGS += [b'"chunked"', b"x", b"chun\xc3ked", b"chunked\x00"]

CONNECTIONS = [b"close", b"keep-alive", b"Close", b"x, close", b"x close", b"close;x", b"closed"]
CONNECTIONS += [b"keep-alive, close", b"", b",", b"Keep-Alive, x", b"upgrade", b"Upgrade, close"]
CONNECTIONS += [b"close,\tclose", b"x;close", b"c\xc3lose"]
EXPECTS = [b"100-continue"] * 4 + [b"100-Continue", b"100-continue, x", b"x, 100-continue"]
EXPECTS += [b"tea", b"", b"100-continued"]
UPGRADES = [b"websocket", b"h2c", b"tea/1.0", b""]
TRAILERS = [b"X-T", b"X, Y", b"Content-Length", b"x, Transfer-Encoding", b"Trailer", b"", b"Host"]

NAMES = [b"X", b"x-a", b"Accept", b"User-Agent", b"Cookie", b"X-Request-Id", b"!#$%&'*+-.^_`|~"]
ODD_NAMES = [b"X ", b"X Y", b" X", b"\tX", b"X\t", b"X(", b"", b"X\xc3", b"X\x00", b"X/", b'"X"']
ODD_NAMES += [b"X\x0b", b"X="]
VALUES = [b"", b"y", b" y ", b"y" * 200, b"a: b", b"\ty\t", b"a\tb", b"\xff\xfe", b"caf\xc3\xa9"]
VALUES += [b'a,b;c="d"']
ODD_VALUES = [b"a\x00b", b"a\x01b", b"a\x7fb", b"a\rb", b"a\r", b"\x0b", b"\x1b[m", b"a\nb"]
ODD_VALUES += [b"a\r\n b", b"a\r\n\tb"]
LINES = [b"nonsense", b":", b": y", b"X", b" ", b"\t", b"X y", b"GET / HTTP/1.1", b"\x00", b"\r"]


def request(random: Random) -> tuple[bytes, bytes]:
    """A request and its method."""
    body_kind = random.choice(["none"] * 5 + ["length"] * 4 + ["chunked"] * 4 + ["both", "odd"])
    method = mostly(random, METHODS, ODD_METHODS, 0.03)
    line = b" ".join((method, target(random), mostly(random, [b"HTTP/1.1"], VERSIONS, 0.1)))
    body = b""
    headers: list[bytes] = []
    if body_kind in ("length", "both"):
        body = text(random)
        headers.append(b"Content-Length: " + length_of(random, body))
    if body_kind in ("chunked", "both"):
        headers.append(b"Transfer-Encoding: " + mostly(random, [b"chunked"], CODINGS, 0.2))
        body = chunked_body(random, text(random))
    if body_kind == "odd":
        body = text(random)
        headers += [random.choice(framings)(random) for _ in range(random.choice([1, 1, 1, 2, 3]))]
    headers += [random.choice(fields)(random) for _ in range(random.choice([0, 0, 1, 1, 2, 3]))]
    if random.random() < 0.98:
        host = b"Host: " + mostly(random, [b"a.test"], HOSTS, 0.03)
        headers.insert(random.choice([0, 0, 0, len(headers)]), host)
    if random.random() < 0.01:
        headers += [b"A: b"] * random.choice([495, 498, 499, 500, 501])
    return b"\r\n".join((line, *headers)) + b"\r\n\r\n" + body, method


def target(random: Random) -> bytes:
    kind = random.random()
    path = b"".join(
        b"/" + mostly(random, SEGMENTS[:2], SEGMENTS, 0.4)
        for _ in range(random.choice([1, 1, 2, 3]))
    )
    query = random.choice(QUERIES) if random.random() < 0.15 else b""
    if kind < 0.45:
        return random.choice([b"/", b"/goodbye"])
    if kind < 0.87:
        return path + query
    if kind < 0.97:
        slashes = random.choice([b"//"] * 6 + [b"/", b"", b"///"])
        rest = random.choice([path, b"", b"/"])
        scheme = mostly(random, SCHEMES[:2], SCHEMES, 0.3)
        return scheme + b":" + slashes + random.choice(AUTHORITIES) + rest + query
    return random.choice(
        [b"*", b"*" + query, random.choice(AUTHORITIES), b"#f", b"?x", b"", path[1:] + query]
    )


def text(random: Random) -> bytes:
    """A body, seldom longer than a packet."""
    kind = random.random()
    if kind < 0.9:
        return random.choice(
            [b"", b"World", b"a", b"\x00", b"<html>", b"GET / HTTP/1.1\r\nHost: b\r\n\r\n", b"\r\n"]
        )
    if kind < 0.99:
        return b"abcdefg\n" * random.choice([64, 255, 256, 300])
    return b"abcdefgh" * random.choice([9000, 32767, 32768, 40000])


def length_of(random: Random, body: bytes) -> bytes:
    size = len(body)
    if random.random() < 0.8:
        return b"%d" % size
    right = [b"0%d" % size, b"%d " % size, b"\t%d" % size, b"000000000000000000000%d" % size]
    return random.choice([*right, b"%d" % (size + 1), b"%d" % max(0, size - 1), *LENGTHS])


def listed(name: bytes, values: Sequence[bytes]) -> Field:
    def field(random: Random) -> bytes:
        return name + b": " + random.choice(values)

    return field


def other_field(random: Random) -> bytes:
    if random.random() < 0.03:
        return random.choice(LINES)
    colon = mostly(random, [b": "], [b":", b":  ", b":\t", b" : "], 0.2)
    return mostly(random, NAMES, ODD_NAMES, 0.03) + colon + mostly(random, VALUES, ODD_VALUES, 0.03)


def odd_case(random: Random) -> bytes:
    """A framing field whose name is written otherwise."""
    name = random.choice(
        [b"content-length", b"CONTENT-LENGTH", b"Content-length ", b"Content_Length"]
    )
    coding = random.choice(
        [b"transfer-encoding", b"TRANSFER-ENCODING", b"Transfer-Encoding ", b"Transfer_Encoding"]
    )
    return random.choice([name + b": 5", coding + b": chunked"])


framings: list[Field] = [listed(b"Content-Length", [*LENGTHS, b"5", b"0", b"00", b"3"])]
framings += [listed(b"Transfer-Encoding", CODINGS), odd_case]
fields: list[Field] = [other_field] * 6
fields += [listed(b"Connection", CONNECTIONS)] * 3
fields += [listed(b"Expect", EXPECTS), listed(b"Upgrade", UPGRADES), listed(b"Trailer", TRAILERS)]


def mostly(random: Random, usual: Sequence[bytes], odd: Sequence[bytes], share: float) -> bytes:
    """One of the usual, and in a share of the draws one of the odd."""
    return random.choice(odd if random.random() < share else usual)
