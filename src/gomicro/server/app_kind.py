"""What an application is, told from how it is called: at the start, not by its first request."""

from __future__ import annotations

from inspect import isclass, iscoroutinefunction
from typing import Any, Literal

from gomicro.calls import signature_of, takes

__all__ = ["UnusableError", "interface_of", "is_factory", "refuse_async_factory"]

_ASGI = "scope, receive and send"


class UnusableError(Exception):
    """It can be called, but is no application. The text says what to do."""


def is_factory(app: object) -> bool:
    """Whether it can only be called without arguments, and so makes the application."""
    call = signature_of(app)
    if call is None or not takes(call, 0) or takes(call, 1) or takes(call, 3):
        return False
    refuse_async_factory(app)
    return True


def refuse_async_factory(factory: object) -> None:
    """Raise UnusableError for a factory that has to be awaited: it is called where no loop runs."""
    if _is_async(factory):
        raise UnusableError(
            f"{_name(factory)} is a coroutine function: make the factory a plain one, and leave "
            "what it awaits to the application's lifespan"
        )


def interface_of(app: Any) -> Literal["asgi3", "auto"]:
    """`asgi3` for what takes a scope, a way to receive and one to send, also if it is no coroutine
    function but returns something to await: uvicorn would take that for ASGI 2's. `auto` is for
    uvicorn to find out.

    Raises UnusableError for what can be neither.
    """
    if not callable(app):
        raise UnusableError(f"it is of type {type(app).__name__}, which is not called")
    call = signature_of(app)
    if call is None:
        return "auto"
    three = takes(call, 3)
    if isclass(app):
        if three and getattr(app, "__await__", None) is None:
            raise UnusableError(f"{_name(app)} is a class: serve an instance of it")
        return "asgi3" if three else "auto"
    if three and (_is_async(app) or not takes(call, 2)):
        return "asgi3"
    if not _is_async(app):
        if three or takes(call, 1):
            return "auto"
        if takes(call, 2):
            raise UnusableError(
                f"{_name(app)} is called with two arguments, as a WSGI application is: wrap it "
                "with a2wsgi's WSGIMiddleware, which makes ASGI of it"
            )
    raise UnusableError(f"{_name(app)} is not called with {_ASGI}: it takes {call}")


def _is_async(app: object) -> bool:
    return iscoroutinefunction(app) or iscoroutinefunction(type(app).__call__)


def _name(app: object) -> str:
    return getattr(app, "__qualname__", "") or f"the {type(app).__name__}"
