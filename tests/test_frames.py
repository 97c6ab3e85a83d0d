"""Whose code a frame is, and the place that a person is told."""

from __future__ import annotations

import json
import os
import sysconfig
from pathlib import Path
from typing import Any

import click
import pytest

import gomicro
from gomicro.frames import is_hidden, is_users, package, place, short

PACKAGES = sysconfig.get_path("purelib")
STDLIB = str(Path(os.__file__).parent)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        pytest.param("/home/me/shop/main.py", "", id="the user's"),
        pytest.param("made/up.py", "", id="relative"),
        pytest.param("<string>", "", id="of no file"),
        pytest.param(f"{PACKAGES}/starlette/routing.py", "starlette", id="a package"),
        pytest.param(f"{PACKAGES}/six.py", "six", id="a module"),
        pytest.param("/usr/lib/python3/dist-packages/yaml/nodes.py", "yaml", id="Debian's"),
        pytest.param(f"{STDLIB}/asyncio/tasks.py", "asyncio", id="the interpreter's"),
        pytest.param("<frozen importlib._bootstrap>", "importlib", id="frozen"),
        pytest.param("<frozen runpy>", "runpy", id="a frozen module"),
        pytest.param(str(Path(gomicro.__file__)), "gomicro", id="gomicro's"),
        pytest.param("gomicro/http1/reader.py", "gomicro", id="of the compiled gomicro"),
    ],
)
def test_a_file_belongs_to_a_package_or_is_the_users(file: str, name: str) -> None:
    assert package(file) == name
    assert is_users(file) == (not name)
    assert is_hidden(file) == (name in {"gomicro", "importlib"})


def test_a_file_below_the_current_directory_is_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert short(f"{tmp_path}/a/main.py") == "a/main.py"
    assert short("/elsewhere/main.py") == "/elsewhere/main.py"


@pytest.mark.usefixtures("_removed_directory")
def test_a_current_directory_that_is_gone_makes_nothing_short() -> None:
    assert short("/a/main.py") == "/a/main.py"


def run(source: str, file: str, **names: Any) -> BaseException:
    """What the source raises, as if it stood in that file."""
    with pytest.raises(BaseException) as caught:  # noqa: PT011 -- whatever it is
        exec(compile(source, file, "exec"), names)  # noqa: S102
    # Without this file's own frames, which would be the user's.
    error = caught.value
    while error.__traceback__ and error.__traceback__.tb_frame.f_code.co_filename != file:
        error.__traceback__ = error.__traceback__.tb_next
    return error


def test_the_place_is_the_innermost_of_the_users_own() -> None:
    error = run("def load(): json.loads('{')\n\nload()", "/shop/main.py", json=json)
    assert place(error) == "/shop/main.py:1"


def test_the_place_in_a_library_is_told_where_nothing_of_the_user_took_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the library may be below the current directory
    file = f"{PACKAGES}/shop/web.py"
    assert place(run("json.loads('{')", file, json=json)) == f"{file}:1"


def test_there_is_no_place_in_what_starts_an_application() -> None:
    assert place(run("1 / 0", str(Path(click.__file__)))) == ""
    assert place(KeyError()) == ""


def test_the_place_of_a_syntax_error_is_the_line() -> None:
    with pytest.raises(SyntaxError) as caught:
        compile("\n\ndef app(:", "/shop/main.py", "exec")
    caught.value.__traceback__ = None
    assert place(caught.value) == "/shop/main.py:3"


def test_the_place_of_a_group_is_that_of_its_first_error() -> None:
    first = run("1 / 0", "/shop/main.py")
    assert isinstance(first, Exception)
    assert place(ExceptionGroup("two", [first, KeyError()])) == "/shop/main.py:1"
