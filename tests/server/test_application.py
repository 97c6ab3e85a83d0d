"""Loading an application: what works, and one line for everything that does not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gomicro.errors import StartupError
from gomicro.server.application import load, one_line

MODULE = """
async def app(scope, receive, send): ...

def factory():
    return app

create_app = factory

def fails():
    raise ValueError("no\\nway")

def exits():
    raise SystemExit(3)

def skips():
    raise GeneratorExit

def needs(argument): ...

number = 5

class nested:
    app = app
"""


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory to load from; what was imported from it is forgotten."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = set(sys.modules)
    (tmp_path / "gomicro_user.py").write_text(MODULE)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("gomicro_user"):
            del sys.modules[name]


@pytest.mark.parametrize(
    ("spec", "factory"),
    [
        ("gomicro_user:app", False),
        ("gomicro_user:nested.app", False),
        ("gomicro_user:factory", True),
        ("gomicro_user", False),
        ("gomicro_user:", False),
        ("gomicro_user", True),
        ("gomicro_user.py", False),
        ("./gomicro_user.py:nested.app", False),
    ],
)
def test_an_application_is_loaded_from_the_current_directory(
    directory: Path, spec: str, factory: bool
) -> None:
    assert load(spec, factory).__name__ == "app"
    assert load(spec, factory).__name__ == "app"
    assert sys.path.count(str(directory)) == 1


@pytest.mark.parametrize(
    ("spec", "factory", "says"),
    [
        pytest.param("", False, "write module:name, such as main:app", id="empty"),
        pytest.param(":app", False, "write module:name, such as main:app", id="no module named"),
        pytest.param("gomicro_user_raises", False, "ValueError: a b", id="no attribute named"),
        pytest.param("gomicro_user_empty", False, "has no 'app'", id="no usual attribute"),
        pytest.param("gomicro_user_empty", True, "has no 'create_app'", id="no usual factory"),
        pytest.param("gomicro_user_none:app", False, "gomicro_user_none", id="no module"),
        pytest.param("gomicro_user:none", False, "none", id="no such attribute"),
        pytest.param("gomicro_user:number", False, "of type int", id="not callable"),
        pytest.param("gomicro_user:number", True, "of type int", id="factory not callable"),
        pytest.param("gomicro_user:fails", True, "ValueError: no way", id="factory raises"),
        pytest.param("gomicro_user:exits", True, "SystemExit: 3", id="factory exits"),
        pytest.param("gomicro_user:skips", True, "GeneratorExit", id="factory raises what is none"),
        pytest.param("gomicro_user_skips", False, "Skipped: x", id="raises what is no Exception"),
        pytest.param("gomicro_user:needs", True, "; without --factory", id="factory is none"),
        pytest.param("gomicro_user_syntax:app", False, "SyntaxError", id="syntax error"),
        pytest.param("gomicro_user_raises:app", False, "ValueError: a b", id="raises"),
        pytest.param("gomicro_user_exits:app", False, "SystemExit: 3", id="exits"),
        pytest.param("gomicro_user_runs.py", False, "it is a program: run it", id="program"),
        pytest.param("gomicro_user_imports:app", False, "not_there", id="its import fails"),
    ],
)
def test_an_application_that_cannot_be_loaded_is_one_line(
    directory: Path, spec: str, factory: bool, says: str
) -> None:
    (directory / "gomicro_user_syntax.py").write_text("def app(:\n")
    (directory / "gomicro_user_raises.py").write_text("raise ValueError('a\\n\\tb')\n")
    (directory / "gomicro_user_empty.py").touch()
    (directory / "gomicro_user_exits.py").write_text("import sys\nsys.exit(3)\n")
    (directory / "gomicro_user_runs.py").write_text("raise SystemExit(0)\n")
    skip = "class Skipped(BaseException): ...\nraise Skipped('x')\n"
    (directory / "gomicro_user_skips.py").write_text(skip)
    (directory / "gomicro_user_imports.py").write_text("import not_there\n")
    with pytest.raises(StartupError) as caught:
        load(spec, factory)
    text = str(caught.value)
    assert says in text
    assert spec in text
    assert len(text.splitlines()) == 1
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("factory", [False, True])
def test_ctrl_c_while_it_is_loaded_is_no_error_of_the_applications(
    directory: Path, factory: bool
) -> None:
    (directory / "gomicro_user_long.py").write_text(
        f"def app(): raise KeyboardInterrupt\nif not {factory}: app()\n"
    )
    with pytest.raises(KeyboardInterrupt):
        load("gomicro_user_long:app", factory)


def test_an_error_says_where_it_was_raised() -> None:
    code = compile("\n\nraise ValueError('a\\r\\n b')", "made/up.py", "exec")
    with pytest.raises(ValueError, match="a") as caught:
        exec(code)  # noqa: S102 -- a place that no edit of this file moves
    assert one_line(caught.value) == "ValueError: a b (made/up.py:3)"


def test_a_syntax_error_says_where_it_is(directory: Path) -> None:
    (directory / "gomicro_user_syntax.py").write_text("\ndef app(:\n")
    with pytest.raises(StartupError) as caught:
        load("gomicro_user_syntax:app")
    said = "cannot import the application 'gomicro_user_syntax:app': "
    assert str(caught.value) == f"{said}SyntaxError: invalid syntax (gomicro_user_syntax.py:2)"


def test_an_error_that_was_not_raised_has_no_place() -> None:
    assert one_line(KeyError()) == "KeyError"
