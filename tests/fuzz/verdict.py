"""Whether two stories of a conversation are one, but for what is documented."""

from __future__ import annotations

import re
from dataclasses import replace

from tests.fuzz.conversation import Conversation
from tests.fuzz.talk import Told
from tests.wire.play import Seen
from tests.wire.recorded import differences, to_record
from tests.wire.steps import asked

__all__ = ["verdict"]

# Where gomicro is stricter than Go, as the reference says: folded lines, lines that end with LF
# alone, a length that is there twice.
_STRICTER = re.compile(
    rb"\n[ \t]|(?<!\r)\n|content-length *:[^\n]*\n(?:.*\n)*?content-length *:", re.IGNORECASE
)
_VARYING = (b"date:", b"http/1.", b"connection:", b"content-length:")
_CASE = asked()


# An HTTP/1.0 request that asks for both, and a body that nobody reads: Go leaves the body on the
# connection, keeps that, and takes the body for the next request.
_BOTH = re.compile(
    rb"HTTP/1\.0\r\n(?:.+\r\n)*?connection:[^\r]*(?:keep-alive.*close|close.*keep-alive)",
    re.IGNORECASE,
)


def verdict(conversation: Conversation, go: Told, ours: Told) -> list[str]:
    """What differs; empty if nothing does that a client may rely on."""
    if (go.answers, go.extra, go.kept) == (ours.answers, ours.extra, ours.kept):
        return ours.problems
    if _BOTH.search(conversation.sent):
        return ours.problems
    if go.reset:  # which took some of its answers away, or the end of one
        come = [a for a in go.answers if not (a.cut or (a.framing == "close" and a.status < 400))]
        go, ours = replace(go, answers=come), replace(ours, answers=ours.answers[: len(come)])
    if conversation.half_close and go.answers and ours.answers:
        # Nothing can follow, whether the last answer says so or not.
        go, ours = _closing(go), _closing(ours)
    if _words(go.extra) == _words(ours.extra):
        go, ours = replace(go, extra=b""), replace(ours, extra=b"")
    found = differences(_CASE, to_record(go), to_record(ours))
    if found and _STRICTER.search(conversation.sent) and _stricter(go, ours):
        return ours.problems
    return found


def _stricter(go: Seen, ours: Seen) -> bool:
    """Whether gomicro ended the connection where Go went on, after the same answers: with a
    refusal, or because it does not take the body that follows a request for one.
    """
    if not ours.answers or ours.kept:
        return False
    *before, last = ours.answers
    same = [*go.answers[: len(before)]]
    if differences(_CASE, to_record(Seen(same)), to_record(Seen(before))):
        return False
    rest = go.answers[len(before) :]
    if last.status == 400:
        return ours.extra in (b"", b"400 Bad Request")
    return last.close and bool(rest) and replace(rest[0], close=True) == last and not ours.extra


def _closing(told: Told) -> Told:
    *before, last = told.answers
    return replace(told, answers=[*before, replace(last, close=True, keep_alive=False)])


def _words(extra: bytes) -> list[bytes]:
    """Bytes after an answer that belong to none that is known, as far as they can be compared."""
    lines = [line.strip().lower() for line in extra.split(b"\n")]
    return sorted(line for line in lines if not line.startswith(_VARYING))
