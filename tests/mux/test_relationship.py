"""How two patterns relate: the documented precedence rules, pair by pair."""

from __future__ import annotations

from itertools import product

import pytest

from gomicro.mux.pattern import parse_pattern
from gomicro.mux.relationship import (
    Relationship,
    combine,
    compare_methods,
    compare_paths,
    conflicts,
    inverse,
)

EQUAL = Relationship.EQUIVALENT
GENERAL = Relationship.MORE_GENERAL
SPECIFIC = Relationship.MORE_SPECIFIC
DISJOINT = Relationship.DISJOINT
OVERLAPS = Relationship.OVERLAPS


@pytest.mark.parametrize(
    ("first", "second", "relationship"),
    [
        ("/", "/", EQUAL),
        ("GET /", "GET /", EQUAL),
        ("HEAD /", "HEAD /", EQUAL),
        ("POST /", "POST /", EQUAL),
        ("GET /", "POST /", DISJOINT),
        ("HEAD /", "POST /", DISJOINT),
        ("GET /", "/", SPECIFIC),
        ("HEAD /", "/", SPECIFIC),
        ("GET /", "HEAD /", GENERAL),
    ],
)
def test_methods(first: str, second: str, relationship: Relationship) -> None:
    one, other = parse_pattern(first), parse_pattern(second)
    assert compare_methods(one, other) is relationship
    assert compare_methods(other, one) is inverse(relationship)


@pytest.mark.parametrize(
    ("first", "second", "relationship"),
    [
        # A literal is more specific than anything it overlaps, except itself.
        ("/a", "/a", EQUAL),
        ("/a", "/b", DISJOINT),
        ("/a", "/", SPECIFIC),
        ("/a", "/a/", DISJOINT),
        ("/a", "/{$}", DISJOINT),
        ("/a", "/{x}", SPECIFIC),
        ("/a", "/{x...}", SPECIFIC),
        ("/b/a", "/b/b", DISJOINT),
        ("/b/a", "/b/", SPECIFIC),
        ("/b/a", "/b/{$}", DISJOINT),
        ("/b/a", "/b/{x}", SPECIFIC),
        ("/b/a", "/b/{x...}", SPECIFIC),
        ("/{z}/a", "/{z}/a", EQUAL),
        ("/{z}/a", "/{z}/b", DISJOINT),
        ("/{z}/a", "/{z}/", SPECIFIC),
        ("/{z}/a", "/{z}/{$}", DISJOINT),
        ("/{z}/a", "/{z}/{x}", SPECIFIC),
        ("/{z}/a", "/{z}/{x...}", SPECIFIC),
        # A wildcard.
        ("/{z}", "/a", GENERAL),
        ("/{z}", "/a/b", DISJOINT),
        ("/{z}", "/{$}", DISJOINT),
        ("/{z}", "/{x}", EQUAL),
        ("/{z}", "/", SPECIFIC),
        ("/{z}", "/{x...}", SPECIFIC),
        ("/b/{z}", "/b/a", GENERAL),
        ("/b/{z}", "/b/a/b", DISJOINT),
        ("/b/{z}", "/b/{$}", DISJOINT),
        ("/b/{z}", "/b/", SPECIFIC),
        # A trailing slash.
        ("/", "/a", GENERAL),
        ("/", "/a/b", GENERAL),
        ("/", "/{$}", GENERAL),
        ("/", "/{x}", GENERAL),
        ("/", "/", EQUAL),
        ("/", "/{x...}", EQUAL),
        ("/{z}/", "/{z}/a/b", GENERAL),
        ("/{z}/", "/{z}/{$}", GENERAL),
        ("/{z}/", "/a/", GENERAL),
        ("/{z}/", "/a/{x...}", GENERAL),
        ("/a/{z}/", "/{z}/a/", OVERLAPS),
        ("/a/{z}/b/", "/{x}/c/{y...}", OVERLAPS),
        # A wildcard for the rest.
        ("/{m...}", "/a", GENERAL),
        ("/{m...}", "/{$}", GENERAL),
        ("/{m...}", "/{x...}", EQUAL),
        ("/b/{m...}", "/a/{x...}", DISJOINT),
        ("/{z}/{m...}", "/{w}/", EQUAL),
        ("/{z}/{m...}", "/a/", GENERAL),
        ("/a/{m...}", "/a/b/{y...}", GENERAL),
        ("/a/{m...}", "/a/{x}/{y...}", GENERAL),
        ("/a/{z}/{m...}", "/{z}/a/", OVERLAPS),
        ("/a/{z}/{m...}", "/{z}/b/{y...}", OVERLAPS),
        ("/a/{z}/b/{m...}", "/{x}/c/{y...}", OVERLAPS),
        ("/a/{z}/a/{m...}", "/{x}/b", DISJOINT),
        # The end of a path with a trailing slash.
        ("/{$}", "/a", DISJOINT),
        ("/{$}", "/a/b", DISJOINT),
        ("/{$}", "/{$}", EQUAL),
        ("/{$}", "/{x}", DISJOINT),
        ("/{$}", "/", SPECIFIC),
        ("/{$}", "/{x...}", SPECIFIC),
        ("/b/{$}", "/b", DISJOINT),
        ("/b/{$}", "/b/c/{x...}", DISJOINT),
        ("/b/{x}/a/{$}", "/{x}/c/{y...}", OVERLAPS),
        ("/{x}/b/{$}", "/a/{x}/{y}", DISJOINT),
        ("/{x}/b/{$}", "/a/{x}/c", DISJOINT),
        ("/{z}/{$}", "/{z}/", SPECIFIC),
        ("/{z}/{$}", "/a/", OVERLAPS),
        ("/{z}/{$}", "/a/{x...}", OVERLAPS),
        ("/a/{z}/{$}", "/{z}/a/", OVERLAPS),
    ],
)
def test_paths(first: str, second: str, relationship: Relationship) -> None:
    one, other = parse_pattern(first), parse_pattern(second)
    assert compare_paths(one, one) is EQUAL
    assert compare_paths(other, other) is EQUAL
    assert compare_paths(one, other) is relationship
    assert compare_paths(other, one) is inverse(relationship)


@pytest.mark.parametrize(
    ("first", "second", "conflict"),
    [
        ("/a", "/a", True),
        ("/a", "/ab", False),
        ("/a/b/cd", "/a/b/cd", True),
        ("/a/b/c", "/a/c/c", False),
        ("/{x}", "/{y}", True),
        ("/{x}", "/a", False),
        ("/{x}/{y}", "/{x}/a", False),
        ("/{x}", "/a/{y}", False),
        ("/{x}/{y}", "/{x}/a/", False),
        ("/{x}", "/a/{y...}", False),
        ("/{x}/a/{y}", "/{x}/a/{y...}", False),
        ("/a/{x}", "/{x}/b", True),
        ("/a/{x}", "/b/{x}", False),
        ("/a/{x...}", "/a/{x}/{y...}", False),
        ("GET /a", "/a", False),
        ("GET /a", "HEAD /", True),
        ("GET /a", "POST /{x}", False),
        ("/a", "GET /{x}", True),
        ("h/a", "/a", False),
        ("h/a", "i/a", False),
        ("h/a", "h/a", True),
        ("GET h/", "h/{$}", True),
    ],
)
def test_conflicts(first: str, second: str, conflict: bool) -> None:
    one, other = parse_pattern(first), parse_pattern(second)
    assert conflicts(one, other) is conflict
    assert conflicts(other, one) is conflict


def test_parts_combine_the_same_in_any_order_and_inversion() -> None:
    for one, other in product(Relationship, repeat=2):
        assert combine(one, other) is combine(other, one)
        assert inverse(combine(one, other)) is combine(inverse(one), inverse(other))


@pytest.mark.parametrize("part", Relationship)
def test_an_equivalent_part_changes_nothing_and_a_disjoint_one_everything(
    part: Relationship,
) -> None:
    assert combine(EQUAL, part) is part
    assert combine(DISJOINT, part) is DISJOINT
    assert combine(part, part) is part


def test_more_general_in_one_part_and_more_specific_in_another_overlaps() -> None:
    assert combine(GENERAL, SPECIFIC) is OVERLAPS
    assert combine(GENERAL, OVERLAPS) is OVERLAPS
