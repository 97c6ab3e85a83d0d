"""HAProxy and nginx in front of a fleet, while it is restarted ten times."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from tests.fleet.conftest import Fleet, MakeFleet
from tests.fleet.load import Load
from tests.integration.process import PATIENCE
from tests.ports import unused_port

RESTARTS = 10

HAPROXY = """\
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen service
  bind 127.0.0.1:{port}
  server one 127.0.0.1:{service}
"""

NGINX = """\
daemon off;
pid {directory}/nginx.pid;
error_log stderr;
events {{}}
http {{
  access_log off;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  upstream service {{
    server 127.0.0.1:{service};
    keepalive 16;
  }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://service;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }}
  }}
}}
"""


def found(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")


@contextmanager
def proxy(command: list[str], file: Path, text: str, service: int) -> Iterator[int]:
    """A proxy in front of a port; gives its own."""
    port = unused_port()
    file.write_text(text.format(port=port, service=service, directory=file.parent))
    with subprocess.Popen([*command, str(file)], stderr=subprocess.DEVNULL) as process:
        try:
            await_port(port)
            yield port
        finally:
            process.terminate()


def await_port(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.02)
    raise TimeoutError(f"nobody listens on {port}")


def test_ten_restarts_behind_haproxy_and_nginx_fail_no_request(
    fleet: MakeFleet, tmp_path: Path
) -> None:
    commands = {"haproxy": ["haproxy", "-f"], "nginx": ["nginx", "-c"]}
    texts = {"haproxy": HAPROXY, "nginx": NGINX}
    paths = {name: path for name in commands if (path := found(name))}
    if not paths:
        pytest.skip("neither haproxy nor nginx is installed")
    service = fleet(1, "--no-access-log").await_ready()
    with ExitStack() as stack:
        loads = {}
        for name, path in paths.items():
            command = [path, *commands[name][1:]]
            file = tmp_path / f"{name}.conf"
            port = stack.enter_context(proxy(command, file, texts[name], service.port))
            loads[name] = Load(port)
        asyncio.run(restart_under(service, list(loads.values())))
    assert {name: load.losses for name, load in loads.items()} == {name: [] for name in paths}
    assert all(len(load.pids) == RESTARTS + 1 for load in loads.values())


async def answered_by(load: Load, count: int) -> None:
    """Wait until so many workers have answered, one after another."""
    await load.until(lambda: len(load.pids) >= count)


async def restart_under(service: Fleet, loads: list[Load]) -> None:
    for load in loads:
        load.start(8, ("keeps alive", "connects anew", "sends slowly"))
    for number in range(RESTARTS + 1):
        if number:
            service.send_signal(signal.SIGHUP)
            await asyncio.to_thread(service.await_at_least, "restart done", number)
        for load in loads:
            await answered_by(load, number + 1)
    await asyncio.gather(*(load.stop() for load in loads))
