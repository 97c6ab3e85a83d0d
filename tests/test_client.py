"""The parts of the client that need no process: URLs, the deadline, the reading of lines."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.client import IncompleteRead
from pathlib import Path

import pytest

from gomicro.client import Target, exchange, parse_url
from gomicro.client.connect import connect
from gomicro.client.stream import Deadline, Stream
from gomicro.client.trusted import unusable
from gomicro.errors import ClientError
from tests.certificates import make_certificate


@pytest.mark.parametrize(
    ("url", "target", "authority"),
    [
        pytest.param(
            "http://localhost:9090",
            Target(False, "localhost", 9090, ""),
            "localhost:9090",
            id="the default",
        ),
        pytest.param(
            "localhost:9090", Target(False, "localhost", 9090, ""), "localhost:9090", id="no scheme"
        ),
        pytest.param("http://a", Target(False, "a", 80, ""), "a", id="http's own port"),
        pytest.param("https://a", Target(True, "a", 443, ""), "a", id="https' own port"),
        pytest.param("https://a:80/", Target(True, "a", 80, ""), "a:80", id="another port"),
        pytest.param(
            "HTTP://A.Example", Target(False, "a.example", 80, ""), "a.example", id="case"
        ),
        pytest.param("http://[::1]:1", Target(False, "::1", 1, ""), "[::1]:1", id="IPv6"),
        pytest.param("http://a/b/c/", Target(False, "a", 80, "/b/c"), "a", id="a path"),
        pytest.param("http://a/%2f", Target(False, "a", 80, "/%2f"), "a", id="escapes stay"),
        pytest.param(
            "http://a/\u00fc", Target(False, "a", 80, "/%C3%BC"), "a", id="a path in UTF-8"
        ),
        pytest.param(
            "http://b\u00fccher.example",
            Target(False, "xn--bcher-kva.example", 80, ""),
            "xn--bcher-kva.example",
            id="a name in UTF-8",
        ),
    ],
)
def test_a_base_url_is_taken_apart(url: str, target: Target, authority: str) -> None:
    assert parse_url(url) == target
    assert target.authority == authority


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        pytest.param("", "it names no host", id="nothing"),
        pytest.param("http://", "it names no host", id="no host"),
        pytest.param("http://:9090", "it names no host", id="only a port"),
        pytest.param("ftp://a", "the scheme must be http or https", id="ftp"),
        pytest.param("http://a:x", "Port could not be cast", id="a port of letters"),
        pytest.param("http://a:65536", "Port out of range", id="a large port"),
        pytest.param("http://a:0", "port 0 cannot be connected to", id="port 0"),
        pytest.param("http://a b", "a space or a control character", id="a space"),
        pytest.param("http://a\r\nb", "a space or a control character", id="line ends"),
        pytest.param("http://a\x7f", "a space or a control character", id="DEL"),
        pytest.param("http://u:p@a", "user names and passwords are not supported", id="a password"),
        pytest.param("http://a?b", "a base URL has no", id="a query"),
        pytest.param("http://a#b", "a base URL has no", id="a fragment"),
        pytest.param("http://[::1", "Invalid IPv6 URL", id="half a bracket"),
        pytest.param("http://\u00fc..example", "label", id="an empty label"),
        pytest.param("http://\udc80", "bad URL", id="bytes that are no text"),
    ],
)
def test_a_bad_url_is_refused_with_curls_code_and_the_reason(url: str, reason: str) -> None:
    with pytest.raises(ClientError, match=reason) as caught:
        parse_url(url)
    assert caught.value.exit_code == 3


def test_a_deadline_of_0_never_passes() -> None:
    assert Deadline(0).left() is None


def test_a_deadline_counts_down_and_then_raises() -> None:
    assert 0 < (Deadline(60).left() or 0) <= 60
    with pytest.raises(TimeoutError):
        Deadline(-1).left()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, Stream]]:
    """A peer, and the stream that reads from it with a deadline no test should reach."""
    peer, ours = socket.socketpair()
    with peer, ours:
        yield peer, Stream(ours, Deadline(20))


@pytest.mark.parametrize(
    ("sent", "lines"),
    [
        pytest.param(b"", [b""], id="nothing at all is left to http.client"),
        pytest.param(b"a\r\nb\n", [b"a\r\n", b"b\n"], id="whole lines"),
    ],
)
def test_lines_are_read(
    pair: tuple[socket.socket, Stream], sent: bytes, lines: list[bytes]
) -> None:
    peer, stream = pair
    peer.sendall(sent)
    peer.shutdown(socket.SHUT_WR)
    reader = stream.makefile("rb")
    assert [reader.readline(100) for _ in lines] == lines


@pytest.mark.parametrize(
    ("sent", "whole"),
    [
        pytest.param(b"HTTP/1.1 2", 0, id="in the first line"),
        pytest.param(b"a\r\nb", 1, id="in a later line"),
        pytest.param(b"a\r\n", 1, id="between lines"),
    ],
)
def test_an_end_before_the_blank_line_is_told_from_the_end_of_the_head(
    pair: tuple[socket.socket, Stream], sent: bytes, whole: int
) -> None:
    peer, stream = pair
    peer.sendall(sent)
    peer.shutdown(socket.SHUT_WR)
    reader = stream.makefile("rb")
    for _ in range(whole):
        reader.readline(100)
    with pytest.raises(IncompleteRead):
        reader.readline(100)


def test_a_line_longer_than_was_asked_for_is_not_taken_for_a_cut_one(
    pair: tuple[socket.socket, Stream],
) -> None:
    peer, stream = pair
    peer.sendall(b"abcdef\r\n")
    assert stream.makefile("rb").readline(3) == b"abc"


def test_the_addresses_of_a_name_are_tried_one_after_another() -> None:
    """localhost is tried on IPv6 and IPv4; a service on one of them is found."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        target = Target(False, "localhost", server.getsockname()[1], "")
        with connect(target, Deadline(20)) as sock:
            assert sock.getpeername() == server.getsockname()


def test_a_resolver_that_hangs_does_not_outlast_the_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The system's resolver cannot be interrupted, and it asks a dead name server for long."""
    over = threading.Event()

    def hanging(*args: object, **kwargs: object) -> list[object]:
        over.wait(30)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hanging)
    try:
        with pytest.raises(ClientError) as caught:
            connect(Target(False, "slow.example", 1, ""), Deadline(0.02))
    finally:
        over.set()
    assert caught.value.exit_code == 28
    assert str(caught.value) == "timed out connecting to slow.example:1"


def test_an_exchange_without_time_ends_before_it_starts() -> None:
    """A library caller gets the ClientError, and nothing was written."""
    written: list[bytes] = []
    with pytest.raises(ClientError) as caught:
        exchange(
            Target(False, "localhost", 1, ""),
            "GET",
            "/",
            timeout=1e-9,
            write=written.append,
            trace=lambda line: None,
        )
    assert (caught.value.exit_code, written) == (28, [])


@pytest.mark.parametrize(
    ("variable", "names", "fault"),
    [
        pytest.param("FILE", "no.pem", "cannot be read: No such file or directory", id="no file"),
        pytest.param("FILE", "", "cannot be read: No such file or directory", id="empty"),
        pytest.param("FILE", "d", "cannot be read: Is a directory", id="a directory"),
        pytest.param("FILE", "text", "holds no certificate", id="no certificate"),
        pytest.param("DIR", "no", "cannot be read: No such file or directory", id="no directory"),
        pytest.param(
            "DIR", "text:no", "cannot be read: Not a directory", id="two, neither of them"
        ),
        pytest.param("DIR", "no:d", "", id="two, one of them"),
        pytest.param("LOG", "no", "", id="another variable"),
    ],
)
def test_authorities_that_cannot_be_had_are_told_by_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, names: str, fault: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d").mkdir()
    (tmp_path / "text").write_text("no certificate")
    said = unusable({f"SSL_CERT_{variable}": names})
    assert said == (fault and f"SSL_CERT_{variable} names {names!r}, which {fault}")


def test_authorities_that_can_be_had_are_no_fault(tmp_path: Path) -> None:
    made = make_certificate(tmp_path, "DNS:localhost")
    assert unusable({"SSL_CERT_FILE": str(made.cert), "SSL_CERT_DIR": str(tmp_path)}) == ""
