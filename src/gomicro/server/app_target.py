"""What APP names: a module, an attribute of it, and the directory to import it from."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from gomicro.errors import StartupError
from gomicro.frames import short

__all__ = ["USUAL", "Target", "find", "namesake"]

USUAL = ("main", "app", "asgi")
"""The module of a package or directory in which an application usually is."""


class Target(NamedTuple):
    """`attribute` is "" where APP does not say it. `directories` are to be imported from. `file` is
    what is to be imported, where APP names that.
    """

    module: str
    attribute: str
    directories: tuple[str, ...]
    file: Path | None = None


def find(spec: str, directory: str = "") -> Target:
    """Take `module:attribute`, `module`, `file.py` or `path/file.py:attribute` apart.

    `directory` is where modules are looked for, before the current one. A file that lies in
    packages is imported as a part of them. Raises StartupError if the file is not there.
    """
    base = Path(directory or ".").resolve()
    if not base.is_dir():
        raise StartupError(f"--app-dir: there is no directory {directory!r}")
    name, _, attribute = spec.partition(":")
    if not name.strip("."):
        raise StartupError(f"{spec!r} names no application: write module:name, such as main:app")
    if "/" not in name and not name.endswith(".py"):
        return Target(name, attribute, _directories(base))
    file = _file(name, base)
    root, parts = _module(file, base)
    return Target(".".join(parts), attribute, _directories(root, base), file)


def namesake(module: ModuleType, target: Target) -> str:
    """What to say where `module` is not the file that was to be imported, but another module of
    that name, which had been imported before; "" where it is.
    """
    if target.file is None:
        return ""
    found = getattr(module, "__file__", None)
    if found is not None and Path(found).resolve() == target.file:
        return ""
    which = "is a part of Python" if found is None else f"was imported from {found}"
    return f"the module {target.module} {which}: rename {short(str(target.file))}"


def _directories(*wanted: Path) -> tuple[str, ...]:
    """To import from, the nearest first; the current one is always among them."""
    return tuple(dict.fromkeys(map(str, (*wanted, Path.cwd()))))


def _file(name: str, base: Path) -> Path:
    """The file, from --app-dir or from the current directory; `.py` may be left out."""
    for candidate in (base / name, Path(name)):
        for path in (
            candidate,
            candidate.with_name(f"{candidate.name}.py"),
            candidate / "__init__.py",
        ):
            if path.is_file():
                return path.resolve()
    for candidate in (base / name, Path(name)):
        if candidate.is_dir():
            raise StartupError(f"{name!r} is a directory, and no package{_meant(candidate, name)}")
    raise StartupError(f"there is no file {name!r} in {Path.cwd()}")


def _meant(directory: Path, name: str) -> str:
    part = next((part for part in USUAL if (directory / f"{part}.py").is_file()), "")
    return f"; did you mean {name.rstrip('/')}/{part}.py?" if part else ""


def _module(file: Path, base: Path) -> tuple[Path, list[str]]:
    """The directory to import a file from, and its module's name in parts."""
    if "." in file.stem:
        raise StartupError(f"{file.name!r} cannot be imported, for the dot in its name: rename it")
    parts = [] if file.name == "__init__.py" else [file.stem]
    root = file.parent
    while (root / "__init__.py").is_file() and root != base:
        parts.insert(0, root.name)
        root = root.parent
    return root, parts
