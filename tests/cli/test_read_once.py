"""A configuration that can be read only once, where each worker would read it anew."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.command import GOMICRO, gomicro_process

TABLE = b'[serve]\napp = "tests.fleet.app:app"\nhost = "127.0.0.1"\nport = 0\n'


@pytest.mark.parametrize("flag", ["--workers=1", "--reload"])
def test_a_pipe_is_refused_with_what_to_do(flag: str) -> None:
    done = subprocess.run(
        [GOMICRO, "serve", "--config", "/dev/stdin", flag],
        input=TABLE,
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.decode() == (
        "gomicro: /dev/stdin: can be read only once (--config), and each worker reads it anew: "
        "name a regular file\n"
    )


def test_so_is_one_that_asks_for_workers_itself_and_is_named_by_the_environment(
    tmp_path: Path,
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(
        [GOMICRO, "serve"],
        env=os.environ | {"GOMICRO_SERVE_CONFIG": str(pipe)},
        stderr=subprocess.PIPE,
    ) as popen:
        pipe.write_bytes(TABLE + b"workers = 1\n")
        _, said = popen.communicate(timeout=30)
    assert popen.returncode == 2
    assert b"can be read only once (GOMICRO_SERVE_CONFIG)" in said


def test_what_is_in_force_is_printed_all_the_same() -> None:
    done = subprocess.run(
        [GOMICRO, "serve", "--config", "/dev/stdin", "--workers=1", "--print-config"],
        input=TABLE,
        capture_output=True,
        timeout=30,
        check=True,
    )
    assert b'app = "tests.fleet.app:app"' in done.stdout


@pytest.mark.parametrize("kind", ["nothing", "a file"])
def test_what_can_be_read_again_is_taken(tmp_path: Path, kind: str) -> None:
    """The service gets as far as its address."""
    file = tmp_path / "gomicro.toml"
    file.write_bytes(TABLE)
    name = str(file) if kind == "a file" else os.devnull
    done = gomicro_process("serve", "--config", name, "--workers=1", f"--uds={tmp_path}/no/socket")
    assert done.returncode != 0
    assert "no/socket" in done.stderr
