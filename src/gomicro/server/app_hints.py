"""What may have been meant by an application that cannot be found, and where it was looked for."""

from __future__ import annotations

import sys
import sysconfig
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from difflib import get_close_matches
from inspect import isroutine
from os.path import isfile
from pathlib import Path
from traceback import walk_tb
from types import ModuleType

from gomicro.frames import is_users, short
from gomicro.server.app_target import USUAL

__all__ = ["how_to_add", "missing_attribute", "missing_module", "missing_package"]

MOST_NAMED = 5
"""Names of a module that are told where none is near."""

_PACKAGES = {
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "corsheaders": "django-cors-headers",
    "Crypto": "pycryptodome",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "decouple": "python-decouple",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "engineio": "python-engineio",
    "environ": "django-environ",
    "git": "GitPython",
    "google": "",
    "jose": "python-jose",
    "jwt": "PyJWT",
    "magic": "python-magic",
    "multipart": "python-multipart",
    "MySQLdb": "mysqlclient",
    "OpenSSL": "pyOpenSSL",
    "PIL": "pillow",
    "rest_framework": "djangorestframework",
    "serial": "pyserial",
    "sklearn": "scikit-learn",
    "slugify": "python-slugify",
    "socketio": "python-socketio",
    "yaml": "PyYAML",
    "zmq": "pyzmq",
}
"""Packages on PyPI that are not called what is imported of them, of those that services use; ""
where it may be of several, and the one of that name is none of them.
"""


def missing_module(name: str, wanted: str, directories: Sequence[str]) -> str:
    """What to say of an application's own module that was not found; `wanted` is the whole of what
    was to be imported, of which `name` may be the first part.
    """
    source = Path.cwd() / "src"
    top = name.partition(".")[0]
    said = f"no module {name!r} in {_places(directories)}"
    if name.isdecimal():
        return f"{said}; did you mean --port {name}?"
    package, _, part = name.rpartition(".")
    if hasattr(sys.modules.get(package), part):
        return f"{said}; did you mean {package}:{part}?"
    if top in sys.modules:
        return said + _nearly(name)
    if str(source) not in directories and _has(source, top):
        return f"{said}; it is in src: add --app-dir src"
    if _has(Path.cwd().parent, top) or (wanted != top and Path.cwd().name == top):
        return f"{said}; it is in {Path.cwd().parent}: add --app-dir .."
    near = get_close_matches(top, [name for path in directories for name in _modules(path)], n=1)
    meant = near[0] if near and near[0] != top else _within_a_package(name, directories)
    return f"{said}; did you mean {meant}?" if meant else said


def missing_package(error: ModuleNotFoundError) -> str:
    """What to say of a module that the application imports, and that was not found."""
    name = (error.name or "").partition(".")[0]
    if error.name != name and name in sys.modules:  # nothing to add: that package is here
        return f"{_where(sys.modules[name])} has no such module{_nearly(error.name or '')}"
    said = f"it was looked for in {_places(_searched())}"
    for frame, _ in walk_tb(error.__traceback__):
        if is_users(frame.f_code.co_filename):
            for near in _around(Path(frame.f_code.co_filename).parent):
                if _has(near, name) or _holds(near / name, frame.f_code.co_filename):
                    return f"{said}; it is in {short(str(near))}: add --app-dir {short(str(near))}"
    package = _PACKAGES.get(name, name)
    return f"{said}; to add it: {how_to_add(package)}" if package else said


def missing_attribute(module: ModuleType, name: str, typed: str, file: Path | None = None) -> str:
    """What to say of a module that has no such name. `typed` is how the user named the module, and
    `file` is its file, where that is a path.
    """
    names = [
        key for key, value in vars(module).items() if not key.startswith("_") and callable(value)
    ]
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    said = f"{module.__name__} has no {name!r}"
    if near:
        return f"{said}; did you mean {typed}:{near[0]}?"
    part = next((part for part in USUAL if part in _parts(module)), "")
    if part and file is not None:
        suffix = ".py" if _is_file(file.parent / f"{part}.py") else ""
        return f"{said}; did you mean {short(str(file.parent / part))}{suffix}?"
    if part:
        return f"{said}; did you mean {typed}.{part}?"
    own = [key for key in names if _is_own(vars(module)[key], module.__name__)]
    listed = (own or names)[:MOST_NAMED]
    return f"{said}; it has {', '.join(listed)}" if listed else f"{said}, nor anything like it"


def how_to_add(name: str) -> str:
    """The command that adds a package to the environment that gomicro runs in."""
    if Path(sys.prefix, "pipx_metadata.json").is_file():
        return f"pipx inject gomicro {name}"
    receipt = Path(sys.prefix, "uv-receipt.toml")
    if receipt.is_file():
        return f"uv tool install {_beside(receipt)}--with {name} gomicro"
    return f"{sys.executable} -m pip install {name}"


def _around(directory: Path) -> Iterator[Path]:
    """A module's directory, those above it up to the current one's parent, and those below it."""
    yield directory
    outermost = Path.cwd().parent
    for above in directory.parents:
        if above.is_relative_to(outermost):
            yield above
    with suppress(OSError):
        yield from sorted(path for path in directory.iterdir() if path.is_dir())


def _holds(directory: Path, file: str) -> bool:
    """Whether a file lies in it: then a directory without `__init__.py` was meant for a package."""
    return directory.is_dir() and Path(file).is_relative_to(directory)


def _beside(receipt: Path) -> str:
    """What uv has installed beside gomicro, and would remove where it is not told of it again."""
    tool = tomllib.loads(receipt.read_text(encoding="utf-8")).get("tool", {})
    names = [one["name"] for one in tool.get("requirements", ())]
    return "".join(f"--with {name} " for name in names if name != "gomicro")


def _nearly(name: str) -> str:
    """A module in the same package whose name is nearly that; "" where there is none."""
    package, _, part = name.rpartition(".")
    near = get_close_matches(part, _parts(sys.modules.get(package)), n=1)
    return f"; did you mean {package}.{near[0]}?" if near else ""


def _parts(package: ModuleType | None) -> list[str]:
    """The modules of a package; none of what is no package."""
    return [name for path in getattr(package, "__path__", ()) for name in _modules(path)]


def _within_a_package(name: str, directories: Iterable[str]) -> str:
    """A module of that name in a package of these directories; "" where there is none."""
    found = (
        f"{package}.{name}"
        for directory in directories
        for package in _modules(directory)
        if _has(Path(directory, package), name)
    )
    return next(found, "")


def _searched() -> list[str]:
    """The directories of sys.path that a user's modules may be in, the interpreter's left out."""
    stdlib = Path(sysconfig.get_path("stdlib"))
    script = Path(sys.argv[0])  # -c where the program is on the command line
    scripts = str(script.resolve().parent) if script.is_file() else ""
    return [
        directory
        for directory in dict.fromkeys(sys.path)
        if Path(directory).is_dir()
        and directory != scripts
        and Path(directory) not in (stdlib, stdlib / "lib-dynload")
    ]


def _places(directories: Iterable[str]) -> str:
    *rest, last = directories
    return f"{', '.join(rest)} and {last}" if rest else last


def _where(module: ModuleType) -> str:
    """The file of a module, or the directory of a package."""
    directories = list(getattr(module, "__path__", ()))
    return short(directories[0] if directories else getattr(module, "__file__", module.__name__))


def _is_own(value: object, module: str) -> bool:
    """Whether it is of the module itself: defined there, or an instance, as applications are."""
    made = not isinstance(value, type) and not isroutine(value)
    return made or getattr(value, "__module__", "") == module


def _has(directory: Path, name: str) -> bool:
    return _is_file(directory / f"{name}.py") or _is_file(directory / name / "__init__.py")


def _is_file(path: Path) -> bool:
    return isfile(path)  # noqa: PTH113 -- pathlib's raises where nobody may look, before 3.14


def _modules(directory: str) -> list[str]:
    """What is known of them: nothing where the directory may not be read, or is an archive."""
    with suppress(OSError):
        return [
            path.stem
            for path in Path(directory).iterdir()
            if path.suffix == ".py" or _is_file(path / "__init__.py")
        ]
    return []
