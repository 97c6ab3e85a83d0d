"""Loading the user's ASGI application from `module:attribute`."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import Any

from uvicorn.importer import ImportFromStringError, import_from_string

from gomicro.errors import StartupError
from gomicro.log import left_to_the_application

__all__ = ["load", "one_line"]


def load(spec: str, factory: bool = False, directory: str = "") -> Any:
    """Import the application `module:attribute`, as from the directory, the current one if "".

    With `factory` the attribute is called without arguments and returns the application. Raises
    StartupError, whose text is one line, whatever the module does while it is imported. Logging
    that the module sets up stays in force.
    """
    with left_to_the_application():
        return _load(spec, factory, directory)


def _load(spec: str, factory: bool, directory: str) -> Any:
    directory = str(Path(directory or ".").resolve())
    if directory not in sys.path:
        sys.path.insert(0, directory)
    try:
        app = import_from_string(spec)
    except ImportFromStringError as error:
        raise StartupError(f"cannot load the application {spec!r}: {_flat(str(error))}") from error
    except (Exception, SystemExit) as error:
        raise StartupError(f"cannot import the application {spec!r}: {one_line(error)}") from error
    if factory:
        if not callable(app):
            raise StartupError(f"the factory {spec!r} cannot be called: it is {_kind(app)}")
        try:
            app = app()
        except (Exception, SystemExit) as error:
            raise StartupError(f"the factory {spec!r} failed: {one_line(error)}") from error
    if not callable(app):
        raise StartupError(f"{spec!r} is not an ASGI application: it is {_kind(app)}")
    return app


def one_line(error: BaseException) -> str:
    """An error and where it was raised, for a person, in one line."""
    text = _flat(f"{type(error).__name__}: {error}".rstrip(": "))
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith("<frozen")  # the import system's own
    ]
    return f"{text} ({frames[-1].filename}:{frames[-1].lineno})" if frames else text


def _flat(text: str) -> str:
    return " ".join(text.split())


def _kind(thing: object) -> str:
    return f"of type {type(thing).__name__}"
