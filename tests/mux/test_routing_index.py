"""The index leaves out no conflict, and leaves out enough."""

from __future__ import annotations

from itertools import product

import pytest

from gomicro.mux.pattern import Pattern, parse_pattern
from gomicro.mux.relationship import conflicts
from gomicro.mux.routing_index import RoutingIndex


def every_kind_of_pattern() -> list[Pattern]:
    """Return patterns of up to three segments made of all kinds of parts."""
    last = ["/a", "/b", "/{f}", "/{m...}", "/{$}", "/"]
    paths = [
        "".join(f"/{{x{i}}}" if part == "/{}" else part for i, part in enumerate(parts)) + end
        for size in range(3)
        for parts in product(["/a", "/b", "/{}"], repeat=size)
        for end in last
    ]
    return [
        parse_pattern(method + host + path)
        for method, host, path in product(["", "GET ", "HEAD "], ["", "h1"], paths)
    ]


def test_every_conflict_is_among_the_candidates_once() -> None:
    index = RoutingIndex()
    known: list[Pattern] = []
    for pattern in every_kind_of_pattern():
        found = [other.text for other in index.candidates(pattern) if conflicts(pattern, other)]
        expected = [other.text for other in known if conflicts(pattern, other)]
        assert sorted(found) == sorted(expected)
        index.add(pattern)
        known.append(pattern)


@pytest.mark.parametrize(
    "shape",
    [
        "/group{}/{{name}}",
        "GET /api/v1/{}/list",
        "/dir{}/",
        "/dir{}/{{rest...}}",
        "/{{tenant}}/kind{}/{{id}}",
        "/{{tenant}}/kind{}/",
        "/end{}/{{$}}",
        "host{}/",
        "host{}/{{x}}",
    ],
)
def test_registering_looks_at_few_patterns_however_many_there_are(shape: str) -> None:
    index = RoutingIndex()
    index.add(parse_pattern("/"))
    for number in range(1000):
        pattern = parse_pattern(shape.format(number))
        assert len(list(index.candidates(pattern))) <= 1
        index.add(pattern)
