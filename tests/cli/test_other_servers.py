"""Flags of other servers: all that these have are answered, with what gomicro has for them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from gomicro.cli.other_servers import ROWS, Row, advice
from gomicro.cli.serve import serve
from tests.command import gomicro_process

SERVERS = ("uvicorn", "granian", "gunicorn", "hypercorn")
OWN = {name for param in serve.params for name in (*param.opts, *param.secondary_opts)} | {"--help"}

ANSWERED = ("-p", "-v", "--wsgi")
"""Short for something else there, or of an older version: typed on instinct all the same."""


@cache
def flags_of(server: str) -> frozenset[str]:
    """The flags in a server's own help."""
    command = shutil.which(server, path=str(Path(sys.executable).parent))
    if command is None:
        pytest.skip(f"{server} is not installed: it belongs to the dependency group test")
    done = subprocess.run([command, "--help"], capture_output=True, text=True, check=True)
    heads = re.findall(r"^ +(-.*?)(?:  .*)?$", done.stdout, re.MULTILINE)
    flags = re.findall(r"(?:^|[\s/,])(--?[a-z][\w-]*)", "\n".join(heads), re.IGNORECASE)
    assert len(flags) > 30
    return frozenset(flags)


@pytest.mark.parametrize("server", SERVERS)
def test_every_flag_of_a_server_is_gomicros_own_or_answered(server: str) -> None:
    answered = {flag for row in ROWS if server in row.servers.split() for flag in row.flags.split()}
    assert flags_of(server) - OWN - answered == set()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.flags.split()[0])
def test_a_row_has_flags_that_its_servers_have(row: Row) -> None:
    servers = row.servers.split()
    flags = set(row.flags.split())
    theirs = set[str]().union(*(flags_of(server) for server in servers))
    assert flags - theirs - set(ANSWERED) == set()
    assert [server for server in servers if not flags & flags_of(server)] == []


def test_no_row_is_about_a_flag_that_gomicro_has_itself() -> None:
    """An option that gomicro gains takes its row with it."""
    assert OWN & {flag for row in ROWS for flag in row.flags.split()} == set()


def test_no_flag_has_two_answers() -> None:
    flags = [flag for row in ROWS for flag in row.flags.split()]
    assert len(flags) == len(set(flags))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.flags.split()[0])
def test_an_answer_names_a_flag_of_gomicros_or_says_why_there_is_none(row: Row) -> None:
    named = set(re.findall(r"(?<![\w-])--[a-z][\w-]*", row.here))
    assert named <= OWN | {"--version"}
    if not re.match("not (needed|offered): .", row.here):
        assert named


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--bind", "0.0.0.0:80"], "--bind: here it is --"),
        (["-b0.0.0.0:80"], "-b: here it is --"),
        (["--proxy-headers"], "--proxy-headers: here it is --forwarded-allow-ips: X-Forwarded"),
        (["--loop=uvloop"], "--loop: not needed: uvloop is used where it is installed"),
        (["--port", "80"], ""),
        (["--", "--loop"], ""),
    ],
)
def test_the_answer_to_a_flag(words: list[str], said: str) -> None:
    assert advice(words, OWN).startswith(said)
    assert bool(advice(words, OWN)) == bool(said)


def test_all_flags_of_another_server_on_one_line_are_answered_at_once() -> None:
    done = gomicro_process("serve", "main:app", "--ssl-certfile=c", "--port", "80", "-D")
    assert (done.returncode, done.stdout) == (2, "")
    *_, first, second = done.stderr.splitlines()
    assert first == "Error: --ssl-certfile: here it is --tls-cert"
    assert second.startswith("-D: not needed: systemd, ")
