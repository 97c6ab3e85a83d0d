"""`python -m tests.wire` compares and records."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.wire import recorded
from tests.wire.__main__ import main
from tests.wire.golang import UnavailableError, running_go


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["tests.wire", *arguments])
    return main()


def test_cases_are_compared_by_their_names(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "host/*", "headers/fold-*") == 0
    said = capsys.readouterr().out
    count = len([n for n in recorded.all_cases() if n.startswith(("host/", "headers/fold-"))])
    assert said == f"{count} of {count} cases agree\n"


def test_a_case_that_differs_is_named_with_both_answers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    answers = recorded.load()
    answers["host/blank"] = {"answers": [{"status": 200, "body": "Hi"}]}
    changed = tmp_path / "answers.json"
    monkeypatch.setattr(recorded, "ANSWERS", changed)
    recorded.save(answers)
    assert run(monkeypatch, "host/blank", "host/missing") == 1
    said = capsys.readouterr().out
    assert said.startswith("host/blank: answers: [{'status': 200, 'body': 'Hi'}] -> [{'status': ")
    assert said.endswith("1 of 2 cases agree\n")


def test_recording_writes_what_is_written_already(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Go answers today what it answered when the answers were recorded."""
    try:
        with running_go(tmp_path):
            pass
    except UnavailableError as error:
        pytest.skip(str(error))
    written = recorded.ANSWERS.read_text()
    again = tmp_path / "answers.json"
    again.write_text(written)
    monkeypatch.setattr(recorded, "ANSWERS", again)
    assert run(monkeypatch, "--record", "host/*", "methods/*", "smuggling/*") == 0
    assert capsys.readouterr().out.endswith(" cases recorded\n")
    cases, before, now = recorded.all_cases(), json.loads(written), recorded.load()
    assert now.keys() == before.keys()
    assert [fault for n in now for fault in recorded.differences(cases[n], before[n], now[n])] == []
    recorded.save(before)
    assert again.read_text() == written
