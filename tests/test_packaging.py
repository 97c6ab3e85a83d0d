"""What is built and installed: the README's first command on a fresh machine, and the wheel."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import gomicro
from tests.docs.pages import ROOT, blocks
from tests.docs.session import Session

PARTS = (".packaging", "src", "pyproject.toml", "README.md", "LICENSE")
"""What the package is built of."""

pytestmark = pytest.mark.xdist_group("packaging")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, without what building and testing has left in it."""
    copy = tmp_path_factory.mktemp("checkout")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(
                ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__", ".*")
            )
        else:
            shutil.copy(ROOT / part, copy)
    return copy


@pytest.fixture
def environment() -> dict[str, str]:
    """The environment of someone who has not heard of gomicro; port 0 is a free one."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GOMICRO_")}
    return kept | {"PORT": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def readme_line(end: str) -> str:
    """The line of the README that ends so, for the Python that runs the tests."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    line = re.search(rf"^python3( -m venv .*{re.escape(end)})$", readme, re.MULTILINE)
    assert line is not None
    return sys.executable + line[1]


def lines_of(process: subprocess.Popen[str]) -> Iterator[str]:
    """What a process says, until it ends."""
    assert process.stdout is not None
    with process.stdout:
        yield from process.stdout


def test_the_first_command_installs_and_runs_the_service(
    checkout: Path, environment: dict[str, str]
) -> None:
    """The README's line, in a checkout, leads to a service that answers, and ends on Ctrl-C."""
    process = subprocess.Popen(
        ["bash", "-c", readme_line("gomicro serve")],
        cwd=checkout,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    said = lines_of(process)
    try:
        port = next(found[1] for line in said if (found := re.search(r'"port":(\d+)', line)))
        answers = [
            subprocess.run(
                [".venv/bin/gomicro", *words, "--url", f"http://localhost:{port}"],
                cwd=checkout,
                env=environment,
                capture_output=True,
                check=True,
            ).stdout
            for words in (["hello", "World"], ["goodbye"])
        ]
    finally:
        os.killpg(process.pid, signal.SIGINT)
        rest = list(said)
        status = process.wait(30)
    assert answers == [b"Hello World\n", b"Byee\n"]
    assert (status, '"event":"stopped"' in rest[-1]) == (0, True)


def test_getting_started_works_in_one_sitting(checkout: Path, environment: dict[str, str]) -> None:
    """Its first step installs; in what that gives, all other steps go as the page shows them."""
    steps = blocks(ROOT / "docs/getting-started.md")
    (install,) = (block.text for block in steps if block.language == "sh")
    here = install.replace("python3 ", f"{sys.executable} ")
    script = f"set -eu\n{here}\ncommand -v python"
    done = subprocess.run(
        ["bash", "-c", script], cwd=checkout, env=environment, stdout=subprocess.PIPE, check=True
    )
    programs = Path(done.stdout.decode().splitlines()[-1]).parent
    assert programs == checkout / ".venv/bin"
    with Session(checkout, programs) as session:
        for block in steps:
            if block.file:
                session.write(block.file, block.text)
            elif block.language == "console":
                session.play(block.text)


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the project is built into."""
    directory = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", directory, checkout],
        check=True,
    )
    (built,) = directory.glob("gomicro-*.whl")
    return built


def test_the_index_shows_links_that_lead_somewhere(wheel: Path) -> None:
    """It has the README alone, so that a path in it leads nowhere."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("/METADATA")]
        said = archive.read(name).decode()
    links = re.findall(r"\]\(([^)]+)\)", said)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(links) == len(re.findall(r"\]\(([^)]+)\)", readme)) > 0
    assert [link for link in links if not link.startswith("https://")] == []
    sources = f"https://github.com/gomicro/gomicro/blob/v{gomicro.__version__}/"
    files = [link.removeprefix(sources) for link in links if link.startswith(sources)]
    assert files
    assert [file for file in files if not (ROOT / file).is_file()] == []


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    """Every module and page, the marker of its types, its licence and its command; no more."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (entry_points,) = [name for name in names if name.endswith("/entry_points.txt")]
        commands = archive.read(entry_points).decode()
    files = {name for name in names if ".dist-info/" not in name}
    modules = {
        file.relative_to(ROOT / "src").as_posix()
        for file in (ROOT / "src/gomicro").rglob("*")
        if file.suffix in {".py", ".typed", ".html"}
    }
    assert files == modules
    assert any(name.endswith("/LICENSE") for name in names)
    assert "gomicro = gomicro.cli:main" in commands
