"""An application that is not found: where it was looked for, and what may have been meant."""

from __future__ import annotations

import errno
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gomicro import ServeMux
from gomicro.errors import StartupError
from gomicro.server.app_hints import missing_attribute
from gomicro.server.application import load


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty directory to load from; what was imported from it is forgotten."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("gm_"):
            del sys.modules[name]


def refusal(spec: str, directory: str = "") -> str:
    with pytest.raises(StartupError) as caught:
        load(spec, directory=directory)
    return str(caught.value)


def test_a_module_that_is_not_there_is_told_with_the_directories(project: Path) -> None:
    (project / "gm_src").mkdir()
    said = f"cannot import the application 'gm_x:app': no module 'gm_x' in {project}"
    assert refusal("gm_x:app") == said
    said = said.replace(str(project), f"{project}/gm_src and {project}")
    assert refusal("gm_x:app", "gm_src") == said


def test_a_directory_that_cannot_be_read_has_nothing_that_is_near(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root, which tests may be, reads everything: so the system says no here."""
    (project / "gm_main.py").touch()

    def no(self: Path) -> Iterator[Path]:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", no)
    assert refusal("gm_mian:app").endswith(f"no module 'gm_mian' in {project}")


def test_a_module_that_is_nearly_there_is_asked_for(project: Path) -> None:
    (project / "gm_main.py").touch()
    assert refusal("gm_mian:app").endswith("; did you mean gm_main?")


def test_a_number_is_taken_for_a_port() -> None:
    assert refusal("8080").endswith("; did you mean --port 8080?")


def test_a_module_that_is_in_a_package_is_asked_for_there(project: Path) -> None:
    (project / "gm_app").mkdir()
    (project / "gm_app/__init__.py").touch()
    (project / "gm_app/gm_web.py").touch()
    assert refusal("gm_web:app").endswith("; did you mean gm_app.gm_web?")


@pytest.mark.parametrize("part", ["main", "asgi"])
def test_a_package_is_asked_for_the_part_that_has_an_application(project: Path, part: str) -> None:
    (project / "gm_shop").mkdir()
    (project / "gm_shop/__init__.py").touch()
    (project / f"gm_shop/{part}.py").touch()
    assert refusal("gm_shop").endswith(f"gm_shop has no 'app'; did you mean gm_shop.{part}?")


@pytest.mark.parametrize(
    ("spec", "hint"),
    [
        pytest.param("src/gm_shop", "src/gm_shop/main.py", id="a package"),
        pytest.param("./src/gm_shop/", "src/gm_shop/main.py", id="with a slash"),
        pytest.param("src/gm_shop/__init__.py", "src/gm_shop/main.py", id="its file"),
        pytest.param("src/gm_club", "src/gm_club/app", id="a package in it"),
        pytest.param("src/gm_shop/main.py", "src/gm_shop/main.py:api", id="a module"),
        pytest.param("src/gm_shop/main:ap", "src/gm_shop/main:api", id="a name"),
    ],
)
def test_what_is_asked_for_works_from_where_the_user_is(
    project: Path, spec: str, hint: str
) -> None:
    (project / "src/gm_shop").mkdir(parents=True)
    (project / "src/gm_shop/__init__.py").touch()
    (project / "src/gm_shop/main.py").write_text("def api(scope, receive, send): ...")
    (project / "src/gm_club/app").mkdir(parents=True)
    (project / "src/gm_club/__init__.py").touch()
    (project / "src/gm_club/app/__init__.py").write_text("from gm_shop.main import api as app")
    assert refusal(spec).endswith(f"; did you mean {hint}?")
    if not hint.endswith("main.py"):  # which has no app
        assert load(hint).__name__ == "api"


def test_a_part_of_a_package_that_is_not_there_is_named(project: Path) -> None:
    (project / "gm_shop").mkdir()
    (project / "gm_shop/__init__.py").touch()
    assert f"no module 'gm_shop.web' in {project}" in refusal("gm_shop.web:app")
    assert "did you mean" not in refusal("gm_shop.web:app")


@pytest.mark.parametrize(
    ("spec", "hint"),
    [
        pytest.param("gm_shop.mian:app", "; did you mean gm_shop.main?", id="a letter wrong"),
        pytest.param("gm_shop.main.app", "; did you mean gm_shop.main:app?", id="a point"),
        pytest.param("gm_shop.site", "; did you mean gm_shop:site?", id="a point in a package"),
        pytest.param("gm_shop.main.xyzzy", " and {}", id="nothing like it"),
    ],
)
def test_a_part_that_is_nearly_in_a_package_is_asked_for(
    project: Path, spec: str, hint: str
) -> None:
    """The package was found, so that no other directory is named."""
    (project / "src/gm_shop").mkdir(parents=True)
    (project / "src/gm_shop/__init__.py").write_text("site = 1")
    (project / "src/gm_shop/main.py").write_text("app = 1")
    assert refusal(spec, "src").endswith(hint.format(project))


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        pytest.param(
            "import gm_shop.mdels",
            "gm_shop has no such module; did you mean gm_shop.models?",
            id="a letter wrong",
        ),
        pytest.param("import gm_shop.xyzzy", "gm_shop has no such module", id="nothing like it"),
        pytest.param("import gm_one.two", "gm_one.py has no such module", id="no package"),
        pytest.param("import sys.two", "sys has no such module", id="no file"),
    ],
)
def test_what_a_package_lacks_is_not_for_pip_to_add(project: Path, line: str, hint: str) -> None:
    """A package of that name in the index is another's."""
    (project / "gm_shop").mkdir()
    (project / "gm_shop/__init__.py").touch()
    (project / "gm_shop/models.py").touch()
    (project / "gm_one.py").touch()
    (project / "gm_shop/main.py").write_text(line)
    assert refusal("gm_shop.main:app").endswith(f" (gm_shop/main.py:1); {hint}")


@pytest.mark.parametrize("file", ["src/gm_shop.py", "src/gm_shop/__init__.py"])
def test_a_module_in_src_is_found_with_a_hint(project: Path, file: str) -> None:
    (project / file).parent.mkdir(parents=True)
    (project / file).write_text("def app(scope, receive, send): ...")
    assert refusal("gm_shop:app").endswith("; it is in src: add --app-dir src")
    assert load("gm_shop:app", directory="src").__name__ == "app"


@pytest.mark.parametrize("name", ["json", "sys", "gm_twice"])
def test_a_file_with_the_name_of_another_module_is_not_taken_for_it(
    project: Path, name: str
) -> None:
    (project / "gm_other").mkdir()
    (project / "gm_other/gm_twice.py").touch()
    (project / f"{name}.py").write_text("async def app(scope, receive, send): ...\n")
    if name == "gm_twice":
        load("gm_other/gm_twice.py:__loader__.get_data")
    said = refusal(f"{name}.py")
    assert said.startswith(f"cannot load the application '{name}.py': the module {name} ")
    assert said.endswith(f": rename {name}.py")


def test_a_module_that_the_application_imports_is_told_with_the_places(project: Path) -> None:
    (project / "gm_main.py").write_text("import gm_no.such")
    said = refusal("gm_main:app")
    assert "ModuleNotFoundError: No module named 'gm_no' (gm_main.py:1); it was looked" in said
    assert f" in {project}, " in said
    assert "site-packages" in said
    assert said.endswith(f"; to add it: {sys.executable} -m pip install gm_no")


def test_a_module_beside_the_one_that_imports_it_is_found_with_a_hint(project: Path) -> None:
    (project / "gm_app").mkdir()
    (project / "gm_app/gm_web.py").write_text("import gm_db\ndef app(scope, receive, send): ...")
    (project / "gm_app/gm_db.py").touch()
    assert refusal("gm_app.gm_web:app").endswith("; it is in gm_app: add --app-dir gm_app")
    assert load("gm_app.gm_web:app", directory="gm_app").__name__ == "app"


@pytest.mark.parametrize("file", ["gm_app/gm_db.py", "gm_app/__init__.py", "gm_app.py"])
def test_a_module_above_the_current_directory_is_found_with_a_hint(
    project: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    (project / "gm_app").mkdir()
    (project / file).touch()
    (project / "gm_app/gm_web.py").write_text("import gm_app.gm_no\n")
    monkeypatch.chdir(project / "gm_app")
    assert refusal("gm_web:app").endswith(f"; it is in {project}: add --app-dir {project}")
    assert refusal("gm_app.gm_web:app").endswith(f"; it is in {project}: add --app-dir ..")


def test_a_directory_is_not_told_for_the_file_that_is_meant(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "gm_app").mkdir()
    (project / "gm_app/gm_main.py").touch()
    monkeypatch.chdir(project / "gm_app")
    assert refusal("gm_app:app").endswith("/gm_app; did you mean gm_main?")


def test_a_module_below_the_one_that_imports_it_is_found_with_a_hint(project: Path) -> None:
    (project / "gm_lib").mkdir()
    (project / "gm_lib/gm_db.py").touch()
    (project / "gm_web.py").write_text("import gm_db\n")
    assert refusal("gm_web:app").endswith("; it is in gm_lib: add --app-dir gm_lib")


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("PIL.Image", f"; to add it: {sys.executable} -m pip install pillow"),
        ("MySQLdb", f"; to add it: {sys.executable} -m pip install mysqlclient"),
        ("google.protobuf", "it was looked for in "),
    ],
)
def test_a_package_is_named_as_it_is_installed(
    project: Path, monkeypatch: pytest.MonkeyPatch, name: str, advice: str
) -> None:
    monkeypatch.setattr(sys, "path", [str(project)])
    for known in [one for one in sys.modules if one.partition(".")[0] in name.split(".")]:
        monkeypatch.delitem(sys.modules, known)
    (project / "gm_main.py").write_text(f"import {name}")
    said = refusal("gm_main:app")
    assert advice in said
    assert said.count("pip install") == advice.count("pip install")


@pytest.mark.parametrize(
    ("left", "said", "command"),
    [
        pytest.param("pipx_metadata.json", "{}", "pipx inject gomicro gm_no", id="pipx"),
        pytest.param(
            "uv-receipt.toml",
            '[tool]\nrequirements = [{ name = "gomicro" }, { name = "django" }]\n',
            "uv tool install --with django --with gm_no gomicro",
            id="uv",
        ),
        pytest.param("uv-receipt.toml", "", "uv tool install --with gm_no gomicro", id="uv's new"),
    ],
)
def test_a_tool_that_has_installed_gomicro_is_named(
    project: Path, monkeypatch: pytest.MonkeyPatch, left: str, said: str, command: str
) -> None:
    """uv removes what it is not told of again."""
    monkeypatch.setattr(sys, "prefix", str(project))
    (project / left).write_text(said)
    (project / "gm_main.py").write_text("import gm_no")
    assert refusal("gm_main:app").endswith(f"; to add it: {command}")


def module(**names: Any) -> types.ModuleType:
    made = types.ModuleType("main")
    for name, value in names.items():
        if isinstance(value, types.FunctionType):
            value.__module__ = "main"
        setattr(made, name, value)
    return made


def app() -> None: ...


@pytest.mark.parametrize(
    ("names", "hint"),
    [
        pytest.param({"app": app}, "main has no 'ap'; did you mean main:app?", id="near"),
        pytest.param(
            {"site": app, "Path": Path, "one": 1, "_two": app},
            "main has no 'ap'; it has site",
            id="its own",
        ),
        pytest.param(
            {"Path": Path, "print": print, "site": ServeMux()},
            "main has no 'ap'; it has site",
            id="made in it",
        ),
        pytest.param({"Path": Path}, "main has no 'ap'; it has Path", id="imported"),
        pytest.param({"one": 1}, "main has no 'ap', nor anything like it", id="nothing"),
    ],
)
def test_a_name_that_is_not_there_is_told_with_those_that_are(
    names: dict[str, Any], hint: str
) -> None:
    assert missing_attribute(module(**names), "ap", "main") == hint
