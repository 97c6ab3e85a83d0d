"""How the sets of requests that two patterns match relate; precedence and conflicts follow.

A pattern with a host wins over one without. Else the more specific one wins: the one that matches
a subset of the other's (method, path) pairs. Two patterns that share requests while neither is
more specific conflict.
"""

from __future__ import annotations

from enum import Enum
from itertools import zip_longest

from gomicro.mux.pattern import DOLLAR, Pattern, Segment

__all__ = [
    "Relationship",
    "combine",
    "compare_methods",
    "compare_paths",
    "conflicts",
    "inverse",
]


class Relationship(Enum):
    """Of a first pattern to a second one."""

    EQUIVALENT = "both match the same requests"
    MORE_GENERAL = "the first matches everything that the second does, and more"
    MORE_SPECIFIC = "the second matches everything that the first does, and more"
    DISJOINT = "there is no request that both match"
    OVERLAPS = "there is a request that both match, but neither is more specific"


EQUIVALENT = Relationship.EQUIVALENT
MORE_GENERAL = Relationship.MORE_GENERAL
MORE_SPECIFIC = Relationship.MORE_SPECIFIC
DISJOINT = Relationship.DISJOINT
OVERLAPS = Relationship.OVERLAPS


def conflicts(first: Pattern, second: Pattern) -> bool:
    """Whether a request matches both and neither has precedence."""
    if first.host != second.host:
        return False
    methods = compare_methods(first, second)
    if methods is DISJOINT:
        return False
    return combine(methods, compare_paths(first, second)) in (EQUIVALENT, OVERLAPS)


def compare_methods(first: Pattern, second: Pattern) -> Relationship:
    """Compare by method: none matches any, GET matches HEAD too, any other matches itself."""
    if first.method == second.method:
        return EQUIVALENT
    if not first.method or (first.method, second.method) == ("GET", "HEAD"):
        return MORE_GENERAL
    if not second.method or (first.method, second.method) == ("HEAD", "GET"):
        return MORE_SPECIFIC
    return DISJOINT


def compare_paths(first: Pattern, second: Pattern) -> Relationship:
    """Compare by path."""
    relationship = EQUIVALENT
    for one, other in zip_longest(first.segments, second.segments):
        if one is None:  # a multi wildcard takes what is left of the longer pattern
            return combine(relationship, MORE_GENERAL if first.multi else DISJOINT)
        if other is None:
            return combine(relationship, MORE_SPECIFIC if second.multi else DISJOINT)
        relationship = combine(relationship, _compare_segments(one, other))
        if relationship is DISJOINT:
            break
    return relationship


def _compare_segments(one: Segment, other: Segment) -> Relationship:
    if one.multi or other.multi:
        if one.multi and other.multi:
            return EQUIVALENT
        return MORE_GENERAL if one.multi else MORE_SPECIFIC
    if one.wild and other.wild:
        return EQUIVALENT
    if one.wild:
        return DISJOINT if other == DOLLAR else MORE_GENERAL
    if other.wild:
        return DISJOINT if one == DOLLAR else MORE_SPECIFIC
    return EQUIVALENT if one.text == other.text else DISJOINT


def combine(one: Relationship, other: Relationship) -> Relationship:
    """Return the relationship of the whole from those of two parts."""
    if DISJOINT in (one, other):
        return DISJOINT
    if one is EQUIVALENT or one is other:
        return other
    return one if other is EQUIVALENT else OVERLAPS


def inverse(relationship: Relationship) -> Relationship:
    """Return the relationship of the second pattern to the first."""
    if relationship is MORE_GENERAL:
        return MORE_SPECIFIC
    return MORE_GENERAL if relationship is MORE_SPECIFIC else relationship
