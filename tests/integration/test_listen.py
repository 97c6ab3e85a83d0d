"""Where a service listens: several addresses, Unix sockets, and sockets that are passed to it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.certificates import Certificate
from tests.integration.conftest import Serve
from tests.integration.manager import AS_SYSTEMD
from tests.integration.peer import Peer, get
from tests.integration.process import GOMICRO, PATIENCE


def unix_peer(path: Path) -> Peer:
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(str(path))
    return Peer(0, sock=sock)


def client(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [GOMICRO, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def test_one_service_listens_on_several_addresses(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "s"
    where = ("--listen", f"unix:{path}", "--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0")
    service = serve(where=where)
    listening = service.await_entry("listening")
    unix, *tcp = listening["address"]
    assert len(set(tcp)) == 2
    assert unix == f"unix:{path}"
    assert listening["port"] == int(tcp[0].rpartition(":")[2])
    with unix_peer(path) as peer:
        assert peer.send(get("/goodbye")).answer().body == b"Byee\n"
    for address in tcp:
        with Peer(int(address.rpartition(":")[2])) as peer:
            assert peer.send(get("/goodbye")).answer().body == b"Byee\n"
    service.await_entries("request", 3)
    clients = [entry["client"] for entry in service.entries("request")]
    assert clients[0] == "unix:"
    assert all(client.startswith("127.0.0.1:") for client in clients[1:])
    assert service.stop(signal.SIGTERM) == 0
    assert not path.exists()


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_the_client_goes_through_a_unix_socket(
    serve: Serve, certificate: Certificate, tmp_path: Path, tls: bool
) -> None:
    path = tmp_path / "s"
    files = ("--tls-cert", certificate.cert, "--tls-key", certificate.key) if tls else ()
    service = serve("--uds-mode=600", *files, where=("--uds", str(path)))
    assert service.await_entry("listening")["port"] is None
    assert path.stat().st_mode & 0o777 == 0o600
    url = "https://127.0.0.1" if tls else "http://service.example:1"
    arguments = ("--url", url, "--unix-socket", str(path), "-v")
    environment = os.environ | {"SSL_CERT_FILE": certificate.cert}
    done = subprocess.run(
        [GOMICRO, "hello", "Eve", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "Hello Eve\n")
    host = url.partition("//")[2]
    assert done.stderr.startswith(f"* connected to {host} at {path}\n")
    assert f"> Host: {host}\n" in done.stderr
    assert service.await_entry("request")["client"] == "unix:"


def test_the_client_finds_the_unix_socket_that_serve_has_in_its_environment(
    serve: Serve, tmp_path: Path
) -> None:
    variables = {"GOMICRO_SERVE_UDS": str(tmp_path / "s"), "PORT": "1"}
    serve(where=(), env=variables).await_entry("listening")
    kept = {name: text for name, text in os.environ.items() if name != "GOMICRO_URL"}
    for more, status in (((), 0), (("--port", "1"), 7), (("--url", "http://localhost:1"), 7)):
        done = subprocess.run(
            [GOMICRO, "goodbye", *more],
            env=kept | variables,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == status, done.stderr


def test_a_client_of_a_unix_socket_that_is_not_there_exits_7(tmp_path: Path) -> None:
    done = client("goodbye", "--url", "http://a", "--unix-socket", str(tmp_path / "s"))
    assert (done.returncode, done.stdout) == (7, "")
    assert done.stderr == (
        f"gomicro: cannot connect to a through {tmp_path / 's'}: No such file or directory\n"
    )


def test_a_killed_service_is_followed_by_one_on_the_same_path(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "s"
    first = serve(where=("--uds", str(path)))
    first.await_entry("listening")
    refused = client("serve", "--uds", str(path))
    assert (refused.returncode, refused.stderr) == (
        3,
        f"gomicro: cannot listen on unix:{path}: already in use\n",
    )
    first.kill()
    assert path.exists()
    serve(where=("--uds", str(path))).await_entry("listening")
    with unix_peer(path) as peer:
        assert peer.send(get("/goodbye")).answer().status == 200


def test_a_socket_that_systemd_passes_is_served_from_its_first_client_on(serve: Serve) -> None:
    """A client that came before the service is answered, and no child thinks that it is passed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with Peer(port) as peer:
            peer.send(get("/goodbye"))
            number = server.fileno()
            service = serve(
                command=(*AS_SYSTEMD, GOMICRO),
                env={"LISTEN_FDS": "1", "LISTEN_FDNAMES": "web", "TAKEN": str(number)},
                pass_fds=(number,),
                where=(),
            )
            server.close()
            assert peer.answer().body == b"Byee\n"
        assert service.await_entry("listening")["address"] == [f"127.0.0.1:{port}"]


def test_what_is_passed_and_not_wanted_is_a_usage_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.fileno()
        done = subprocess.run(
            [*AS_SYSTEMD, GOMICRO, "serve", "--port", "0"],
            env=os.environ | {"LISTEN_FDS": "1", "TAKEN": str(number)},
            pass_fds=(number,),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.startswith("gomicro: sockets were passed (LISTEN_FDS) that --listen does")


def test_a_descriptor_is_served(serve: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.fileno()
        serve(where=("--fd", str(number)), pass_fds=(number,)).await_entry("listening")
        with Peer(server.getsockname()[1]) as peer:
            assert peer.send(get("/goodbye")).answer().body == b"Byee\n"


def test_a_descriptor_that_is_no_listening_socket_is_told(tmp_path: Path) -> None:
    done = client("serve", "--fd", "0")
    assert done.returncode == 3
    assert done.stderr == "gomicro: cannot listen on fd:0: Socket operation on non-socket\n"
