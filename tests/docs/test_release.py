"""Version, changelog and public surface agree."""

from __future__ import annotations

import importlib.metadata
import pydoc
import re
import subprocess
import sys
import tomllib

import gomicro
from gomicro.config import ServerConfig, options
from tests.docs.pages import ROOT


def test_the_versions_agree() -> None:
    """Package, metadata of the project, and what is installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert gomicro.__version__ == project["version"] == importlib.metadata.version("gomicro")


def test_the_changelog_has_this_version_first() -> None:
    """In Keep-a-Changelog form: what is unreleased, then this version with its day."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    assert re.fullmatch(rf"\[{re.escape(gomicro.__version__)}\] - \d{{4}}-\d\d-\d\d", headings[1])


def test_the_changelog_sorts_its_entries() -> None:
    """Only the six kinds of Keep a Changelog."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    kinds = set(re.findall(r"^### (.+)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_public_names_are_these() -> None:
    """A name that comes or goes is a decision, not an accident."""
    assert sorted(gomicro.__all__) == [
        "Fleet",
        "Goodbye",
        "Hello",
        "MaxBytesHandler",
        "ResponseController",
        "RouteConfig",
        "ServeMux",
        "Server",
        "ServerConfig",
        "StripPrefix",
        "TimeoutHandler",
        "__version__",
        "errors",
        "get_logger",
        "log",
    ]
    assert dir(gomicro) == sorted(gomicro.__all__)
    assert [name for name in gomicro.__all__ if not hasattr(gomicro, name)] == []


def test_every_public_name_has_a_page_of_help() -> None:
    """`help` shows what it is for; that of ServerConfig has each option."""
    pages = {name: pydoc.getdoc(getattr(gomicro, name)) for name in set(dir(gomicro))}
    del pages["__version__"]
    assert [name for name, page in pages.items() if len(page) < 100] == []
    fields = {option.field for option in options(ServerConfig)}
    described = set(re.findall(r"^ *(\w+): .+ Default: .+\.$", pages["ServerConfig"], re.MULTILINE))
    assert described == fields


def test_the_log_has_a_page_of_help_for_what_a_program_uses() -> None:
    """Its names are imported when they are first used, and shown all the same."""
    page = pydoc.plain(pydoc.render_doc(gomicro.log))
    assert re.findall(r"^    (\w+)\(", page, re.MULTILINE) == dir(gomicro.log)
    assert dir(gomicro.log) == ["configure", "flush", "get_logger", "request_fields"]


def test_an_unknown_name_is_an_attribute_error() -> None:
    """As for any module, although names are imported when they are first used."""
    assert not hasattr(gomicro, "Nothing")


def test_importing_the_package_imports_no_engine() -> None:
    """Who only wants a client does not wait for a server."""
    program = (
        "import sys, gomicro, gomicro.client; print({'uvicorn', 'structlog'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout == b"set()\n"
