"""ServeMux: sends each request to the application whose pattern matches it most closely."""

from __future__ import annotations

import inspect
from threading import Lock
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar, overload

from starlette.types import ASGIApp, Receive, Scope, Send

from gomicro.mux import answers
from gomicro.mux.conflict import conflict_error
from gomicro.mux.paths import SLASH, clean_path, escape, escaped, split, strip_port
from gomicro.mux.pattern import parse_pattern
from gomicro.mux.relationship import conflicts
from gomicro.mux.routing_index import RoutingIndex
from gomicro.mux.routing_tree import Route, RoutingTree
from gomicro.mux.telling import app_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    Endpoint = Callable[[Request], Awaitable[Response] | Response]

__all__ = ["ServeMux"]

_E = TypeVar("_E", bound="Endpoint")

MEMO_SIZE: Final = 1024
"""Answers of the routing that are remembered."""

MEMO_KEY: Final = 256
"""Bytes of method and path above which an answer is not remembered."""


class _Found(NamedTuple):
    """Where a request goes. `values` is None if no registered application answers it."""

    app: ASGIApp
    pattern: str = ""
    values: dict[str, str] | None = None


class ServeMux:
    """An ASGI application that routes by patterns, `[METHOD ][HOST]/[PATH]`, as Go's ServeMux does.

    - A literal segment matches itself, `{name}` one segment, `{name...}` at the end whatever is
      left, a slash at the end likewise, `{$}` at the end only the end of a path with that slash.
    - GET matches HEAD too; without a method a pattern matches all, without a host every host.
      A port in the request's host does not count, except for CONNECT.
    - The more specific of two matching patterns wins, one with a host over one without. There is
      no order of registration: a pattern that would need one is refused.
    - Paths are matched as they were escaped, their segments unescaped one by one. A path with
      `//`, `.` or `..` is redirected (307) to the clean one, except for CONNECT. `/tree` is
      redirected to `/tree/` if only that is registered.
    - Nothing matches: 404, or 405 with `Allow` if another method would.

    An application finds the wildcards' values in `scope["path_params"]`, unescaped. A WebSocket
    goes where its GET would, but is closed where that would be redirected or not found. A
    `root_path` is taken off the path before it is matched.

    Patterns may be registered from any thread at any time. Once a route that has no values is
    found, it is remembered for its method and path, unless patterns name hosts.
    """

    def __init__(self) -> None:
        self._lock: Final = Lock()
        self._tree: Final = RoutingTree()
        self._index: Final = RoutingIndex()
        self._memo: dict[tuple[object, object], ASGIApp] = {}

    def handle(self, pattern: str, app: ASGIApp) -> None:
        """Register an ASGI application for a pattern.

        Raises PatternError if the pattern is malformed, and PatternConflictError if one that is
        registered matches some of the same requests and neither is more specific.
        """
        if not callable(app):
            raise TypeError(f"the handler for {pattern!r} is not callable: {app!r}")
        if isinstance(app, type) and not hasattr(app, "__await__"):
            raise TypeError(f"the handler for {pattern!r} is a class, and no instance: {app!r}")
        new = parse_pattern(pattern, _caller())
        with self._lock:
            for old in self._index.candidates(new):
                if conflicts(new, old):
                    raise conflict_error(new, old)
            self._tree.add(Route(new, app))
            self._index.add(new)
            # Behind the change: a route found before it can only be remembered in the old one.
            self._memo = {}

    @overload
    def handle_func(self, pattern: str, func: _E) -> _E: ...

    @overload
    def handle_func(self, pattern: str) -> Callable[[_E], _E]: ...

    def handle_func(self, pattern: str, func: _E | None = None) -> _E | Callable[[_E], _E]:
        """Register a Starlette endpoint, `Request -> Response`, async or not, for a pattern.

        Returns it. Without `func` it is a decorator. Raises as `handle` does.
        """

        def register(func: _E) -> _E:
            if not callable(func):
                raise TypeError(f"the endpoint for {pattern!r} is not callable: {func!r}")
            from gomicro.calls import signature_of, takes

            call = signature_of(func)
            if call is not None and not takes(call, 1):
                raise TypeError(
                    f"the endpoint for {pattern!r} is not called with a request alone: {func!r}; "
                    "an ASGI application is registered with handle"
                )
            from starlette.middleware.exceptions import ExceptionMiddleware
            from starlette.routing import request_response

            # The middleware answers an HTTPException that the endpoint raises.
            self.handle(pattern, ExceptionMiddleware(request_response(func)))
            return func

        return register if func is None else register(func)

    def handler(self, scope: Scope) -> tuple[ASGIApp, str]:
        """Return what answers an HTTP request, and the pattern that matches it.

        For a redirect the pattern is the one that will match behind it; it is empty where none
        matches. `scope` is left as it is.
        """
        found = self._find(scope)
        return found.app, found.pattern

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve `http`, `websocket` and `lifespan`; another scope type is a ValueError."""
        try:
            # Only what is an HTTP request's has all three, and only such is remembered.
            app = None if scope["root_path"] else self._memo[scope["method"], scope["raw_path"]]
        except KeyError:
            app = None
        if app is None:
            app = self._route(scope)
        await app(scope, receive, send)

    def _route(self, scope: Scope) -> ASGIApp:
        """Return what answers, the values put into `scope`."""
        kind = scope["type"]
        if kind == "lifespan":
            return answers.lifespan
        if kind not in ("http", "websocket"):
            raise ValueError(f"ServeMux serves http, websocket and lifespan, not {kind}")
        memo = self._memo
        found = self._find(scope) if kind == "http" else self._find_websocket(scope)
        if found.values:
            scope["path_params"] = {**scope.get("path_params", {}), **found.values}
        elif found.values is not None and kind == "http" and self._tree.any_host_only:
            _remember(memo, scope, found.app)
        return found.app

    def _find(self, scope: Scope) -> _Found:
        method = scope["method"]
        prefix, path = _paths(scope)
        if path == b"*":
            return _Found(answers.server_options if method == "OPTIONS" else answers.bad_target)
        if method == "CONNECT":
            return self._find_connect(scope, prefix, path)
        host = self._host(scope)
        clean = clean_path(path)
        segments = split(clean)
        route = self._tree.match(host, method, segments)
        if route is None or not route.exact(clean, segments):
            slashed = self._with_slash(host, method, clean, segments)
            if slashed is not None:
                return _Found(answers.Redirect(prefix + clean + b"/"), slashed.pattern.text)
        if clean != path:
            return _Found(
                answers.Redirect(prefix + clean), "" if route is None else route.pattern.text
            )
        return self._answer(route, host, path, segments)

    def _find_connect(self, scope: Scope, prefix: bytes, path: bytes) -> _Found:
        """CONNECT's path is not cleaned, and its host keeps the port.

        The host of the target counts for the redirect, the one in force for the match. A target
        that has a path has no host.
        """
        host = _host(scope)
        target_host = b"" if path else host
        segments = split(path)
        route = self._tree.match(target_host, "CONNECT", segments)
        if route is None or not route.exact(path, segments):
            slashed = self._with_slash(target_host, "CONNECT", path, segments)
            if slashed is not None:
                location = clean_path(path + b"/")
                return _Found(answers.Redirect(prefix + location), slashed.pattern.text)
        route = self._tree.match(host, "CONNECT", segments)
        return self._answer(route, target_host, path, segments)

    def _find_websocket(self, scope: Scope) -> _Found:
        _, path = _paths(scope)
        if path == clean_path(path):
            segments = split(path)
            route = self._tree.match(self._host(scope), "GET", segments)
            if route is not None:
                return _Found(route.app, route.pattern.text, route.values(path, segments))
        return _Found(answers.close_websocket)

    def _host(self, scope: Scope) -> bytes:
        """Return the request's host without its port, or nothing where no pattern asks for it."""
        return b"" if self._tree.any_host_only else strip_port(_host(scope))

    def _with_slash(
        self, host: bytes, method: str, path: bytes, segments: list[bytes]
    ) -> Route | None:
        """Return the route that matches exactly with a slash behind the path."""
        if not path or path.endswith(b"/"):
            return None
        segments = [*segments, SLASH]
        route = self._tree.match(host, method, segments)
        return route if route is not None and route.exact(path + b"/", segments) else None

    def _answer(
        self, route: Route | None, host: bytes, path: bytes, segments: list[bytes]
    ) -> _Found:
        if route is not None:
            return _Found(app_of(route), route.pattern.text, route.values(path, segments))
        allowed = self._tree.allowed(host, segments)
        if not path.endswith(b"/"):
            allowed |= self._tree.allowed(host, [*segments, SLASH])
        return _Found(answers.MethodNotAllowed(allowed) if allowed else answers.not_found)


def _remember(memo: dict[tuple[object, object], ASGIApp], scope: Scope, app: ASGIApp) -> None:
    method, raw = scope["method"], scope.get("raw_path")
    if raw is None or scope.get("root_path") or len(method) + len(raw) > MEMO_KEY:
        return
    if len(memo) >= MEMO_SIZE:
        memo.clear()
    memo[method, raw] = app


def _paths(scope: Scope) -> tuple[bytes, bytes]:
    """Return what `root_path` takes off the path, and the path below it, both escaped."""
    path = _escaped_path(scope)
    root = scope.get("root_path")
    if root:
        prefix = escape(root.encode())
        below = path.removeprefix(prefix)
        if path.startswith(prefix) and (below in (b"", b"*") or below.startswith(b"/")):
            return prefix, below
    return b"", path


def _escaped_path(scope: Scope) -> bytes:
    raw = scope.get("raw_path")
    if raw is not None:
        return escaped(raw)
    path = scope["path"]
    return b"*" if path == "*" else escape(path.encode())


def _host(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"host":
            return bytes(value)
    return b""


def _caller() -> str:
    """Return the file and line that registered a pattern."""
    frame = inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    return "unknown location" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"
