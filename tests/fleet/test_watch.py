"""Workers that give no sign of life, in virtual time."""

from __future__ import annotations

from tests.fleet.playing import Play


def test_a_silence_is_reported_once_with_the_line_and_so_is_its_end() -> None:
    play = Play().ready(1, 2)
    play.told()
    while not (told := play.told()):
        play.wait(0.1, silent=(2,))
    assert told == [("locate", 2)]
    play.located(2, "app.py:3 f").located(2, "app.py:4 f").wait(10, silent=(2,))
    assert play.log("worker blocked") == [
        {"worker": 2, "pid": 102, "silent": 2.0, "at": "app.py:3 f"}
    ]
    play.wait(1)
    assert [line["worker"] for line in play.log("worker runs again")] == [2]
    assert play.told() == []


def test_a_silence_is_reported_also_where_the_worker_cannot_tell_its_line() -> None:
    play = Play(workers=1).ready(1).wait(4, silent=(1,))
    assert [line["at"] for line in play.log("worker blocked")] == [""]


def test_a_silence_that_is_over_before_the_worker_is_found_is_not_reported() -> None:
    play = Play(workers=1).ready(1)
    play.told()
    while not play.told():
        play.wait(0.1, silent=(1,))
    play.wait(0.6).located(1, "app.py:3 f").wait(5)
    assert play.log("worker blocked") == []
    assert play.log("worker runs again") == []


def test_nobody_is_killed_for_a_silence_unless_it_is_asked_for() -> None:
    play = Play(workers=1).ready(1)
    play.told()
    assert play.wait(10_000, silent=(1,)).told() == [("locate", 1)]


def test_who_is_silent_for_the_worker_timeout_is_killed_and_replaced() -> None:
    play = Play(workers=1, silence=30).ready(1)
    play.told()
    assert play.wait(29, silent=(1,)).told() == [("locate", 1)]
    assert play.wait(2, silent=(1,)).told() == [("signal", 1, "SIGKILL")]
    assert play.died(1, -9).wait(0.2).told() == [("start", 2, 1)]
    reason = play.log("worker killed")[0]["reason"]
    assert reason.startswith("no sign of life for 30.")
    assert reason.endswith(" s (--worker-timeout)")


def test_a_short_worker_timeout_is_reported_at_half_of_it() -> None:
    play = Play(workers=1, silence=1).ready(1)
    play.told()
    assert play.wait(1.6, silent=(1,)).told() == [("locate", 1), ("signal", 1, "SIGKILL")]


def test_a_machine_that_was_asleep_kills_nobody() -> None:
    play = Play(workers=1, silence=30).ready(1).wait(10)
    play.told()
    assert play.sleep(3600).wait(1.5, silent=(1,)).told() == []
    assert play.wait(60).told() == []


def test_a_worker_that_starts_is_not_taken_for_silent() -> None:
    play = Play(workers=1, silence=1)
    play.told()
    assert play.wait(100).told() == []


def test_one_that_is_silent_and_has_just_been_asked_is_given_time_to_answer() -> None:
    play = Play(workers=1).ready(1)
    while play.told() != [("locate", 1)]:
        play.wait(0.1, silent=(1,))
    play.machine.tick(play.beats, play.now + 0.49)
    play.machine._watch.look(play.beats, play.now + 0.49)
    assert play.log("worker blocked") == []
