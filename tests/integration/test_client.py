"""The installed client as a process, against small servers on real sockets."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import ssl
import subprocess
import sysconfig
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.certificates import make_certificate

GOMICRO = Path(sysconfig.get_path("scripts")) / "gomicro"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nHello World\n"

Behaviour = Callable[[socket.socket], None]


class Server:
    """Accepts one connection, reads one request, and then does what the test says."""

    def __init__(self, behaviour: Behaviour, context: ssl.SSLContext | None = None) -> None:
        self.request = b""
        self.answered = threading.Event()
        self._behaviour = behaviour
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(30)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        conn, _ = self._listener.accept()
        conn.settimeout(30)
        with contextlib.suppress(OSError):
            if self._context:
                conn = self._context.wrap_socket(conn, server_side=True)
            self.request = _read_request(conn)
            self.answered.set()
            self._behaviour(conn)
        conn.close()


def _read_request(conn: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        more = conn.recv(65536)
        if not more:
            return data
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line[16:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length: ")), 0
    )
    while len(body) < length:
        more = conn.recv(65536)
        data, body = data + more, body + more
    return data


def sends(data: bytes) -> Behaviour:
    return lambda conn: conn.sendall(data)


def resets(data: bytes = b"") -> Behaviour:
    """Send `data` and then a reset instead of an end."""

    def behaviour(conn: socket.socket) -> None:
        conn.sendall(data)
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    return behaviour


def drips(conn: socket.socket) -> None:
    """A header that never ends: each byte arrives well before a timeout of its own would."""
    conn.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    waiter = threading.Event()
    while not waiter.wait(0.02):
        conn.sendall(b"x")


def waits_for_the_end(conn: socket.socket) -> None:
    conn.recv(1)


def environment(**variables: str) -> dict[str, str]:
    """The environment of the tests, less what the client reads, with `variables`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GOMICRO_", "SSL_CERT_")) and name != "PORT"
    }
    return kept | variables


def say(
    *arguments: str | bytes, stdin: bytes = b"", **variables: str
) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(
        [GOMICRO, *arguments],
        input=stdin,
        env=environment(**variables),
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert b"Traceback" not in done.stderr
    return done


def say_to(server: Server, *arguments: str | bytes) -> subprocess.CompletedProcess[bytes]:
    return say(*arguments, GOMICRO_URL=f"http://127.0.0.1:{server.port}")


# What is said.


@pytest.mark.parametrize(
    ("arguments", "line", "body"),
    [
        pytest.param(["hello", "World"], b"POST / HTTP/1.1", b"World", id="hello World"),
        pytest.param(["hello"], b"POST / HTTP/1.1", b"", id="hello"),
        pytest.param(["hello", b"\xff\xfe"], b"POST / HTTP/1.1", b"\xff\xfe", id="any bytes"),
        pytest.param(["hello", "--", "--url"], b"POST / HTTP/1.1", b"--url", id="a dash"),
        pytest.param(["goodbye"], b"GET /goodbye HTTP/1.1", b"", id="goodbye"),
    ],
)
def test_the_request_is_what_the_command_says(
    arguments: list[str | bytes], line: bytes, body: bytes
) -> None:
    with Server(sends(OK)) as server:
        done = say_to(server, *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"Hello World\n", b"")
    head, _, sent = server.request.partition(b"\r\n\r\n")
    first, *fields = head.split(b"\r\n")
    assert (first, sent) == (line, body)
    length = [b"Content-Length: %d" % len(body)] if line.startswith(b"POST") else []
    assert fields == [
        b"Host: 127.0.0.1:%d" % server.port,
        b"User-Agent: gomicro",
        b"Accept: */*",
        *length,
        b"Connection: close",
    ]


def test_a_dash_reads_all_of_standard_input() -> None:
    everything = bytes(range(256)) * 4000
    with Server(lambda conn: conn.sendall(b"HTTP/1.0 200 OK\r\n\r\n")) as server:
        done = say("hello", "-", "--url", f"http://127.0.0.1:{server.port}", stdin=everything)
    assert (done.returncode, done.stderr) == (0, b"")
    assert server.request.partition(b"\r\n\r\n")[2] == everything


def test_a_base_path_comes_before_the_path_of_the_command() -> None:
    with Server(sends(OK)) as server:
        done = say("goodbye", "--url", f"127.0.0.1:{server.port}/v1/")
    assert done.returncode == 0
    assert server.request.startswith(b"GET /v1/goodbye HTTP/1.1\r\n")


# What comes back.

BINARY = bytes(range(256)) * 300


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BINARY) + BINARY, id="length"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(BINARY)
            + BINARY
            + b"\r\n0\r\n\r\n",
            id="chunked",
        ),
        pytest.param(b"HTTP/1.0 200 OK\r\n\r\n" + BINARY, id="until the end"),
        pytest.param(
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
            b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BINARY) + BINARY,
            id="after interim answers",
        ),
    ],
)
def test_the_answer_goes_to_standard_output_byte_for_byte(answer: bytes) -> None:
    with Server(sends(answer)) as server:
        done = say_to(server, "goodbye")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == BINARY


def test_a_redirect_is_shown_and_not_followed_as_curl_does() -> None:
    answer = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /x\r\nContent-Length: 2\r\n\r\nx\n"
    with Server(sends(answer)) as server:
        done = say_to(server, "goodbye")
    assert (done.returncode, done.stdout) == (0, b"x\n")


@pytest.mark.parametrize("status", [b"400 Bad Request", b"404", b"500 Oh\x1b[31m"])
def test_a_failure_status_exits_22_with_the_body_on_stdout_and_the_status_on_stderr(
    status: bytes,
) -> None:
    with Server(sends(b"HTTP/1.1 %s\r\nContent-Length: 5\r\n\r\nOops\n" % status)) as server:
        done = say_to(server, "hello")
    shown = status.replace(b"\x1b", b"\\x1b")
    assert (done.returncode, done.stdout) == (22, b"Oops\n")
    assert done.stderr == b"gomicro: the service answered %s\n" % shown


def test_an_answer_that_comes_before_the_body_was_read_is_heard() -> None:
    """A service that refuses a large body closes early; the reason reaches the user."""

    def refuses(conn: socket.socket) -> None:
        conn.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = subprocess.Popen(
            [GOMICRO, "hello", "-", "--url", f"http://127.0.0.1:{listener.getsockname()[1]}"],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
        )
        feeder = threading.Thread(target=process.communicate, args=(b"x" * 40_000_000,))
        feeder.start()
        conn, _ = listener.accept()
        with conn:
            conn.recv(10)
            refuses(conn)
        feeder.join(30)
    assert process.returncode == 22


def test_verbose_shows_both_heads_on_stderr_and_nothing_raw() -> None:
    answer = (
        b"HTTP/1.1 200 O\x1bK\r\nX-Name: \xc3\xa9 \x1b]0;owned\x07 \x9b31m\r\n"
        b"Content-Length: 2\r\n\r\nx\n"
    )
    with Server(sends(answer)) as server:
        done = say_to(server, "goodbye", "-v")
    assert (done.returncode, done.stdout) == (0, b"x\n")
    assert done.stderr.decode().splitlines() == [
        f"* connected to 127.0.0.1:{server.port} at 127.0.0.1",
        "> GET /goodbye HTTP/1.1",
        f"> Host: 127.0.0.1:{server.port}",
        "> User-Agent: gomicro",
        "> Accept: */*",
        "> Connection: close",
        ">",
        "< HTTP/1.1 200 O\\x1bK",
        "< X-Name: \u00c3\u00a9 \\x1b]0;owned\\x07 \\x9b31m",
        "< Content-Length: 2",
        "<",
    ]


# Exit codes, curl's.


@pytest.mark.parametrize(
    ("behaviour", "code", "said"),
    [
        pytest.param(sends(b""), 52, "empty answer", id="closed without a word"),
        pytest.param(resets(), 56, "connection broken", id="reset without a word"),
        pytest.param(sends(b"SSH-2.0-x\r\n"), 56, "not HTTP", id="not HTTP"),
        pytest.param(sends(b"HTTP/2.0 200 OK\r\n\r\n"), 56, "not HTTP", id="another HTTP"),
        *(
            pytest.param(
                sends(b"HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\nx\n" % length),
                8,
                "Content-Length is no length",
                id=f"length {length!r}",
            )
            for length in (b"+2", b"0x2", b"2_", b"2, 1", b"2\r\nContent-Length: 1", b"", b"-2")
        ),
        pytest.param(sends(b"HTTP/1.1 20"), 56, "cut short", id="cut in the status line"),
        pytest.param(sends(b"HTTP/1.1 200 OK\r\nA: b\r\n"), 56, "cut short", id="cut in the head"),
        pytest.param(sends(OK[:-5]), 56, "5 bytes are missing", id="cut in the body"),
        pytest.param(resets(OK[:-5]), 56, "connection broken", id="reset in the body"),
        pytest.param(
            sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"),
            56,
            "cut short",
            id="cut in a chunk",
        ),
        pytest.param(
            sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
            56,
            "cut short",
            id="cut between chunks",
        ),
        pytest.param(
            sends(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n"), 56, "100", id="headers"
        ),
    ],
)
def test_an_answer_that_is_none_exits_as_curl_does(
    behaviour: Behaviour, code: int, said: str
) -> None:
    with Server(behaviour) as server:
        done = say_to(server, "hello", "World")
    assert done.returncode == code
    assert done.stderr.startswith(b"gomicro: ")
    assert done.stderr.count(b"\n") == 1
    assert said in done.stderr.decode()


@pytest.mark.parametrize(
    "behaviour",
    [pytest.param(waits_for_the_end, id="silent"), pytest.param(drips, id="dripping")],
)
def test_the_timeout_covers_the_whole_exchange(behaviour: Behaviour) -> None:
    with Server(behaviour) as server:
        started = time.monotonic()
        done = say_to(server, "hello", "--timeout", "3s")  # in which it has sent its request
        took = time.monotonic() - started
    assert (done.returncode, done.stdout) == (28, b"")
    assert done.stderr == b"gomicro: timed out waiting for the answer\n"
    assert 3 <= took < 20


def test_the_timeout_covers_a_connection_that_is_never_accepted() -> None:
    with socket.socket() as listener, contextlib.ExitStack() as fillers:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):  # the queue of the listener is full after the first one or two
            filler = fillers.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        done = say("hello", "--url", url, "--timeout", "0.3")
    assert done.returncode == 28
    assert done.stderr.startswith(b"gomicro: timed out connecting to 127.0.0.1:")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_a_refused_connection_exits_7(host: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # nobody listens, and nobody else can
        done = say("hello", "--url", f"http://{host}:{unused.getsockname()[1]}")
    assert done.returncode == 7
    assert b"cannot connect to " in done.stderr


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70])
def test_a_name_that_is_not_found_exits_6(host: str) -> None:
    done = say("hello", "--url", f"http://{host}", "--timeout", "20s")
    assert done.returncode == 6
    assert done.stderr.startswith(b"gomicro: cannot find " + host.encode())


def test_a_bad_url_exits_3() -> None:
    done = say("hello", GOMICRO_URL="gopher://a")
    assert done.returncode == 3
    assert done.stderr == b"gomicro: bad URL 'gopher://a': the scheme must be http or https\n"


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6], ids=["IPv4", "IPv6"])
def test_localhost_is_found_on_either_family(family: socket.AddressFamily) -> None:
    if family == socket.AF_INET6 and not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    address = "::1" if family == socket.AF_INET6 else "127.0.0.1"
    with socket.create_server((address, 0), family=family) as listener:
        process = subprocess.Popen(
            [GOMICRO, "goodbye", "--url", f"http://localhost:{listener.getsockname()[1]}"],
            stdout=subprocess.PIPE,
            env=environment(),
        )
        listener.settimeout(30)
        conn, _ = listener.accept()
        with conn:
            _read_request(conn)
            conn.sendall(OK)
            assert process.communicate(timeout=30)[0] == b"Hello World\n"


# TLS.


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """A server's context for localhost, and the file that makes a client trust it."""
    made = make_certificate(tmp_path_factory.mktemp("tls"), "DNS:localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.cert, made.key)
    return context, Path(made.cert)


def test_https_with_a_trusted_certificate(certificate: tuple[ssl.SSLContext, Path]) -> None:
    context, cert = certificate
    with Server(sends(OK), context) as server:
        url = f"https://localhost:{server.port}"
        done = say("hello", "World", "--url", url, SSL_CERT_FILE=str(cert))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"Hello World\n", b"")
    assert server.request.endswith(b"\r\n\r\nWorld")


def test_a_certificate_nobody_vouches_for_exits_60(
    certificate: tuple[ssl.SSLContext, Path],
) -> None:
    with Server(sends(OK), certificate[0]) as server:
        done = say("hello", "--url", f"https://localhost:{server.port}")
    assert (done.returncode, server.request) == (60, b"")
    assert b"is not to be trusted: self" in done.stderr


def test_a_certificate_for_another_name_exits_60(certificate: tuple[ssl.SSLContext, Path]) -> None:
    context, cert = certificate
    with Server(sends(OK), context) as server:
        url = f"https://127.0.0.1:{server.port}"
        done = say("hello", "--url", url, SSL_CERT_FILE=str(cert), SSL_CERT_DIR="no/such")
    assert done.returncode == 60


def test_authorities_that_cannot_be_read_are_named_and_exit_77(
    certificate: tuple[ssl.SSLContext, Path],
) -> None:
    with Server(sends(OK), certificate[0]) as server:
        done = say("hello", "--url", f"https://localhost:{server.port}", SSL_CERT_FILE="no.pem")
    assert done.returncode == 77
    assert done.stderr.decode() == (
        f"gomicro: certificate of localhost:{server.port} cannot be verified: SSL_CERT_FILE names "
        "'no.pem', which cannot be read: No such file or directory\n"
    )


def _handshake(behaviour: Behaviour, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Speak TLS to a server that does `behaviour` once it has seen the first bytes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            conn, _ = listener.accept()
            with conn, contextlib.suppress(OSError):
                conn.recv(10)
                behaviour(conn)

        thread = threading.Thread(target=serve)
        thread.start()
        done = say("hello", "--url", f"https://localhost:{listener.getsockname()[1]}", *arguments)
        thread.join()
    return done


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(sends(OK), id="a server without TLS"),
        pytest.param(sends(b""), id="closed"),
        pytest.param(resets(), id="reset"),
    ],
)
def test_a_failed_handshake_exits_35(behaviour: Behaviour) -> None:
    done = _handshake(behaviour)
    assert done.returncode == 35
    assert done.stderr.startswith(b"gomicro: TLS handshake with localhost:")
    assert done.stderr.count(b"\n") == 1


def test_a_handshake_that_hangs_exits_28() -> None:
    def hangs(conn: socket.socket) -> None:
        while conn.recv(65536):
            pass

    assert _handshake(hangs, "--timeout=0.3").returncode == 28


def test_a_tls_stream_cut_without_goodbye_exits_56(
    certificate: tuple[ssl.SSLContext, Path],
) -> None:
    """Without a length only TLS's own goodbye tells the end of a body from an attack."""
    context, cert = certificate

    def cuts(conn: socket.socket) -> None:
        conn.sendall(b"HTTP/1.0 200 OK\r\n\r\nhalf a bo")
        conn.shutdown(socket.SHUT_RDWR)

    with Server(cuts, context) as server:
        url = f"https://localhost:{server.port}"
        done = say("hello", "--url", url, SSL_CERT_FILE=str(cert))
    assert (done.returncode, done.stdout) == (56, b"half a bo")


# Standard streams that are not there, and Ctrl-C.


def test_an_output_that_was_closed_exits_23_without_a_traceback() -> None:
    """`gomicro hello | true`"""
    reader, writer = os.pipe()
    os.close(reader)
    with Server(sends(OK)) as server:
        done = subprocess.run(
            [GOMICRO, "hello", "--url", f"http://127.0.0.1:{server.port}"],
            stdout=writer,
            stderr=subprocess.PIPE,
            env=environment(),
            timeout=30,
            check=False,
        )
    os.close(writer)
    assert done.returncode == 23
    assert done.stderr == b"gomicro: cannot write standard output: Broken pipe\n"


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        pytest.param("hello >&-", 23, "cannot write standard output: it is closed", id="output"),
        pytest.param("hello - <&-", 26, "cannot read standard input: it is closed", id="input"),
        pytest.param("hello - 0>/dev/null", 26, "cannot read standard input: Bad", id="no input"),
    ],
)
def test_a_standard_stream_that_is_not_there_is_one_line(
    command: str, code: int, said: str
) -> None:
    listening = Server(sends(OK)) if code == 23 else contextlib.nullcontext()
    with listening as server:
        port = server.port if server else 1
        done = subprocess.run(
            ["/bin/sh", "-c", f'"{GOMICRO}" {command}'],
            env=environment(GOMICRO_URL=f"http://127.0.0.1:{port}"),
            capture_output=True,
            timeout=30,
            check=False,
        )
    assert done.returncode == code
    assert done.stderr.decode().startswith(f"gomicro: {said}")
    assert done.stderr.count(b"\n") == 1


def test_verbose_into_a_closed_pipe_changes_nothing_else() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with Server(sends(OK)) as server:
        done = subprocess.run(
            [GOMICRO, "hello", "-v", "--url", f"http://127.0.0.1:{server.port}"],
            stdout=subprocess.PIPE,
            stderr=writer,
            env=environment(),
            timeout=30,
            check=False,
        )
    os.close(writer)
    assert (done.returncode, done.stdout) == (0, b"Hello World\n")


def test_ctrl_c_exits_130_without_a_traceback() -> None:
    with Server(waits_for_the_end) as server:
        process = subprocess.Popen(
            [GOMICRO, "hello", "--timeout=0", "--url", f"http://127.0.0.1:{server.port}"],
            stderr=subprocess.PIPE,
            env=environment(),
        )
        assert server.answered.wait(30)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"Traceback" not in errors
