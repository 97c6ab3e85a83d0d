"""What the fuzzer takes for a difference, and what not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fuzz.conversation import Conversation, conversation
from tests.fuzz.talk import Told
from tests.fuzz.verdict import verdict
from tests.wire.answers import BAD_REQUEST, BYEE, OOPS, Answer, closing, hello

PLAIN = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
FOLDED = b"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n"
GO_REFUSES = replace(BAD_REQUEST, framing="close")


def holds(sent: bytes, go: Told, ours: Told, *, half_close: bool = False) -> bool:
    return not verdict(Conversation(0, (sent,), half_close, (b"GET",)), go, ours)


def told(*answers: Answer, extra: bytes = b"", kept: bool = False, reset: bool = False) -> Told:
    closed_at = None if kept else 0.0
    return Told(list(answers), kept=kept, closed_at=closed_at, extra=extra, reset=reset)


SAME = [
    (PLAIN, told(hello(), BYEE), told(hello(), BYEE)),
    (PLAIN, told(GO_REFUSES), told(BAD_REQUEST)),
    (FOLDED, told(hello(), BYEE), told(BAD_REQUEST)),
    (FOLDED, told(hello(), BYEE), told(closing(hello()))),
    (PLAIN, told(hello(), reset=True), told(hello(), closing(BYEE))),
    (
        PLAIN,
        told(BYEE, extra=b"HTTP/1.1 200 OK\r\nDate: 1\r\nX: y\r\n\r\n"),
        told(BYEE, extra=b"HTTP/1.1 200 OK\r\nx: y\r\ndate: 2\r\n\r\n"),
    ),
]


@pytest.mark.parametrize(("sent", "go", "ours"), SAME)
def test_what_no_client_relies_on_is_no_difference(sent: bytes, go: Told, ours: Told) -> None:
    assert holds(sent, go, ours)


DIFFERENT = [
    (PLAIN, told(hello()), told(BYEE)),
    (PLAIN, told(hello()), told(hello(), BYEE)),
    (PLAIN, told(hello()), told(hello(), OOPS)),
    (PLAIN, told(hello(), BYEE), told(hello())),
    (PLAIN, told(hello(), BYEE), told(BAD_REQUEST)),
    (PLAIN, told(hello(), BYEE), told(hello(), OOPS)),
    (PLAIN, told(GO_REFUSES), told(hello(), BYEE)),
    (PLAIN, told(hello()), told(hello(), kept=True)),
    (PLAIN, told(hello()), told(hello(), extra=b"HTTP/1.1")),
    (PLAIN, told(hello()), told(closing(hello()))),
    (PLAIN, told(hello()), told(replace(hello(), framing="chunked"))),
    (PLAIN, told(BYEE, reset=True), told(hello(), BYEE)),
    (FOLDED, told(GO_REFUSES), told(hello(), BYEE)),
    (FOLDED, told(hello(), BYEE), told(BYEE, BAD_REQUEST)),
    (FOLDED, told(hello(), BYEE), told(hello(), OOPS, BYEE)),
]


@pytest.mark.parametrize(("sent", "go", "ours"), DIFFERENT)
def test_what_a_client_would_notice_is_a_difference(sent: bytes, go: Told, ours: Told) -> None:
    assert not holds(sent, go, ours)


def test_after_its_own_end_a_client_needs_no_word_of_the_servers() -> None:
    said, unsaid = told(OOPS), told(replace(OOPS, close=False))
    assert holds(PLAIN, said, unsaid, half_close=True)
    assert not holds(PLAIN, said, unsaid)


def test_a_seed_makes_the_same_conversation_again() -> None:
    assert [conversation(seed) for seed in range(50)] == [conversation(s) for s in range(50)]
    assert len({conversation(seed).sent for seed in range(50)}) == 50
