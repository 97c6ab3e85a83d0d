"""What the documentation says to type is typed, and gives what the documentation shows."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, blocks, name
from tests.docs.session import Session

RUN_ELSEWHERE = {
    # Lines that install something: what runs them.
    "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/gomicro serve": (
        "tests/test_packaging.py"
    ),
    "python3 -m venv .venv && .venv/bin/pip install -U pip && "
    ".venv/bin/pip install -e . --group test && .venv/bin/python -m pytest": ".ci/run",
    "python3 -m venv .venv": "tests/test_packaging.py",
    ".venv/bin/pip install .": "tests/test_packaging.py",
    ". .venv/bin/activate": "tests/test_packaging.py",
    'eval "$(_GOMICRO_COMPLETE=bash_source gomicro)"': "tests/cli/test_completion.py",
    'eval "$(_GOMICRO_COMPLETE=zsh_source gomicro)"': "tests/cli/test_completion.py",
    "_GOMICRO_COMPLETE=fish_source gomicro | source": "tests/cli/test_completion.py",
    "pipx install .": ".ci/run",
    "uv tool install .": ".ci/run",
    "uvx --from . gomicro serve": ".ci/run",
    "gomicro serve shop:app --workers 2   # its process is the supervisor": (
        "tests/fleet/test_restart.py"
    ),
    "kill -HUP PID                        # once the new version is on disk": (
        "tests/fleet/test_restart.py"
    ),
    "pre-commit install": "tests/docs/test_repository.py",
    "pip install .": "tests/test_packaging.py",
    "HATCH_BUILD_HOOKS_ENABLE=true pip install .": ".ci/run",
    ".ci/run": ".github/workflows/ci.yml",
    "sphinx-build -W --keep-going -c docs . site": ".ci/run",
    "python -m tests.docs": "tests/docs/test_generated.py",
    "python -m tests.wire": "tests/wire/test_command.py",
    "python -m tests.wire 'timeouts/*' 'chunked/*'": "tests/wire/test_command.py",
    "python -m tests.wire --record": "tests/wire/test_command.py",
    "python -m tests.fuzz --cases 100000": "tests/fuzz/test_differential.py",
    "python -m tests.fuzz --cases 1 --seed 4711": "tests/fuzz/test_differential.py",
    "python -m tests.fuzz.engine --cases 1000000": "tests/fuzz/test_engine.py",
    "python -m tests.fuzz.cuts --cases 1000000": "tests/fuzz/test_engine.py",
    # Take an hour, and most of one.
    "python -m tests.soak --minutes 60": "tests/soak/test_soak.py",
    "python -m tests.benchmarks --svg docs/benchmarks.svg": "tests/benchmarks/__main__.py",
}

PROGRAMS = {"caddy", "curl", "haproxy", "lsof", "nginx"}
"""What a page may call that not every machine has; without one of them its pages are skipped."""

LIVE = {"console", "python", "toml"}
"""Languages of blocks that are played; `sh` is for the lines above."""

QUOTED = {"dockerfile", "nginx", "ini", "yaml", "go", "mermaid", "sh", "text"}


def _is_live(page: Path) -> bool:
    return any(block.language in LIVE for block in blocks(page))


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A directory in which the path of a Unix socket is not too long (108 bytes)."""
    with tempfile.TemporaryDirectory(prefix="page-") as directory:
        yield Path(directory).resolve()


@pytest.mark.parametrize("page", [page for page in PAGES if _is_live(page)], ids=name)
def test_a_page_can_be_followed_from_top_to_bottom(page: Path, short_path: Path) -> None:
    """Its files are saved, its commands typed, its programs run, and nothing is otherwise."""
    text = page.read_text(encoding="utf-8")
    for program in PROGRAMS:
        if re.search(rf"^\$ .*\b{program}\b", text, re.MULTILINE) and not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    with Session(short_path) as session:
        for block in blocks(page):
            if block.file:
                session.write(block.file, block.text)
            elif block.language == "console":
                session.play(block.text)
            elif block.language == "python":
                session.run(block.text)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_is_of_a_kind_that_is_looked_after(page: Path) -> None:
    """No block can hide from the tests behind a language of its own."""
    assert {block.language for block in blocks(page)} <= LIVE | QUOTED


def test_every_line_that_installs_is_run_somewhere_else() -> None:
    """The `sh` blocks hold the lines of a list, and whatever runs each of them exists."""
    lines = {
        line
        for page in PAGES
        for block in blocks(page)
        if block.language == "sh"
        for line in block.text.splitlines()
    }
    assert lines == RUN_ELSEWHERE.keys()
    assert [place for place in RUN_ELSEWHERE.values() if not (ROOT / place).is_file()] == []
