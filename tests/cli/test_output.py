"""Output that cannot be written: no traceback, and a status that says so."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.command import GOMICRO, gomicro_process

COMMANDS = [["--help"], ["-V"], ["serve", "--help"], ["serve", "--print-config"]]
ids = " ".join


@pytest.mark.parametrize("words", COMMANDS, ids=ids)
def test_a_pipe_that_is_closed_early_is_no_error_to_tell(words: list[str]) -> None:
    """As `gomicro --help | head -0` has it; the status is a shell's for SIGPIPE."""
    reader, writer = os.pipe()
    os.close(reader)
    done = gomicro_process(*words, stdout=writer)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("words", COMMANDS, ids=ids)
def test_a_disk_that_is_full_is_one_line_and_1(words: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = gomicro_process(*words, stdout=full)
    told = "gomicro: cannot write standard output: No space left on device\n"
    assert (done.returncode, done.stderr) == (1, told)


@pytest.mark.parametrize("words", COMMANDS, ids=ids)
def test_an_output_that_was_never_open_is_one_line_and_1(words: list[str]) -> None:
    done = subprocess.run(
        ["bash", "-c", '"$0" "$@" >&-', GOMICRO, *words], capture_output=True, check=False
    )
    told = b"gomicro: cannot write standard output: it is closed\n"
    assert (done.returncode, done.stderr) == (1, told)


@pytest.mark.parametrize("words", [["serve", "--prot"], ["serve", "--port=x"], []], ids=ids)
@pytest.mark.parametrize("where", ["2>&-", "2>/dev/full"])
def test_an_error_that_nobody_can_be_told_keeps_its_status(words: list[str], where: str) -> None:
    if where.endswith("full") and not Path("/dev/full").exists():
        pytest.skip("the system has no /dev/full")
    done = subprocess.run(
        ["bash", "-c", f'"$0" "$@" {where}', GOMICRO, *words], stdout=subprocess.PIPE, check=False
    )
    assert (done.returncode, done.stdout) == (2, b"")
