"""The names in the documentation are the code's: flags, variables, log events, public names."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import click
import pytest

import gomicro
from gomicro.cli.commands import gomicro as command
from gomicro.cli.other_servers import ROWS
from gomicro.client import __doc__ as client_doc
from gomicro.config import CONFIG_VARIABLE, EVERY_OPTION
from tests.docs.pages import PAGES, ROOT, name

_OTHER_FLAGS = {
    "--config", "--print-config", "--url", "--unix-socket", "--port", "--timeout", "--verbose",
    "--version",
    "--help",
    # uvicorn's, pip's, openssl's and curl's, where the pages call them
    "--http", "--limit-concurrency", "--timeout-keep-alive", "--timeout-graceful-shutdown",
    "--group", "--svg",
    "--minutes",
    # systemctl's
    "--now",
    "--data-binary", "--cacert", "--no-cache-dir",
    # docker's, its compose's, kubectl's and uv's
    "--build", "--file", "--interval", "--start-period", "--tag", "--kustomize", "--from",
    "--rm", "--publish", "--stop-timeout",
    # Caddy's
    "--pidfile",
    # Sphinx's
    "--keep-going",
    # the tests' own commands'
    "--record", "--cases", "--seed",
}  # fmt: skip
# Kubernetes makes the third; the documentation warns of it.
_OTHER_VARIABLES = {CONFIG_VARIABLE, "GOMICRO_URL", "GOMICRO_PORT"}

_FIELDS = {"exc_info": "exception"}
"""Fields that the lines have under another name than the calls."""

_LEVELS = {"debug", "info", "warning", "error", "critical"}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_flag_on_a_page_exists(page: Path) -> None:
    """A flag that was renamed is renamed on every page."""
    known = {option.flag for option in EVERY_OPTION} | _OTHER_FLAGS
    known |= {flag.replace("--", "--no-", 1) for flag in known}
    known |= {flag for row in ROWS for flag in row.flags.split()}
    found = re.findall(r"(?<![\w<!-])--[a-z][\w-]*", page.read_text(encoding="utf-8"))
    assert set(found) - known == set()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_variable_on_a_page_exists(page: Path) -> None:
    """So does an environment variable."""
    known = {name for option in EVERY_OPTION for name in option.environment}
    found = re.findall(r"\bGOMICRO_\w*[A-Z]\b", page.read_text(encoding="utf-8"))
    assert set(found) - known - _OTHER_VARIABLES == set()


def test_the_client_page_has_every_exit_status() -> None:
    """The table of exit statuses has those that the client's own documentation lists."""
    declared = {int(code) for code in re.findall(r"(?<=  )(\d+)  ", client_doc or "")}
    assert len(declared) > 5
    page = (ROOT / "docs/reference/client.md").read_text(encoding="utf-8")
    rows = {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
    assert rows - declared == {0, 2}
    assert declared - rows == set()


def test_the_client_page_has_every_option() -> None:
    """Each option of the clients is on the page."""
    page = (ROOT / "docs/reference/client.md").read_text(encoding="utf-8")
    context = click.Context(command)
    flags = set()
    for word in ("hello", "goodbye", "check"):
        said = command.get_command(context, word)
        assert said is not None
        flags |= {flag for option in said.params for flag in option.opts if flag[0] == "-"}
    assert [flag for flag in sorted(flags) if f"`{flag}" not in page] == []


def test_the_log_page_has_every_event_with_its_fields() -> None:
    """Each event that the code logs by a literal name has a row, which names all its fields."""
    page = (ROOT / "docs/reference/logs.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([^`]+)` (\|.*)$", page, re.MULTILINE))
    missing = [
        f"{event}: {field}"
        for file in sorted((ROOT / "src").rglob("*.py"))
        for event, fields in _logged(file)
        for field in ("", *fields)
        if event not in rows or (field and f"`{field}`" not in rows[event])
    ]
    assert missing == []


def test_the_library_page_has_every_public_name() -> None:
    """What `from gomicro import ...` offers is explained, and nothing else."""
    page = (ROOT / "docs/reference/library.md").read_text(encoding="utf-8")
    headings = set(re.findall(r"^## `(\w+)", page, re.MULTILINE))
    assert headings == set(gomicro.__all__) - {"__version__"}


def _logged(file: Path) -> list[tuple[str, list[str]]]:
    """The (event, fields) of each call that looks like `log.info("event", field=...)` or
    `log("info", "event", field=...)`, and of each entry that is written out:
    `{"time": ..., "level": ..., "logger": ..., "event": "event", ...}`.
    """
    nodes = list(ast.walk(ast.parse(file.read_text())))
    calls = [
        (call.args[0].value, [word.arg for word in call.keywords if word.arg])
        for call in nodes
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in _LEVELS
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
        and "%" not in call.args[0].value
    ]
    calls += [
        (str(event.value), [word.arg for word in call.keywords if word.arg not in (None, "logger")])
        for call in nodes
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
        if call.func.attr in ("log", "write") and len(call.args) >= 2
        for level, event in [call.args[:2]]
        if isinstance(level, ast.Constant) and level.value in _LEVELS
        if isinstance(event, ast.Constant)
    ]
    entries = [
        (value.value, names[4:])
        for entry in nodes
        if isinstance(entry, ast.Dict)
        for names in [[str(key.value) for key in entry.keys if isinstance(key, ast.Constant)]]
        if names[:4] == ["time", "level", "logger", "event"]
        for value in [entry.values[3]]
        if isinstance(value, ast.Constant)
    ]
    return [(str(event), [_FIELDS.get(f, f) for f in fields]) for event, fields in calls + entries]
