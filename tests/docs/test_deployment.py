"""The container files in the documentation fit the service they start."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gomicro import ServerConfig
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs/how-to/containers.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("words", re.findall(r"CMD (\[.+?\])", PAGE))
def test_what_a_container_starts_is_a_command(words: str) -> None:
    """The words of each CMD are taken by the installed command."""
    program, *arguments = json.loads(words)
    command = [Path(sys.executable).parent / program, *arguments, "--print-config"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_the_ports_are_the_services_own() -> None:
    """Image, container port and probes name the default port."""
    ports = re.findall(r"(?:EXPOSE|containerPort:|port:) (\d+)", PAGE)
    assert set(ports) == {str(ServerConfig().port)}


def test_kubernetes_waits_for_the_shutdown() -> None:
    """The grace period covers the pause before SIGTERM and the service's own grace."""
    period = _seconds(r"terminationGracePeriodSeconds: (\d+)")
    assert period > _seconds(r"sleep: \{ seconds: (\d+) \}") + ServerConfig().shutdown_grace


def _seconds(pattern: str) -> int:
    found = re.search(pattern, PAGE)
    assert found is not None
    return int(found[1])
