"""The documentation as a site: it has every page, its links lead somewhere, it can be searched."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.docs.pages import PAGES, ROOT

pytestmark = [
    pytest.mark.xdist_group("site"),
    pytest.mark.skipif(
        find_spec("sphinx") is None or find_spec("furo") is None,
        reason="the dependency group `docs` is not installed, which makes the site",
    ),
]


def build(source: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """Make the site of a tree."""
    return subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-c", "docs", ".", site],
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("site")
    done = build(ROOT, made)
    assert (done.returncode, done.stderr) == (0, "")
    return made


class Links(HTMLParser):
    """What a page links to, and the places in it that can be linked to."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.places: set[str] = set()
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.places |= {value for key in ("id", "name") if (value := found.get(key))}
        self.targets += [value for key in ("href", "src") if (value := found.get(key))]


def test_every_page_is_on_the_site_and_in_its_contents(site: Path) -> None:
    front = Links(site / "README.html").targets
    pages = [page.relative_to(ROOT).with_suffix(".html").as_posix() for page in PAGES]
    assert [page for page in pages if not (site / page).is_file()] == []
    assert [page for page in pages if page not in front and page != "README.html"] == []


def test_every_link_on_the_site_leads_somewhere(site: Path) -> None:
    pages = {page.resolve(): Links(page) for page in site.rglob("*.html")}
    broken = []
    for page, links in pages.items():
        for target in links.targets:
            path, _, place = target.partition("#")
            if re.match(r"[a-z]+:|//", target):
                continue
            file = (page.parent / unquote(path.partition("?")[0])).resolve() if path else page
            known = place in pages[file].places if place and file in pages else True
            if not file.is_file() or not known:
                broken.append(f"{page.name}: {target}")
    assert broken == []


def test_the_site_can_be_searched(site: Path) -> None:
    """Sphinx's index knows the words of the pages, and which pages have them."""
    text = (site / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(text[text.index("{") : text.rindex("}") + 1])
    with_word = index["terms"]["multiplex"]
    assert "docs/reference/library" in {index["docnames"][number] for number in with_word}


def test_the_site_itself_leads_to_its_front_page(site: Path) -> None:
    assert "README.html" in Links(site / "index.html").targets


@pytest.mark.parametrize("link", ["nowhere.md", "README.md#nowhere"])
def test_a_link_that_leads_nowhere_is_an_error(tmp_path: Path, link: str) -> None:
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copy(ROOT / "docs/conf.py", tmp_path / "docs")
    for page in ("docs/getting-started", "CHANGELOG", "CONTRIBUTING", "SECURITY"):
        (tmp_path / f"{page}.md").write_text("# A page\n")
    (tmp_path / "README.md").write_text(f"# Front\n\nA [link]({link}).\n")
    done = build(tmp_path, tmp_path / "site")
    assert done.returncode == 1
    assert "nowhere" in done.stderr
