"""Loading the user's ASGI application."""

from __future__ import annotations

import sys
from functools import reduce
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from gomicro.errors import StartupError
from gomicro.frames import place
from gomicro.log import left_to_the_application

if TYPE_CHECKING:
    from gomicro.server.app_target import Target

__all__ = ["check", "load", "one_line"]

_NAMES = ("app", "application")
"""What an application is called where APP names its module only."""

_FACTORIES = ("create_app", "make_app", "app")
"""What a function that makes one is called there."""

_PROGRAM = 'it is a program: run it with python, or end it below if __name__ == "__main__":'
"""What is said of a module that has run, and ended well, while it was imported."""


def load(spec: str, factory: bool = False, directory: str = "") -> Any:
    """Import the application that `spec` names: see `find`.

    With `factory` it is a function that is called without arguments and returns the application.
    Raises StartupError, whose text is one line, whatever the module does while it is imported; its
    cause is what was raised. Logging that the module sets up stays in force.
    """
    with left_to_the_application():
        return _load(spec, factory, directory)


def _load(spec: str, factory: bool, directory: str) -> Any:
    from gomicro.server.app_target import find, namesake

    target = find(spec, directory)
    for path in reversed(target.directories):
        if path not in sys.path:
            sys.path.insert(0, path)
    module = _imported(spec, target)
    other = namesake(module, target)
    if other:
        raise StartupError(f"cannot load the application {spec!r}: {other}")
    app = _attribute(spec, module, target, factory)
    if factory:
        app = _made(spec, app)
    if not callable(app):
        raise StartupError(f"{spec!r} is not an ASGI application: it is {_kind(app)}")
    return app


def check(app: object) -> None:
    """Raise TypeError for what a program cannot have meant as an application."""
    if callable(app):
        return
    said = f"a server serves an ASGI application, which is called, not {app!r}"
    if isinstance(app, str) and ":" in app:
        module, _, name = app.partition(":")
        said = f"{said}: import it (from {module} import {name}), and give it"
    raise TypeError(said)


def one_line(error: BaseException) -> str:
    """An error and where it was raised, for a person, in one line."""
    said = error.msg if isinstance(error, SyntaxError) else error
    text = _flat(f"{type(error).__name__}: {said}".rstrip(": "))
    where = place(error)
    return f"{text} ({where})" if where else text


def _imported(spec: str, target: Target) -> ModuleType:
    try:
        return import_module(target.module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # also CancelledError, a framework's own
        said = f"cannot import the application {spec!r}"
        if isinstance(error, ModuleNotFoundError) and error.name:
            from gomicro.server.app_hints import missing_module, missing_package

            if f"{target.module}.".startswith(f"{error.name}.") and not place(error):
                hint = missing_module(error.name, target.module, target.directories)
                raise StartupError(f"{said}: {hint}") from None
            said = f"{said}: {one_line(error)}; {missing_package(error)}"
            raise StartupError(said) from error
        said = f"{said}: {one_line(error)}"
        if isinstance(error, SystemExit) and not error.code:
            raise StartupError(f"{said}; {_PROGRAM}") from None
        raise StartupError(said) from error


def _attribute(spec: str, module: ModuleType, target: Target, factory: bool) -> Any:
    name = target.attribute
    if not name:
        usual = _FACTORIES if factory else _NAMES
        name = next((one for one in usual if hasattr(module, one)), usual[0])
    try:
        return reduce(getattr, name.split("."), module)
    except AttributeError:
        from gomicro.server.app_hints import missing_attribute

        hint = missing_attribute(module, name, spec.partition(":")[0], target.file)
        raise StartupError(f"cannot load the application {spec!r}: {hint}") from None


def _made(spec: str, factory: Any) -> Any:
    """What a factory returns."""
    if not callable(factory):
        raise StartupError(f"the factory {spec!r} cannot be called: it is {_kind(factory)}")
    from gomicro.server.app_kind import UnusableError, refuse_async_factory

    try:
        refuse_async_factory(factory)
        return factory()
    except UnusableError as error:
        raise StartupError(f"cannot use {spec!r}: {error}") from None
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        said = f"the factory {spec!r} failed: {one_line(error)}"
        if _took_arguments(error):
            said = f"{said}; without --factory it is served as the application itself"
        raise StartupError(said) from error


def _took_arguments(error: BaseException) -> bool:
    """Whether what was called without arguments has not even begun."""
    begun = error.__traceback__ and error.__traceback__.tb_next
    return isinstance(error, TypeError) and begun is None


def _flat(text: str) -> str:
    return " ".join(text.split())


def _kind(thing: object) -> str:
    return f"of type {type(thing).__name__}"
