"""Which files' changes matter."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from gomicro.config import AppConfig
from gomicro.errors import ConfigError
from gomicro.reload.files import Files, watched


def test_what_has_changed_since_a_moment_is_found_where_it_matters(tmp_path: Path) -> None:
    files = Files((tmp_path.resolve(),))
    for name in ("a.py", "notes.txt", "pkg/b.py", ".git/c.py", "node_modules/d.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "gone.py").symlink_to("nowhere")
    found = {str(tmp_path.resolve() / name) for name in ("a.py", "pkg/b.py")}
    assert files.changed_since(time.time() - 1000) == found
    assert files.changed_since(time.time() + 1000) == set()


HERE = Path("/srv/.hidden/app")


@pytest.mark.parametrize(
    ("path", "matters"),
    [
        ("main.py", True),
        ("pkg/sub/module.py", True),
        ("pages/index.html", True),
        ("pages/deep/er/index.html", True),
        ("index.html", False),
        ("settings.toml", True),
        ("main.pyc", False),
        ("main.py~", False),
        ("notes.txt", False),
        ("__pycache__/main.py", False),
        ("node_modules/x/setup.py", False),
        ("venv/lib/python3.13/site-packages/x.py", False),
        (".git/hooks/x.py", False),
        ("test_main.py", False),
        ("generated/main.py", False),
        ("generated/sub/main.py", False),
        ("pkg/generated/main.py", False),
        ("build/here/x.py", False),
        ("build/x.py", True),
    ],
)
def test_code_matters_where_a_person_writes_it(path: str, matters: bool) -> None:
    include = ("*.py", "pages/*.html", "settings.toml")
    files = Files((HERE,), include, ("test_*.py", "generated", "build/here"))
    assert files.matter(str(HERE / path)) is matters


def test_what_is_elsewhere_does_not_matter() -> None:
    assert not Files((HERE,)).matter("/srv/other/main.py")
    assert Files((Path("/srv/other"), HERE)).matter(str(HERE / "main.py"))


def test_without_a_word_the_directory_of_the_application_is_watched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src").mkdir()
    assert watched(AppConfig()).directories == (tmp_path.resolve(),)
    assert watched(AppConfig(app_dir="src")).directories == (tmp_path.resolve() / "src",)


def test_a_directory_is_watched_where_it_really_is(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    link = str(tmp_path / "link")
    app = AppConfig(reload_dir=(link,), reload_include=("*.html",), reload_exclude=("gen",))
    files = watched(app)
    assert files == Files(((tmp_path / "real").resolve(),), ("*.py", "*.html"), ("gen",))


@pytest.mark.parametrize("name", ["no/such", __file__])
def test_what_is_no_directory_is_a_usage_error(name: str) -> None:
    with pytest.raises(ConfigError, match=f"^--reload-dir: '{name}' is not a directory"):
        watched(AppConfig(reload_dir=(name,)))
