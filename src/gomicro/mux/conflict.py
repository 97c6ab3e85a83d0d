"""Why two patterns conflict, told with paths to see it by."""

from __future__ import annotations

from urllib.parse import quote

from gomicro.errors import PatternConflictError
from gomicro.mux.pattern import DOLLAR, Pattern, Segment, quoted
from gomicro.mux.relationship import Relationship, combine, compare_methods, compare_paths

__all__ = ["common_path", "conflict_error", "describe_conflict", "difference_path"]


def conflict_error(new: Pattern, old: Pattern) -> PatternConflictError:
    """Return the error for registering `new` beside `old`, which it conflicts with."""
    return PatternConflictError(
        f"pattern {quoted(new.text)} (registered at {new.place}) conflicts with"
        f" pattern {quoted(old.text)} (registered at {old.place}):\n{describe_conflict(new, old)}"
    )


def describe_conflict(first: Pattern, second: Pattern) -> str:
    """Explain the conflict of two patterns, which there must be."""
    methods = compare_methods(first, second)
    paths = compare_paths(first, second)
    example = quoted(common_path(first, second))
    if combine(methods, paths) is Relationship.EQUIVALENT:
        return f"{first} matches the same requests as {second}, like {example}."
    if paths is Relationship.OVERLAPS:
        return (
            f"{first} and {second} both match some paths, like {example}.\n"
            f"But neither is more specific than the other.\n"
            f"{first} matches {quoted(difference_path(first, second))}, but {second} doesn't.\n"
            f"{second} matches {quoted(difference_path(second, first))}, but {first} doesn't."
        )
    if methods is Relationship.MORE_GENERAL:
        than = f"more methods than {second}, but has a more specific path pattern"
    else:
        than = f"fewer methods than {second}, but has a more general path pattern"
    return f"{first} matches {than}.\nBoth match some paths, like {example}."


def common_path(first: Pattern, second: Pattern) -> str:
    """Return a path that both match; there must be one."""
    shared = min(len(first.segments), len(second.segments))
    segments = [
        other if one.wild and not other.multi else one
        for one, other in zip(first.segments, second.segments, strict=False)
    ]
    return _path([*segments, *first.segments[shared:], *second.segments[shared:]])


def difference_path(first: Pattern, second: Pattern) -> str:
    """Return a path that `first` matches and `second` does not.

    `first` must be more general than `second`, or overlap it.
    """
    segments: list[Segment] = []
    for one, other in zip(first.segments, second.segments, strict=False):
        if one.multi:
            # A trailing slash tells it from any segment, and any segment from `{$}`. Where both
            # are multi, the difference lies before.
            differs = Segment(one.text or "x") if other == DOLLAR else DOLLAR
            return _path([*segments, differs])
        if one.wild and not other.wild and one.text == other.text:
            segments.append(Segment(other.text + "x"))
        else:
            segments.append(one)
    return _path([*segments, *first.segments[len(segments) :]])


def _path(segments: list[Segment]) -> str:
    """Write a path, escaped, that matches the segments; a wildcard takes its name as value."""
    texts = [quote(s.text, safe="$&+,:;=@", errors="surrogateescape") for s in segments]
    if segments[-1].multi or segments[-1] == DOLLAR:
        texts[-1] = ""
    return "/" + "/".join(texts)
