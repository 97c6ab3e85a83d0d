"""What a fleet decides when code changes: events in, actions out."""

from __future__ import annotations

import signal

from gomicro.fleet.actions import Beat, Send, Spawn, Tell
from gomicro.fleet.crew import Limits
from gomicro.fleet.machine import Machine
from tests.fleet.playing import Play


class Code(Play):
    """One worker, and somebody who saves."""

    def __init__(self) -> None:
        super().__init__(1)
        self.machine = Machine(Limits(1, grace=30.0), reloads=True)
        self.done.clear()
        self.machine.start(self.now)
        self._collect()

    def save(self) -> Code:
        self.machine.reload("main.py changed", self.now)
        self._collect()
        return self

    def short(self) -> list[str]:
        """What was done since the last call, but for the log."""
        return [word for action in self.news() for word in [_word(action)] if word]


def _word(action: object) -> str:
    if isinstance(action, Spawn):
        return f"start {action.key}"
    if isinstance(action, Tell):
        return f"{action.word} {action.key}"
    if isinstance(action, Send):
        return f"{signal.Signals(action.signal).name} {action.key}"
    return ""


def served() -> Code:
    """A worker serves, and nothing else has happened."""
    code = Code()
    code.ready(1)
    assert code.short() == ["start 1"]
    return code


def test_a_replacement_starts_while_clients_wait_for_it() -> None:
    code = served().save()
    assert code.short() == ["hold 1", "start 2"]
    code.ready(2).rests(1)
    assert code.short() == ["leave 1"]
    assert [line["reason"] for line in code.log("restart begun")] == ["main.py changed"]
    assert len(code.log("restart done")) == 1


def test_broken_code_leaves_the_old_worker_to_its_clients() -> None:
    code = served().save()
    code.failed(2, "this is broken")
    assert code.short() == ["hold 1", "start 2", "go on 1"]
    assert [line["reason"] for line in code.log("restart given up")] == ["this is broken"]
    code.save().ready(3)
    assert code.short() == ["hold 1", "start 3", "leave 1"]


def test_a_start_whose_code_has_changed_again_is_stopped() -> None:
    code = served().save().save()
    assert code.short() == ["hold 1", "start 2", "SIGTERM 2"]
    code.died(2, -15)
    assert code.short() == ["hold 1", "start 3"]
    code.ready(3).rests(1)
    assert code.short() == ["leave 1"]
    assert code.log("worker failed to start") == code.log("restart given up") == []
    assert len(code.log("restart done")) == 1


def test_a_start_that_does_not_stop_is_killed_and_the_next_begins() -> None:
    code = served().save().save()
    code.wait(2)
    assert code.short() == ["hold 1", "start 2", "SIGTERM 2", "SIGKILL 2"]
    code.died(2, -9)
    assert code.short() == ["hold 1", "start 3"]
    assert code.log("worker failed to start") == code.log("restart given up") == []


def test_nobody_waits_for_an_old_worker_that_has_a_long_answer_to_finish() -> None:
    code = served().save().ready(2)
    assert isinstance(code, Code)
    assert code.save().short() == ["hold 1", "start 2", "leave 1", "hold 2", "start 3"]
    code.ready(3)
    assert code.short() == ["leave 2"]
    assert code.alive == {1, 2, 3}


def test_a_save_before_the_first_worker_is_ready_starts_it_again() -> None:
    code = Code().save()
    assert code.short() == ["start 1", "SIGTERM 1"]
    code.died(1, -15).wait(0.1)
    assert code.short() == ["start 2"]
    assert code.exit is None
    code.ready(2)
    assert code.short() == []


def test_a_save_does_not_wait_for_the_back_off_of_a_worker_that_keeps_dying() -> None:
    code = served()
    for key in range(1, 6):
        code.died(key, 1).wait(60)
        code.beats[key + 1] = Beat(code.now)
    code.short()
    last = max(code.alive)
    code.failed(last)
    code.save().wait(0.001)
    assert code.short() == [f"start {last + 1}"]


def test_a_save_in_a_departure_changes_nothing() -> None:
    code = served()
    code.stop()
    code.short()
    assert code.save().short() == []


def test_a_stop_while_a_start_is_stopped_begins_no_other() -> None:
    code = served().save().save()
    code.stop()
    code.short()
    code.died(2, -15).wait(0.1)
    assert code.short() == ["leave 1"]
    code.died(1, 0)
    assert code.exit is not None
    assert code.exit.status == 0


def test_restarts_on_sighup_hold_as_well() -> None:
    code = served()
    code.restart()
    assert code.short() == ["hold 1", "start 2"]
