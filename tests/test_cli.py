"""The command line as a process: help, versions, usage errors, configuration, start-up errors."""

from __future__ import annotations

import importlib
import os
import signal
import socket
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import click
import pytest

import gomicro.cli
from gomicro.cli import serve
from gomicro.cli.commands import run
from gomicro.errors import StartupError
from tests.command import GOMICRO, gomicro_process
from tests.compiled import COMPILED


@pytest.mark.parametrize("command", [[GOMICRO], [sys.executable, "-m", "gomicro"]])
def test_the_script_and_the_module_are_the_same_command(command: list[str]) -> None:
    done = subprocess.run(
        [*command, "--version"], capture_output=True, text=True, timeout=30, check=True
    )
    form = " (compiled)" if COMPILED else ""
    assert (done.stdout, done.stderr) == (f"gomicro {version('gomicro')}{form}\n", "")


def test_importing_the_module_runs_nothing() -> None:
    assert importlib.import_module("gomicro.__main__").main is gomicro.cli.main


def test_help_lists_the_commands_and_what_they_do() -> None:
    done = gomicro_process("--help")
    assert (done.returncode, done.stderr) == (0, "")
    commands = done.stdout.partition("Commands:")[2].split("\n")
    assert [line.strip() for line in commands if line] == [
        "serve    Run the service.",
        "hello    Say hello to a running service.",
        "goodbye  Say goodbye to a running service.",
        "check    Ask a running service whether it is ready.",
    ]


@pytest.mark.parametrize("command", ["serve", "hello", "goodbye", "check"])
def test_each_command_has_help(command: str) -> None:
    done = gomicro_process(command, "-h")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: gomicro {command} [OPTIONS]")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        pytest.param([], "Usage: gomicro", id="nothing"),
        pytest.param(["bye"], "No such command 'bye'", id="an unknown command"),
        pytest.param(["serve", "--prot=1"], "No such option", id="an unknown option"),
        pytest.param(["serve", "--factory"], "--factory needs APP", id="a factory of nothing"),
        pytest.param(["serve", "--port=x"], "gomicro: --port: want a port from 1", id="a bad port"),
        pytest.param(
            ["serve", "--listen=9090"],
            "gomicro: --listen: want an address such as",
            id="no address",
        ),
        pytest.param(
            ["serve", "--uds=s", "--port=9090"],
            "gomicro: --port and --uds both say where to listen: give one of them",
            id="two ways to say where",
        ),
        pytest.param(
            ["serve", "--port=22082", "--admin-port=22082", "--workers=2"],
            "gomicro: --port and --admin-port are both 22082: give the admin listener a port",
            id="one port for both",
        ),
        pytest.param(
            ["serve", "--read-timeout=1y"],
            "gomicro: --read-timeout: '1y' is not a duration: write 500ms, 1s, 1m30s",
            id="a bad duration",
        ),
        pytest.param(
            ["serve", "--config=/no/such"],
            "gomicro: /no/such: cannot be read (--config)",
            id="a missing file",
        ),
        pytest.param(["hello", "--timeout=-1"], "'-1' is negative", id="a bad timeout of hello"),
        pytest.param(["goodbye", "Eve"], "unexpected extra argument", id="goodbye to whom"),
    ],
)
def test_a_usage_error_says_what_is_wrong_and_exits_2(arguments: list[str], text: str) -> None:
    done = gomicro_process(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert text in done.stderr
    assert "Traceback" not in done.stderr


def test_an_error_is_one_line_whatever_is_in_it(tmp_path: Path) -> None:
    done = gomicro_process("serve", "--config", "no\nsuch\x1b[31m")
    assert done.returncode == 2
    assert done.stderr == (
        "gomicro: no\\nsuch\\x1b[31m: cannot be read (--config): No such file or directory\n"
    )


def test_print_config_shows_each_value_and_where_it_came_from(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text("[serve]\nwrite-timeout = '3s'\nport = 1\n")
    done = gomicro_process(
        "serve",
        "--print-config",
        "--idle-timeout=90",
        "--no-access-log",
        cwd=tmp_path,
        PORT="8080",
        GOMICRO_PORT="tcp://10.0.0.1:1",
        GOMICRO_SERVE_CONFIG="my.toml",
    )
    assert (done.returncode, done.stderr) == (0, "")
    table = tomllib.loads(done.stdout)["serve"]
    assert (table["port"], table["write-timeout"], table["idle-timeout"]) == (8080, "3s", "1m30s")
    squeezed = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "port = 8080 # environment PORT" in squeezed
    assert 'write-timeout = "3s" # file my.toml' in squeezed
    assert 'idle-timeout = "1m30s" # flag --idle-timeout' in squeezed
    assert "access-log = false # flag --access-log" in squeezed
    assert 'log-level = "info" # default' in squeezed


@pytest.mark.parametrize("arguments", [[], ["no_such_module:app"]], ids=["built-in", "bad app"])
def test_a_service_that_cannot_start_says_why_in_one_line_and_exits_3(
    arguments: list[str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = gomicro_process("serve", *arguments, "--host=127.0.0.1", f"--port={port}")
    assert done.returncode == 3
    errors = [line for line in done.stderr.splitlines() if line.startswith("gomicro: ")]
    assert len(errors) == 1
    assert ("no_such_module" if arguments else str(port)) in errors[0]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("word", ["hello", "check"])
def test_a_client_does_not_import_the_engine_or_the_configuration(word: str) -> None:
    code = (
        f"import sys; from gomicro.cli.commands import run; run(['{word}', '--url', 'http://a:0']);"
        "print(*sorted(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    loaded = set(done.stdout.split())
    assert "gomicro.client" in loaded
    heavy = {
        "gomicro.config",
        "gomicro.connection",
        "gomicro.log",
        "uvicorn",
        "structlog",
        "asyncio",
    }
    assert not heavy & loaded


# In the process of the tests: what the processes above do not tell apart.


@pytest.mark.parametrize(
    ("arguments", "status"),
    [(["--version"], 0), (["serve", "--print-config"], 0), (["hello", "--url", "http://a:0"], 3)],
)
def test_run_returns_the_exit_status(arguments: list[str], status: int) -> None:
    assert run(arguments) == status


@pytest.mark.parametrize("error", [click.Abort, KeyboardInterrupt])
def test_an_interrupted_command_exits_130(
    error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*args: object, **kwargs: object) -> None:
        raise error

    monkeypatch.setattr("gomicro.cli.commands.gomicro.main", interrupted)
    assert gomicro.cli.main() == 128 + signal.SIGINT


def test_a_directory_that_was_removed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def removed() -> str:
        raise FileNotFoundError

    monkeypatch.setattr(os, "getcwd", removed)
    with pytest.raises(StartupError, match="the current directory has been removed"):
        serve._stand_somewhere()
