"""What a conflict is told with."""

from __future__ import annotations

import pytest

from gomicro.mux.conflict import common_path, conflict_error, describe_conflict, difference_path
from gomicro.mux.pattern import parse_pattern


@pytest.mark.parametrize(
    ("first", "second", "lines"),
    [
        ("/a/{x}", "/a/{y}", ['/a/{x} matches the same requests as /a/{y}, like "/a/y".']),
        ("/", "/{m...}", ['/ matches the same requests as /{m...}, like "/".']),
        (
            "/a/{x}",
            "/{y}/b",
            [
                '/a/{x} and /{y}/b both match some paths, like "/a/b".',
                "But neither is more specific than the other.",
                '/a/{x} matches "/a/x", but /{y}/b doesn\'t.',
                '/{y}/b matches "/y/b", but /a/{x} doesn\'t.',
            ],
        ),
        (
            "/a",
            "GET /{x}",
            [
                "/a matches more methods than GET /{x}, but has a more specific path pattern.",
                'Both match some paths, like "/a".',
            ],
        ),
        (
            "POST /",
            "/a",
            [
                "POST / matches fewer methods than /a, but has a more general path pattern.",
                'Both match some paths, like "/a".',
            ],
        ),
    ],
    ids=["equivalent", "equivalent-rest", "overlap", "more-methods", "fewer-methods"],
)
def test_a_description_has_paths_to_see_the_conflict_by(
    first: str, second: str, lines: list[str]
) -> None:
    text = describe_conflict(parse_pattern(first), parse_pattern(second))
    assert text.splitlines() == lines


def test_the_error_names_both_patterns_and_where_each_was_registered() -> None:
    new, old = parse_pattern("/{x}", "new.py:1"), parse_pattern("/{y}", "old.py:2")
    assert str(conflict_error(new, old)) == (
        'pattern "/{x}" (registered at new.py:1) conflicts with'
        ' pattern "/{y}" (registered at old.py:2):\n'
        '/{x} matches the same requests as /{y}, like "/y".'
    )


@pytest.mark.parametrize(
    ("first", "second", "path"),
    [
        ("/a/{x}", "/{x}/a", "/a/a"),
        ("/a/{z}/", "/{z}/a/", "/a/a/"),
        ("/{z}/{$}", "/a/", "/a/"),
        ("/{z}/{$}", "/a/{x...}", "/a/"),
        ("/a/{z}/{$}", "/{z}/a/", "/a/a/"),
        ("/a/{x}/b/{y...}", "/{x}/c/{y...}", "/a/c/b/"),
        ("/a/{x}/b/{$}", "/{x}/c/{y...}", "/a/c/b/"),
        ("/a/{z}/{x...}", "/{z}/b/{y...}", "/a/b/"),
        ("/{x}/{z}/b", "/a/", "/a/z/b"),
        ("/a/", "/{x}/{z}", "/a/z"),
        ("/%7b%2F/{x}", "/{y}/%ff", "/%7B%2F/%FF"),
    ],
)
def test_common_path(first: str, second: str, path: str) -> None:
    assert common_path(parse_pattern(first), parse_pattern(second)) == path


@pytest.mark.parametrize(
    ("first", "second", "path"),
    [
        ("/a/{x}", "/{x}/a", "/a/x"),
        ("/{x}/a", "/a/{x}", "/x/a"),
        ("/a/{z}/", "/{z}/a/", "/a/z/"),
        ("/{z}/a/", "/a/{z}/", "/z/a/"),
        ("/{a}/a/", "/a/{z}/", "/ax/a/"),
        ("/a/{z}/{x...}", "/{z}/b/{y...}", "/a/z/"),
        ("/{z}/b/{y...}", "/a/{z}/{x...}", "/z/b/"),
        ("/a/b/", "/a/b/c", "/a/b/"),
        ("/a/b/{x...}", "/a/b/c/d", "/a/b/"),
        ("/{z}/{$}", "/a/", "/z/"),
        ("/a/", "/{z}/{$}", "/a/x"),
        ("/a/{foo...}", "/{z}/{$}", "/a/foo"),
        ("/{z}/a/", "/a/{z}/{$}", "/z/a/x"),
        ("/a/{x}/b/{y...}", "/{x}/c/{y...}", "/a/x/b/"),
        ("/{x}/c/{y...}", "/a/{x}/b/{y...}", "/x/c/"),
        ("/a/{c}/b/", "/{x}/c/{y...}", "/a/cx/b/"),
        ("/a/{x}/b/{$}", "/{x}/c/{y...}", "/a/x/b/"),
    ],
)
def test_difference_path(first: str, second: str, path: str) -> None:
    assert difference_path(parse_pattern(first), parse_pattern(second)) == path
