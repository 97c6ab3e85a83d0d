"""What --help shows, and what a mistyped command line is told."""

from __future__ import annotations

import click
import pytest

from gomicro.cli.serve import serve
from gomicro.config import GROUPS
from tests.command import gomicro_process


def help_of_serve() -> str:
    return serve.get_help(click.Context(serve, info_name="gomicro serve", terminal_width=100))


def test_the_help_of_serve_has_its_options_in_groups_after_two_examples() -> None:
    text = help_of_serve()
    titles = [line[:-1] for line in text.splitlines() if line.endswith(":") and line[0] != " "]
    assert titles == ["Examples", *GROUPS, "Other"]
    examples = text.partition("Examples:\n")[2].partition("\n\n")[0]
    assert examples.count("  gomicro serve ") == 2


def test_the_application_is_described_among_the_options() -> None:
    group = help_of_serve().partition("Application:\n")[2].partition("\n\n")[0]
    assert [line.split()[0] for line in group.splitlines() if line[2] != " "] == [
        "APP",
        "--factory",
        "--app-dir",
        "--path-send",
        "--config",
    ]


@pytest.mark.parametrize("flag", ["-V", "--version"])
def test_the_version_has_a_short_flag(flag: str) -> None:
    done = gomicro_process(flag)
    assert (done.returncode, done.stdout.split()[0], done.stderr) == (0, "gomicro", "")


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        pytest.param(["serv"], "Did you mean 'gomicro serve'?", id="a letter short"),
        pytest.param(["godbye"], "Did you mean 'gomicro goodbye'?", id="a letter short of another"),
        pytest.param(["run"], "Did you mean 'gomicro serve'?", id="as elsewhere"),
        pytest.param(["main:app"], "Did you mean 'gomicro serve main:app'?", id="an application"),
        pytest.param(["main.py"], "Did you mean 'gomicro serve main.py'?", id="a file"),
        pytest.param(["help"], "Did you mean 'gomicro --help'?", id="help"),
        pytest.param(["version"], "Did you mean 'gomicro --version'?", id="the version"),
        pytest.param(["xyzzy"], "No such command 'xyzzy'.\n", id="nothing near"),
        pytest.param(
            ["--port", "80"],
            "--port is an option of serve; did you mean 'gomicro serve --port 80'?",
            id="an option of serve",
        ),
        pytest.param(
            ["--port", "80", "serve", "main:app"],
            "did you mean 'gomicro serve --port 80 main:app'?",
            id="an option of serve before it",
        ),
        pytest.param(["--xyzzy"], "No such option '--xyzzy'.", id="no option at all"),
        pytest.param(["serve", "--prt=1"], "Did you mean '--port'?", id="a mistyped flag"),
        pytest.param(["serve", "--xyzzy=1"], "No such option '--xyzzy'.", id="an unknown flag"),
        pytest.param(["serve", "a", "b"], "unexpected extra argument (b)", id="too many words"),
    ],
)
def test_a_mistyped_command_line_is_told_what_may_have_been_meant(
    words: list[str], hint: str
) -> None:
    done = gomicro_process(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert hint in done.stderr


@pytest.mark.parametrize(
    ("flags", "hint"),
    [
        (["--max-requests", "1000"], "--max-requests does nothing without --workers."),
        (["--worker-timeout=0", "--reload-dir=."], "--reload-dir does nothing without --reload."),
    ],
)
def test_a_flag_that_does_nothing_is_refused(flags: list[str], hint: str) -> None:
    done = gomicro_process("serve", *flags)
    assert (done.returncode, done.stdout) == (2, "")
    assert hint in done.stderr


def test_what_was_typed_cannot_act_on_a_terminal() -> None:
    done = gomicro_process("serve", "--x\x1b[31m\u202e", "a\x1bb", "c\x1bd")
    assert done.returncode == 2
    assert all(line.isprintable() for line in done.stderr.split("\n"))
