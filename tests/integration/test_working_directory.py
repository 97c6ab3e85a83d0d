"""An application that goes to another directory, and paths that were given before that."""

from __future__ import annotations

import signal
import socket
import sys
from pathlib import Path

import pytest

from tests.certificates import Pair, trusted
from tests.integration.conftest import Serve

APP = """
import os

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        os.chdir("/")
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})
"""
AT_ITS_IMPORT = f"{APP}\nos.chdir('/')\n"
PROGRAM = """
from gomicro import Fleet, ServerConfig

if __name__ == "__main__":
    config = ServerConfig(
        host="127.0.0.1", port=0, tls_cert="live.pem", tls_key="live.key", workers=1
    )
    raise SystemExit(Fleet("main:app", config).run())
"""
FLAGS = ("--tls-cert", "live.pem", "--tls-key", "live.key")


@pytest.mark.parametrize("code", [APP, AT_ITS_IMPORT], ids=["lifespan", "import"])
def test_a_certificate_is_found_and_renewed(serve: Serve, tmp_path: Path, code: str) -> None:
    (tmp_path / "main.py").write_text(code)
    pair = Pair(tmp_path)
    first = pair.become("first")
    service = serve("main:app", *FLAGS, cwd=tmp_path)
    assert trusted(service.port, first)
    second = pair.become("second")
    service.send_signal(signal.SIGHUP)
    renewed = service.await_entry("certificate renewed")
    assert (renewed["certificate"], renewed["key"]) == (str(pair.cert), str(pair.key))
    assert trusted(service.port, second)


def test_a_worker_of_a_programs_fleet_finds_it(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(AT_ITS_IMPORT)
    (tmp_path / "program.py").write_text(PROGRAM)
    first = Pair(tmp_path).become("first")
    service = serve(command=(sys.executable, "program.py"), where=(), cwd=tmp_path)
    assert trusted(service.port, first)


@pytest.mark.parametrize("option", [("--uds", "a.sock"), ("--listen", "unix:a.sock")])
def test_a_unix_socket_is_where_it_was_asked_for(
    serve: Serve, tmp_path: Path, option: tuple[str, ...]
) -> None:
    (tmp_path / "main.py").write_text(AT_ITS_IMPORT)
    service = serve("main:app", *option, cwd=tmp_path, where=())
    assert service.await_entry("listening")["address"] == [f"unix:{tmp_path}/a.sock"]
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(tmp_path / "a.sock"))
