"""Paths of a configuration, whatever directory the process goes to."""

from __future__ import annotations

from pathlib import Path

import pytest

from gomicro import Server, ServerConfig
from gomicro.config import anchored
from tests.connection.harness import answering


def test_paths_are_absolute_and_all_else_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    listen = (":9090", "unix:run/a.sock", "unix:/run/b.sock", "fd:web")
    config = ServerConfig(
        listen=listen, tls_cert="./cert.pem", tls_key="../key.pem", max_in_flight=1
    )
    found = anchored(config)
    assert found.listen == (":9090", f"unix:{tmp_path}/run/a.sock", "unix:/run/b.sock", "fd:web")
    assert (found.tls_cert, found.tls_key) == (f"{tmp_path}/cert.pem", f"{tmp_path}/../key.pem")
    assert found.max_in_flight == 1
    assert anchored(found) == found
    assert anchored(ServerConfig(uds="a.sock")).uds == f"{tmp_path}/a.sock"


def test_without_a_path_it_is_the_same() -> None:
    config = ServerConfig(listen=(":80",), tls_cert="/cert.pem", tls_key="/key.pem")
    assert anchored(config) is config


@pytest.mark.usefixtures("_removed_directory")
def test_in_a_directory_that_has_been_removed_they_stay() -> None:
    config = ServerConfig(uds="a.sock")
    assert anchored(config) is config


def test_a_servers_are_those_of_when_it_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    server = Server(answering(), ServerConfig(uds="a.sock"))
    monkeypatch.chdir("/")
    assert server.config.uds == f"{tmp_path}/a.sock"
