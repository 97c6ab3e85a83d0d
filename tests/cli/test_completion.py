"""Shell completion, as the documentation has it set up."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from gomicro.cli.commands import run
from tests.command import GOMICRO, gomicro_process
from tests.docs.pages import ROOT, blocks

PAGE = ROOT / "docs/reference/client.md"
SETUP = {
    shell: next(block.text for block in blocks(PAGE) if f"{shell}_source" in block.text)
    for shell in ("bash", "zsh", "fish")
}


def candidates(*words: str) -> list[str]:
    """What the shell is told for the last of the words: a type and a value each."""
    done = gomicro_process(
        COMP_WORDS=" ".join(("gomicro", *words)),
        COMP_CWORD=str(len(words)),
        _GOMICRO_COMPLETE="bash_complete",
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        pytest.param(["g"], ["plain,goodbye"], id="a command"),
        pytest.param(["serve", "--tls-c"], ["plain,--tls-cert"], id="a flag"),
        pytest.param(["serve", "--log-level", "w"], ["plain,warning"], id="a word"),
        pytest.param(["serve", "--workers", ""], ["plain,auto"], id="a word beside numbers"),
        pytest.param(["serve", "--tls-cert", "c"], ["file,"], id="a file"),
        pytest.param(["serve", "--app-dir", "s"], ["dir,"], id="a directory"),
        pytest.param(["serve", "--config", "s"], ["file,"], id="a configuration"),
        pytest.param(["serve", "m"], ["file,"], id="an application"),
        pytest.param(["serve", "--port", "8"], [], id="nothing to complete"),
        pytest.param(["hello", "--unix-socket", "s"], ["file,"], id="a socket"),
    ],
)
def test_what_can_be_completed(words: list[str], found: list[str]) -> None:
    assert candidates(*words) == found


def test_bash_completes_after_the_documented_line(tmp_path: Path) -> None:
    ask = "COMP_WORDS=(gomicro serve --log-format j) COMP_CWORD=3; _gomicro_completion gomicro\n"
    done = subprocess.run(
        ["bash", "-c", f'{SETUP["bash"]}\n{ask}echo "${{COMPREPLY[@]}}"'],
        env=os.environ | {"PATH": f"{GOMICRO.parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("json\n", "")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_documented_line_is_no_error_in_other_shells(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    done = subprocess.run(
        [shell, "-c", f"autoload -U compinit; compinit\n{SETUP[shell]}"]
        if shell == "zsh"
        else [shell, "-c", SETUP[shell]],
        env=os.environ | {"PATH": f"{GOMICRO.parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_given_a_function_of_its_own(
    shell: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_GOMICRO_COMPLETE", f"{shell}_source")
    assert run([]) == 0
    assert "_gomicro_completion" in capfd.readouterr().out


def test_a_completion_that_cannot_be_written_is_no_traceback() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = gomicro_process(stdout=writer, _GOMICRO_COMPLETE="bash_source")
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_shell_that_is_not_known_has_the_status_of_an_error() -> None:
    assert gomicro_process(_GOMICRO_COMPLETE="cmd_source").returncode == 1
