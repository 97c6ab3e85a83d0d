"""The decision tree that matches requests to patterns: by host, by method, by path segments.

The more specific pattern wins, which can mean to go back: with `/a/b/z` and `/a/{x}/c`, the path
`/a/b/c` is tried against the first and then found at the second. A step is a dictionary look-up,
so its cost does not grow with the number of patterns.

One thread may add while others match: a pattern comes into sight with a single assignment.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from starlette.types import ASGIApp

from gomicro.mux.paths import SLASH, unescape
from gomicro.mux.pattern import Pattern

__all__ = ["Route", "RoutingTree"]


class Route:
    """A registered pattern and its application."""

    __slots__ = ("_names", "_rest", "_rest_at", "app", "pattern", "telling")

    def __init__(self, pattern: Pattern, app: ASGIApp) -> None:
        self.pattern = pattern
        self.app = app
        self.telling: ASGIApp | None = None
        """The same application, once it has been asked for, leaving the pattern in the scope."""
        last = len(pattern.segments) - 1
        self._names = tuple(
            (i, s.text) for i, s in enumerate(pattern.segments) if s.wild and not s.multi
        )
        self._rest = pattern.segments[last].text if pattern.multi else ""
        self._rest_at = last

    def values(self, path: bytes, segments: list[bytes]) -> dict[str, str]:
        """Return the wildcards' values in a path that matched, split into `segments`.

        Bytes that are no UTF-8 are replaced.
        """
        values = {name: segments[i].decode("utf-8", "replace") for i, name in self._names}
        if self._rest:
            rest = path.split(b"/", self._rest_at + 1)[-1]
            values[self._rest] = unescape(rest).decode("utf-8", "replace")
        return values

    def exact(self, path: bytes, segments: list[bytes]) -> bool:
        """Whether no multi wildcard had to match more than nothing in a path that matched."""
        pattern = self.pattern
        return not pattern.multi or (path.endswith(b"/") and len(segments) == len(pattern.segments))


class _Node:
    """A place in the tree that a host, a method and the segments up to here lead to."""

    __slots__ = ("children", "multi", "route", "wild")

    def __init__(self) -> None:
        self.children: dict[bytes, _Node] = {}
        self.wild: _Node | None = None
        self.multi: Route | None = None  # whatever segments are left
        self.route: Route | None = None  # no segment is left

    def add(self, route: Route) -> None:
        node = self
        for segment in route.pattern.segments:
            if segment.multi:
                node.multi = route
                return
            if not segment.wild:
                node = node.children.setdefault(segment.key, _Node())
            elif node.wild is None:
                node.wild = node = _Node()
            else:
                node = node.wild
        node.route = route

    def find(self, segments: list[bytes]) -> Route | None:
        """Return the most specific route: at each segment the literal first, then `{}`, then `...`.

        What was not tried waits on a stack, the most specific on top.
        """
        end = len(segments)
        node, position = self, 0
        waiting: list[tuple[_Node, int] | Route] = []
        while True:
            child = None
            if position < end:
                segment = segments[position]
                if node.multi is not None:
                    waiting.append(node.multi)
                if node.wild is not None and segment != SLASH:
                    waiting.append((node.wild, position + 1))
                child = node.children.get(segment)
            elif node.route is not None:
                return node.route
            if child is not None:
                node, position = child, position + 1
                continue
            if not waiting:
                return None
            untried = waiting.pop()
            if isinstance(untried, Route):
                return untried
            node, position = untried


_ANY_HOST: Final = (b"",)
_NONE: Final[Mapping[str, _Node]] = MappingProxyType({})


class RoutingTree:
    """All routes of a multiplexer. `any_host_only` tells that no pattern names a host."""

    def __init__(self) -> None:
        self._hosts: Final[dict[bytes, Mapping[str, _Node]]] = {}
        self.any_host_only = True

    def add(self, route: Route) -> None:
        """Add a route, which must not conflict with another one."""
        pattern = route.pattern
        host = pattern.host.encode()
        if host:
            self.any_host_only = False
        methods = self._hosts.get(host, _NONE)
        node = methods.get(pattern.method)
        if node is not None:
            node.add(route)
            return
        node = _Node()
        node.add(route)
        self._hosts[host] = {**methods, pattern.method: node}

    def match(self, host: bytes, method: str, segments: list[bytes]) -> Route | None:
        """Return the route that has precedence for a request.

        An empty host has only the patterns without one. GET patterns match HEAD too.
        """
        for name in (host, b"") if host else _ANY_HOST:
            methods = self._hosts.get(name, _NONE)
            for verb in (method, "GET", "") if method == "HEAD" else (method, ""):
                node = methods.get(verb)
                if node is not None and (route := node.find(segments)) is not None:
                    return route
        return None

    def allowed(self, host: bytes, segments: list[bytes]) -> set[str]:
        """Return the methods that would match where a request's own does not."""
        allowed = {
            method
            for name in (host, b"")
            for method, node in self._hosts.get(name, _NONE).items()
            if method and node.find(segments) is not None
        }
        if "GET" in allowed:
            allowed.add("HEAD")
        return allowed
