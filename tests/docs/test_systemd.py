"""The unit files in the documentation are systemd's, and fit the service that they start."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gomicro import ServerConfig
from tests.docs.pages import ROOT

DEPLOY = ROOT / "docs/deploy"
SERVICE = (DEPLOY / "gomicro.service").read_text(encoding="utf-8")
KNOWS_RELOADS = 253
"""The first systemd with Type=notify-reload."""


def systemd_version() -> int:
    """0 where there is none."""
    if shutil.which("systemd-analyze") is None:
        return 0
    shown = subprocess.run(["systemd-analyze", "--version"], capture_output=True, check=False)
    found = re.match(rb"systemd (\d+)", shown.stdout)
    return int(found[1]) if found else 0


def for_older(text: str) -> str:
    """The unit file with what its comment says for a systemd before 253."""
    other = re.search(r"# Before systemd 253: (Type=\w+), and (ExecReload=.*)\n", text)
    assert other is not None
    return text.replace("Type=notify-reload", f"{other[1]}\n{other[2]}")


@pytest.mark.parametrize("version", ["of today", "before 253"])
def test_systemd_finds_no_fault_with_the_units(tmp_path: Path, version: str) -> None:
    if not systemd_version():
        pytest.skip("systemd-analyze is not installed")
    if version == "of today" and systemd_version() < KNOWS_RELOADS:
        pytest.skip(f"the systemd here is older than {KNOWS_RELOADS}")
    command = Path(sys.executable).parent / "gomicro"
    text = SERVICE if version == "of today" else for_older(SERVICE)
    (tmp_path / "gomicro.service").write_text(
        text.replace("/opt/gomicro/bin/gomicro", str(command))
    )
    shutil.copy(DEPLOY / "gomicro.socket", tmp_path)
    done = subprocess.run(
        ["systemd-analyze", "verify", "./gomicro.service", "./gomicro.socket"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    faults = [line for line in done.stderr.splitlines() if "gomicro" in line]
    assert (done.returncode, faults) == (0, [])


def test_systemd_waits_for_the_shutdown() -> None:
    found = re.search(r"TimeoutStopSec=(\d+)s", SERVICE)
    assert found is not None
    assert int(found[1]) > ServerConfig().shutdown_grace


def test_what_the_unit_starts_is_a_command() -> None:
    found = re.search(r"ExecStart=/opt/gomicro/bin/(gomicro .*)", SERVICE)
    assert found is not None
    program, *arguments = found[1].split()
    command = [Path(sys.executable).parent / program, *arguments, "--print-config"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_the_socket_is_the_services_own_port() -> None:
    text = (DEPLOY / "gomicro.socket").read_text(encoding="utf-8")
    assert re.findall(r"^ListenStream=(.*)$", text, re.MULTILINE) == [str(ServerConfig().port)]
