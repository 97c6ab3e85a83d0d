"""What APP names, however it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from gomicro.errors import StartupError
from gomicro.server.app_target import find

FILES = [
    "main.py",
    "my.app.py",
    "src/shop/__init__.py",
    "src/shop/main.py",
    "web/main.py",
    "web/deep/main.py",
]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in FILES:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("spec", "directory", "module", "attribute", "directories"),
    [
        pytest.param("main:app", "", "main", "app", ["."], id="module and name"),
        pytest.param("main:api.app", "", "main", "api.app", ["."], id="a name in a name"),
        pytest.param("main", "", "main", "", ["."], id="a module"),
        pytest.param("main.py", "", "main", "", ["."], id="a file"),
        pytest.param("main.py:app", "", "main", "app", ["."], id="a file and a name"),
        pytest.param("./main.py:app", "", "main", "app", ["."], id="a path"),
        pytest.param("./main:app", "", "main", "app", ["."], id="a path without .py"),
        pytest.param("web/main.py", "", "main", "", ["web", "."], id="in a directory"),
        pytest.param("src/shop/main.py", "", "shop.main", "", ["src", "."], id="in a package"),
        pytest.param("src/shop", "", "shop", "", ["src", "."], id="a package"),
        pytest.param("shop.main:app", "src", "shop.main", "app", ["src", "."], id="a source dir"),
        pytest.param("shop/main.py", "src", "shop.main", "", ["src", "."], id="a file from there"),
        pytest.param("main.py", "src/shop", "main", "", ["src/shop", "."], id="not above it"),
    ],
)
def test_an_application_can_be_named(
    spec: str, directory: str, module: str, attribute: str, directories: list[str], project: Path
) -> None:
    found = find(spec, directory)
    assert (found.module, found.attribute) == (module, attribute)
    assert found.directories == tuple(str((project / name).resolve()) for name in directories)


@pytest.mark.parametrize(
    ("spec", "directory", "says"),
    [
        pytest.param("", "", "'' names no application: write module:name", id="nothing"),
        pytest.param(":app", "", "write module:name, such as main:app", id="no module"),
        pytest.param("..:app", "", "write module:name, such as main:app", id="dots"),
        pytest.param("nope.py", "", "there is no file 'nope.py' in ", id="no file"),
        pytest.param("./nope:app", "", "there is no file './nope' in ", id="no path"),
        pytest.param(
            "./web/",
            "",
            "'./web/' is a directory, and no package; did you mean ./web/main.py?",
            id="a directory",
        ),
        pytest.param("./src:app", "", "'./src' is a directory, and no package", id="another"),
        pytest.param("my.app.py", "", "'my.app.py' cannot be imported, for the dot", id="a dot"),
        pytest.param("main", "nope", "--app-dir: there is no directory 'nope'", id="no directory"),
    ],
)
def test_what_names_nothing_is_told(spec: str, directory: str, says: str) -> None:
    with pytest.raises(StartupError) as caught:
        find(spec, directory)
    assert says in str(caught.value)
