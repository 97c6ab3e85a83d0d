"""What Go answered to the cases in `cases/`: how it is written down, and what may differ."""

from __future__ import annotations

import fnmatch
import hashlib
import importlib
import json
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from tests.wire.answers import BAD_REQUEST, Answer
from tests.wire.play import LATE, Seen
from tests.wire.steps import Case

__all__ = [
    "Record",
    "all_cases",
    "deviation",
    "deviations",
    "differences",
    "load",
    "save",
    "strict",
    "to_record",
    "with_times",
]

HERE = Path(__file__).parent
ANSWERS = HERE / "answers.json"
LONG_BODY = 256
"""Bytes up to which a body is written down, and not only its size and digest."""

SOON = 0.3
"""Seconds within which something is taken to come at once."""

Record = dict[str, Any]
_DEFAULTS = {field.name: field.default for field in fields(Answer)}


def all_cases() -> dict[str, Case]:
    """Every case, by its name: the topic, which is its file, and what it is about."""
    table: dict[str, Case] = {}
    for path in sorted((HERE / "cases").glob("*.py")):
        table |= importlib.import_module(f"tests.wire.cases.{path.stem}").CASES
    return table


def with_times(table: dict[str, Case], answers: dict[str, Record]) -> dict[str, Case]:
    """The same cases, knowing from the answers to them which depend on the clock."""
    ends = {name: answers.get(name, {}).get("closed_at") or 0.0 for name in table}
    return {
        name: replace(case, closed_at=ends[name]) if ends[name] > SOON else case
        for name, case in table.items()
    }


def to_record(seen: Seen) -> Record:
    """What was seen, as it is written down: what is usual is left out."""
    record: Record = {"answers": [_answer(answer) for answer in seen.answers]}
    at = [_moment(seen, at) for at in seen.at[: len(seen.answers)]]
    if any(moment > SOON for moment in at):
        record["at"] = at
    if not seen.kept:
        record["closed_at"] = None if seen.closed_at is None else _moment(seen, seen.closed_at)
    if seen.extra:
        record["extra"] = seen.extra.decode("latin-1")
    if seen.problems:
        record["problems"] = seen.problems
    return record


def _moment(seen: Seen, at: float) -> float:
    """Seconds from the client's last step, which does not depend on how fast the client was; from
    the connect for what came before that step.
    """
    return round(at - seen.sent_at if at >= seen.sent_at else at, 1)


def _answer(answer: Answer) -> Record:
    said = {name: value for name, value in asdict(answer).items() if value != _DEFAULTS.get(name)}
    if len(answer.body) > LONG_BODY:
        digest = hashlib.sha256(answer.body).hexdigest()[:32]
        said["body"] = f"{len(answer.body)} bytes, SHA-256 {digest}..."
    elif answer.body:
        said["body"] = answer.body.decode("latin-1")
    return said


def load() -> dict[str, Record]:
    """The answers that are written down, by the names of the cases."""
    answers: dict[str, Record] = json.loads(ANSWERS.read_text())
    return answers


def save(answers: dict[str, Record]) -> None:
    """Write the answers down, one case a line."""
    lines = [f"{json.dumps(name)}: {json.dumps(answers[name])}" for name in sorted(answers)]
    ANSWERS.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def differences(case: Case, go: Record, ours: Record, *, untimed: bool = False) -> list[str]:
    """What a client would notice; empty if it is nothing. `untimed`: one without a clock."""
    found = []
    refusals = [answer for answer in go["answers"] if answer["status"] >= 400]
    pairs = list(zip(go["answers"], ours["answers"], strict=False))
    if len(go["answers"]) != len(ours["answers"]) or not all(_alike(*pair) for pair in pairs):
        found.append(f"answers: {go['answers']} -> {ours['answers']}")
    if ("closed_at" in go) != ("closed_at" in ours):
        found.append(f"closed: {'closed_at' in go} -> {'closed_at' in ours}")
    elif not case.heavy and not untimed:
        found += _late(go, ours)
    # Go sends the text of a refusal even where HEAD was asked.
    if go.get("extra") != ours.get("extra") and not (refusals and "extra" not in ours):
        found.append(f"no answer: {go.get('extra')!r} -> {ours.get('extra')!r}")
    found += ours.get("problems", [])
    return found


def _alike(go: Record, ours: Record) -> bool:
    """Whether two answers are one to a client."""
    framings = go.get("framing", "length"), ours.get("framing", "length")
    either = {"close"} if framings == ("close", "close") else set()  # the body says so already
    if go["status"] >= 400:
        # Go ends the body of a refusal by closing; a length there is as good.
        as_good = framings == ("close", "length")
        as_good = as_good or (framings[0] == "none" and framings[1].startswith("head of "))
        either |= {"framing"} if as_good else set()
    return _without(go, either) == _without(ours, either)


def _without(record: Record, names: set[str]) -> Record:
    return {name: value for name, value in record.items() if name not in names}


def _late(go: Record, ours: Record) -> list[str]:
    pairs = [("closed", go.get("closed_at") or 0.0, ours.get("closed_at") or 0.0)]
    pairs += zip(
        [f"answer {number}" for number in range(1, len(go["answers"]) + 1)],
        go.get("at", [0.0] * len(go["answers"])),
        ours.get("at", [0.0] * len(ours["answers"])),
        strict=False,
    )
    return [
        f"{what}: at {wanted} s -> at {come} s"
        for what, wanted, come in pairs
        if not wanted - SOON <= come <= wanted + LATE
    ]


def deviations() -> list[Record]:
    """Where gomicro is stricter than Go, on purpose."""
    entries: list[Record] = json.loads((HERE / "deviations.json").read_text())
    return entries


def deviation(name: str) -> Record | None:
    """The first that speaks of a case."""
    matching = (e for e in deviations() if fnmatch.fnmatchcase(name, e["match"]))
    return next(matching, None)


def strict(ours: Record) -> bool:
    """Whether a case was refused as malformed, with nothing before or after it."""
    return ours["answers"] == [_answer(BAD_REQUEST)] and "closed_at" in ours
