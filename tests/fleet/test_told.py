"""What the workers of a program's fleet are told."""

from __future__ import annotations

import sys
from pathlib import Path
from types import MappingProxyType

import pytest

from gomicro import RouteConfig, ServerConfig
from gomicro.errors import StartupError
from gomicro.fleet.crew import Limits
from gomicro.fleet.fleet import make_supervisor
from gomicro.fleet.machine import Machine
from gomicro.fleet.spawn import Command
from gomicro.fleet.told import Told

ROUTES = {"/x": RouteConfig(write_timeout=3, access_log=False), "POST /up/{id}": RouteConfig()}


@pytest.mark.parametrize(
    "config",
    [
        ServerConfig(),
        ServerConfig(listen=("127.0.0.1:0", "unix:s"), uds_mode=0o600, workers="auto"),
        ServerConfig(routes=ROUTES),
        ServerConfig(routes=MappingProxyType(ROUTES)),
    ],
    ids=["defaults", "addresses", "routes", "routes that nobody can change"],
)
def test_a_worker_is_told_the_programs_own_configuration(config: ServerConfig) -> None:
    told = Told.read(Told.of("shop:app", config, factory=True, websockets=False).text())
    assert (told.app, told.factory, told.websockets) == ("shop:app", True, False)
    assert told.config() == config


def test_a_configuration_that_a_worker_does_not_take_is_told_by_its_supervisor() -> None:
    """As where another release has been installed meanwhile."""
    config = ServerConfig(host="127.0.0.1", port=0)
    told = Told.of("shop:app", config, factory=False, websockets=True)
    told.fields["max_requests"] = -1
    arguments = (sys.executable, "-m", "gomicro.fleet", told.text())
    command = Command(sys.executable, arguments, {}, str(Path.cwd()))
    with pytest.raises(StartupError, match="max_requests: want"):
        make_supervisor(Machine(Limits(1)), config, command).run()
