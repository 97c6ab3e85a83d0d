"""How the pages become a site, with Sphinx: `sphinx-build -c docs . DIRECTORY`.

The root of the repository is the source, so that the links between the README, the pages and the
files beside them lead to the same places on a forge and on the site.
"""

import tomllib
from pathlib import Path

from sphinx.application import Sphinx

_ROOT = Path(__file__).parents[1]
_PROJECT = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

project = _PROJECT["name"]
release = version = _PROJECT["version"]
author = _PROJECT["authors"][0]["name"]
copyright = f"2026 {author}"  # noqa: A001 -- Sphinx's name for it

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
root_doc = "README"
include_patterns = ["*.md", "docs/*.md", "docs/*/*.md"]
nitpicky = True  # a link that leads nowhere is a warning
myst_heading_anchors = 4  # as forges make them

html_theme = "furo"
html_title = f"{project} {version}"
html_theme_options = {"source_repository": _PROJECT["urls"]["Source"], "source_branch": "main"}
html_copy_source = False

_PARTS = {
    "Getting started": ["docs/getting-started"],
    "How to": "docs/how-to/*.md",
    "Reference": "docs/reference/*.md",
    "Design": "docs/design/*.md",
    "Project": ["CHANGELOG", "CONTRIBUTING", "SECURITY"],
}
"""The site's contents: pages, or where they are."""


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("source-read", _add_contents)
    app.connect("build-finished", _add_front_door)


def _add_contents(app: Sphinx, page: str, source: list[str]) -> None:
    """Give the front page the list of all pages, which the README need not have."""
    if page == root_doc:
        source[0] += "".join(_contents(caption, pages) for caption, pages in _PARTS.items())


def _contents(caption: str, pages: str | list[str]) -> str:
    if isinstance(pages, str):
        found = sorted(_ROOT.glob(pages))
        pages = [file.relative_to(_ROOT).with_suffix("").as_posix() for file in found]
    listed = "\n".join(f"/{page}" for page in pages)
    return f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{listed}\n```\n"


def _add_front_door(app: Sphinx, error: Exception | None) -> None:
    """Lead who asks for the site itself to its front page."""
    (Path(app.outdir) / "index.html").write_text(
        f'<!doctype html><meta charset="utf-8"><title>{project}</title>'
        f'<meta http-equiv="refresh" content="0; url={root_doc}.html">'
        f'<a href="{root_doc}.html">{project}</a>\n',
        encoding="utf-8",
    )
