"""What holds for the requests of routes, found by the multiplexer's rules.

No request is sent anywhere by this: the application routes as it likes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain
from math import inf
from typing import TYPE_CHECKING, Final, TypeVar

from gomicro.mux.answers import not_found
from gomicro.mux.paths import clean_path, escaped, split, strip_port
from gomicro.mux.pattern import Pattern, parse_pattern
from gomicro.mux.routing_tree import Route, RoutingTree

if TYPE_CHECKING:
    from gomicro.config import RouteConfig
    from gomicro.connection.terms import Terms
    from gomicro.http1.request_head import RequestHead

__all__ = ["Routes"]

MOST_KNOWN: Final = 1024
"""Shapes of paths whose terms are remembered, and of each method paths without their last piece."""

LONGEST: Final = 256
"""Bytes of method and path above which the terms are not remembered."""

_USUAL_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""Those whose paths are remembered without their last piece."""

_NEVER_LIKE_OTHERS: Final = ("", ".", "..", "*")
"""Pieces of a path that a wildcard does not match, or that are cleaned away."""

K = TypeVar("K")

_Shape = tuple[str, tuple[str | None, ...]]


class Routes:
    """The terms of each route, and of requests that none matches.

    The path is matched as the multiplexer would match it, cleaned and below the root path; where
    it would redirect, that of the redirect's target is taken for it.
    """

    def __init__(self, routes: Mapping[str, RouteConfig], others: Terms) -> None:
        """`others`: of requests that no route matches, and what a route leaves unset."""
        self._others = others
        self._tree = RoutingTree()
        self._terms: dict[str, Terms] = {}
        self._known: dict[_Shape, Terms] = {}
        """Terms that were found before, by method and by the shape of the path: its pieces that
        stand in some pattern, and None for each other one. Paths of one shape match alike.
        """
        self._siblings: Final[dict[str, dict[str, Terms]]] = {m: {} for m in _USUAL_METHODS}
        """The same by method and by the path up to its last slash, for a last piece that stands in
        no pattern: found sooner, and mostly what varies.
        """
        patterns = [parse_pattern(text) for text in routes]
        for pattern in patterns:
            self._terms[pattern.text] = _terms(pattern.text, routes[pattern.text], others)
            self._tree.add(Route(pattern, not_found))
        literals = {*_NEVER_LIKE_OTHERS, *chain.from_iterable(map(_pieces, patterns))}
        self._literals: Final = {piece: piece for piece in literals}
        self.any_host: Final = self._tree.any_host_only
        """Whether what holds for a request does not depend on its host."""
        # Of bytes that are no UTF-8 a path has "\ufffd", which says not which they were.
        self._alike: Final = self.any_host and "\ufffd" not in "".join(literals)
        self._foreign: Final = frozenset(_landmarks(patterns)).isdisjoint
        """Whether no pattern can match, told from the pieces of a path between its slashes."""

    def find(self, head: RequestHead) -> Terms:
        """What holds for a request. Its path is known from then on, and all of its shape, if it is
        plain ASCII and no pattern names a host.
        """
        path = head.path
        before, _, last = path.rpartition("/")
        try:
            found = self._siblings[head.method][before]
        except KeyError:
            return self._look(head, before, last)
        # One that is escaped is three bytes; of UTF-8, two or more.
        if last in self._literals or len(path) != len(head.raw_path):
            return self._look(head, before, last)
        return found

    def _look(self, head: RequestHead, before: str, last: str) -> Terms:
        method, pieces = head.method, head.path.split("/")
        plain = len(head.path) == len(head.raw_path)
        if self._foreign(pieces):
            found = self._others
        elif plain:
            shape = method, tuple(map(self._literals.get, pieces))
            found = self._known.get(shape) or self._find(head)
            if shape not in self._known:
                self._remember(self._known, shape, head, found)
        else:
            return self._find(head)
        if plain and method in self._siblings and last not in self._literals:
            self._remember(self._siblings[method], before, head, found)
        return found

    def _remember(self, known: dict[K, Terms], key: K, head: RequestHead, found: Terms) -> None:
        if self._alike and len(head.method) + len(head.path) <= LONGEST:
            if len(known) >= MOST_KNOWN:
                known.clear()
            known[key] = found

    def _find(self, head: RequestHead) -> Terms:
        if head.raw_path == b"*":
            return self._others
        path, host = escaped(head.raw_path), b""
        if not self.any_host:
            host = next((value for name, value in head.headers if name == b"host"), b"")
        if head.method != "CONNECT":
            path, host = clean_path(path), strip_port(host)
        route = self._tree.match(host, head.method, split(path))
        return self._others if route is None else self._terms[route.pattern.text]


def _landmarks(patterns: list[Pattern]) -> Iterator[str]:
    """Yield of each pattern a piece that is in every path it matches, and in few other patterns.

    A path's pieces are taken behind its decoding: that has those of the path that is matched, and
    perhaps more. "" is in every path, for a pattern that has no other.
    """
    pieces = [_pieces(pattern) for pattern in patterns]
    patterns_with = Counter(chain.from_iterable(map(set, pieces)))
    for own in pieces:
        yield min(reversed(own), key=patterns_with.__getitem__, default="")


def _pieces(pattern: Pattern) -> list[str]:
    literals = (segment.key for segment in pattern.segments if not segment.wild)
    parts = chain.from_iterable(literal.split(b"/") for literal in literals)
    return [part.decode("utf-8", "replace") for part in parts if part]


def _terms(text: str, route: RouteConfig, others: Terms) -> Terms:
    timeouts = others.timeouts
    if route.read_timeout is not None:
        timeouts = timeouts._replace(read=route.read_timeout)
    if route.write_timeout is not None:
        timeouts = timeouts._replace(write=route.write_timeout)
    return replace(
        others,
        timeouts=timeouts,
        max_body=others.max_body if route.max_body_bytes is None else route.max_body_bytes or inf,
        logged=others.logged if route.access_log is None else route.access_log,
        route=text,
    )
