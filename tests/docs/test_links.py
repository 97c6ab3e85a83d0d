"""Links within the documentation lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, name, prose

_LINK = re.compile(r"\]\((?P<to>[^)\s]+)\)|(?:src|srcset|href)=\"(?P<html>[^\"]+)\"")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_resolve(page: Path) -> None:
    """Every link to a file, and to a heading in one, has it."""
    broken = []
    for match in _LINK.finditer(prose(page)):
        target, _, heading = (match["to"] or match["html"]).partition("#")
        if "://" in target:
            continue
        file = page.parent / target if target else page
        if not file.is_file() or (heading and heading not in _headings(file)):
            broken.append(match[0])
    assert broken == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    """Whoever follows links from the front page comes to every page."""
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md" or not page.is_file():
            continue
        reached.add(page)
        for match in _LINK.finditer(prose(page)):
            target = (match["to"] or match["html"]).partition("#")[0]
            if target and "://" not in target:
                waiting.append((page.parent / target).resolve())
    assert [name(page) for page in PAGES if page not in reached] == []


def _headings(page: Path) -> set[str]:
    """The anchors that GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}
