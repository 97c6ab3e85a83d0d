"""The small parts of a fleet, each by itself."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import json
import os
import re
import selectors
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from gomicro.config import SEAT_VARIABLE, ServerConfig
from gomicro.errors import GomicroError
from gomicro.fleet import log_files, pulse, spawn
from gomicro.fleet.__main__ import main
from gomicro.fleet.channel import Channel
from gomicro.fleet.cores import cores
from gomicro.fleet.crew import Limits
from gomicro.fleet.fleet import make_supervisor
from gomicro.fleet.located import ask, line_of
from gomicro.fleet.log import Log
from gomicro.fleet.log_files import LogFiles
from gomicro.fleet.machine import Machine
from gomicro.fleet.records import Field, Records
from gomicro.fleet.seat import Seat
from gomicro.fleet.worker import Worker
from gomicro.log.among import Among


def test_what_is_said_on_one_end_is_heard_on_the_other_in_its_order() -> None:
    ours, theirs = map(Channel, socket.socketpair())
    assert theirs.heard() == []
    ours.say("ready")
    ours.say("leave", reason="restart")
    assert theirs.heard() == [("ready", {}), ("leave", {"reason": "restart"})]
    ours.sock.send(b'["half"')
    assert theirs.heard() == []
    ours.sock.send(b', {}]\n["and", {}]\n')
    assert theirs.heard() == [("half", {}), ("and", {})]
    ours.say("last")
    ours.close()
    assert theirs.heard() == [("last", {})]
    assert theirs.ended
    theirs.say("to nobody")
    theirs.close()


def test_who_speaks_to_nobody_notices_it() -> None:
    ours, theirs = map(Channel, socket.socketpair())
    theirs.close()
    ours.say("to nobody")
    assert ours.ended
    ours.close()


def test_who_has_closed_its_own_end_says_nothing() -> None:
    """As a process does that a worker's application has forked."""
    ours, theirs = map(Channel, socket.socketpair())
    ours.close()
    ours.say("leave")
    ours.say_at_last("failed", reason="of its own")
    assert theirs.heard() == []
    theirs.close()


def test_who_does_not_listen_is_not_taken_for_gone() -> None:
    """A worker that blocks may be told so much that nothing more fits in."""
    ours, theirs = map(Channel, socket.socketpair())
    for _ in range(10_000):
        ours.say("reopen")
    assert not ours.ended
    theirs.say("ready")
    assert ours.heard() == [("ready", {})]
    assert {word for word, _ in theirs.heard()} == {"reopen"}
    ours.say("leave")
    assert theirs.heard() == [("leave", {})]
    ours.close()
    theirs.close()


def test_a_reset_is_an_end() -> None:
    ours, theirs = map(Channel, socket.socketpair())
    theirs.say("unread")
    ours.close()
    assert theirs.heard() == []
    assert theirs.ended
    theirs.close()


SEAT = Seat(1, 2, 3, 4, 5, 6, (7, 8), (8,), ((1, "/log"),))


def test_a_seat_is_taken_once() -> None:
    environment = {SEAT_VARIABLE: SEAT.variable(), "HOME": "/"}
    assert Seat.taken(environment) == SEAT
    assert environment == {"HOME": "/"}
    assert Seat.taken(environment) is None


def test_a_worker_that_nobody_has_started_is_an_error() -> None:
    with pytest.raises(GomicroError, match="started by its supervisor"):
        Worker.here()


STACK = f"""Stack (most recent call first):
  File "{re.__file__}", line 167 in match
  File "/app/main.py", line 17 in load
  File "{asyncio.base_events.__file__}", line 100 in run
  File "{spawn.__file__}", line 15 in main
  File "/venv/bin/gomicro", line 10 in <module>
""".encode()


def test_the_line_of_a_stack_is_the_innermost_of_the_users_own() -> None:
    assert line_of(STACK) == "/app/main.py:17 load"


def test_a_module_of_a_library_that_is_imported_is_not_the_outermost() -> None:
    imported = STACK.replace(b" in match\n", b" in <module>\n").replace(
        b" in load", b" in <module>"
    )
    assert line_of(imported) == "/app/main.py:17 <module>"


def test_a_stack_ends_with_gomicros_own_module_as_well() -> None:
    own = STACK.replace(b"/venv/bin/gomicro", spawn.__file__.encode())
    without = b"".join(own.splitlines(keepends=True)[:2] + own.splitlines(keepends=True)[3:])
    assert line_of(without) == f"{re.__file__}:167 match"


def test_where_none_is_the_users_own_it_is_the_innermost_once_all_have_come() -> None:
    lines = STACK.splitlines(keepends=True)
    library = lines[:2] + lines[3:]
    innermost = f"{re.__file__}:167 match"
    assert line_of(b"".join(library)) == innermost
    assert line_of(b"".join(library[:-1])) == ""
    assert line_of(b"".join([*library[:-1], b"  ...\n"])) == innermost


@pytest.mark.parametrize("error", [AttributeError(), OSError(errno.EINVAL, "invalid")])
def test_where_no_single_thread_can_be_asked_the_process_is(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def send(descriptor: int, *_: Any) -> None:
        os.fstat(descriptor)
        raise error

    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "pidfd_open", lambda _: os.open(os.devnull, os.O_RDONLY), raising=False)
    monkeypatch.setattr(signal, "pidfd_send_signal", send, raising=False)
    monkeypatch.setattr(os, "kill", lambda *args: sent.append(args))
    ask(7)
    assert sent == [(7, signal.SIGURG)]


def cgroup(root: Path, membership: str, files: dict[str, str]) -> Path:
    """A file system with the files of a process's cgroup."""
    for name, text in {"proc/self/cgroup": membership, **files}.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


ONE = "sys/fs/cgroup/cpu"


@pytest.mark.parametrize(
    ("membership", "files", "expected"),
    [
        ("0::/\n", {}, 64),
        ("0::/\n", {"sys/fs/cgroup/cpu.max": "max 100000\n"}, 64),
        ("0::/a/b\n", {"sys/fs/cgroup/a/b/cpu.max": "150000 100000\n"}, 2),
        ("0::/a/b\n", {"sys/fs/cgroup/a/cpu.max": "300000 100000\n"}, 3),
        ("0::/unseen\n", {"sys/fs/cgroup/cpu.max": "50000 100000\n"}, 1),
        (
            "4:cpu,cpuacct:/a\n2:memory:/a\n",
            {f"{ONE}/a/cpu.cfs_quota_us": "400000", f"{ONE}/a/cpu.cfs_period_us": "100000"},
            4,
        ),
        (
            "4:cpu:/\n",
            {f"{ONE}/cpu.cfs_quota_us": "-1", f"{ONE}/cpu.cfs_period_us": "100000"},
            64,
        ),
    ],
)
def test_auto_is_what_affinity_and_cgroup_allow(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    membership: str,
    files: dict[str, str],
    expected: int,
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(64)), raising=False)
    assert cores(cgroup(tmp_path, membership, files)) == expected


def test_auto_without_affinity_and_cgroups_is_the_number_of_processors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 12)
    assert cores(tmp_path) == 12


def test_log_files_are_opened_anew_by_the_names_they_had(tmp_path: Path) -> None:
    file = tmp_path / "log"
    descriptor = os.open(file, os.O_CREAT | os.O_WRONLY)
    files = LogFiles(((descriptor, str(file)), (descriptor, str(tmp_path / "gone" / "log"))))
    file.rename(tmp_path / "old")
    gone = {str(tmp_path / "gone" / "log"): "No such file or directory"}
    assert files.reopen() == ([str(file)], gone)
    os.write(descriptor, b"new")
    os.close(descriptor)
    assert file.read_bytes() == b"new"
    assert (tmp_path / "old").read_bytes() == b""


STRANGERS = """
import os, subprocess, sys
from gomicro.fleet.reaping import leave_alone, reap_strangers

def started(code=""):
    return subprocess.Popen([sys.executable, "-S", "-c", code])

def ended(child):
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    return child

reap_strangers(set())  # there is nobody
ours = ended(started("raise SystemExit(3)"))
leave_alone(set())
reap_strangers({ours.pid})
assert ours.wait() == 3
running = started("import time; time.sleep(60)")
stranger = ended(started("raise SystemExit(3)"))
reap_strangers(set())
assert running.poll() is None
assert stranger.wait() == 0, "as it cannot be known any more"
running.kill()
running.wait()
"""


def test_strangers_that_have_ended_are_reaped_and_who_is_ours_is_not() -> None:
    """In a process of its own, which has no children of other tests."""
    subprocess.run([sys.executable, "-W", "error", "-c", STRANGERS], timeout=60, check=True)


def test_the_directory_is_called_as_the_shell_calls_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be a link, which a deployment sets to another release."""
    (tmp_path / "release").mkdir()
    (tmp_path / "current").symlink_to("release")
    monkeypatch.chdir(tmp_path / "current")
    monkeypatch.setenv("PWD", str(tmp_path / "current"))
    assert spawn.directory() == str(tmp_path / "current")
    monkeypatch.setenv("PWD", "/")
    assert spawn.directory() == str(tmp_path / "release")
    monkeypatch.delenv("PWD")
    assert spawn.directory() == str(tmp_path / "release")


def test_a_turn_is_one_processes_until_it_ends_it(tmp_path: Path) -> None:
    file = tmp_path / "turns"
    file.touch()
    with file.open("r+b") as ours:
        among = Among({}, ours.fileno())
        assert among.take_turn()
        assert another_may_take_a_turn(file) is False
        among.end_turn()
        assert another_may_take_a_turn(file) is True


def another_may_take_a_turn(file: Path) -> bool:
    program = (
        "import sys; from gomicro.log.among import Among; file = open(sys.argv[1], 'r+b'); "
        "print(Among({}, file.fileno()).take_turn())"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, str(file)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return bool(json.loads(done.stdout.lower()))


def test_a_worker_whose_loop_does_not_hear_of_the_end_is_ended(tmp_path: Path) -> None:
    program = (
        "import socket, time; from gomicro.fleet import orphan; "
        "ours, theirs = socket.socketpair(); from math import inf; "
        "orphan.end_without(ours.fileno(), lambda: inf); "
        "orphan.end_without(ours.fileno(), lambda: 0.1); "
        "theirs.close(); time.sleep(60)"
    )
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", program], check=False)
    assert (done.returncode, time.monotonic() - began < 30) == (1, True)


def test_where_there_is_no_memory_file_the_records_are_in_a_temporary_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    records = Records.make()
    records.record(0)[Field.PID] = 7
    assert Records(records.descriptor).record(0)[Field.PID] == 7
    os.close(records.descriptor)


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_where_the_system_does_not_tell_the_memory_in_use_it_is_the_most_there_was(
    monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    monkeypatch.setattr(pulse, "_STATM", Path("/nowhere"))
    monkeypatch.setattr(sys, "platform", platform)
    assert pulse._memory() > 1_000_000 / (1024 if platform == "darwin" else 1)


def test_where_the_system_has_a_call_for_it_the_name_of_a_log_file_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As on macOS."""
    monkeypatch.setattr(fcntl, "F_GETPATH", 50, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", lambda number, what, room: b"/var/log/x" + bytes(9))
    with (tmp_path / "log").open("wb") as file:
        assert log_files._path(file.fileno()) == "/var/log/x"


def test_the_supervisors_log_leaves_out_what_is_below_its_level_and_counts_what_is_lost(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = Log(ServerConfig(log_level="warning", log_format="json"))
    log.write("info", "worker ready", worker=1)
    log._sink.lost = 3
    log.write("warning", "worker blocked", worker=1)
    log.flush()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["event"], line["logger"]) for line in lines] == [
        ("log lines lost", "gomicro.log"),
        ("worker blocked", "gomicro.fleet"),
    ]


def test_when_the_supervisor_fails_it_leaves_no_worker_behind() -> None:
    machine = Machine(Limits(1))
    command = spawn.Command("/bin/sleep", ("sleep", "60"), {}, str(Path.cwd()))
    supervisor = make_supervisor(machine, ServerConfig(host="127.0.0.1", port=0), command)
    ours, theirs = socket.socketpair()

    def fail() -> None:
        raise RuntimeError("a defect")

    theirs.send(b"x")
    supervisor.selector.register(ours, selectors.EVENT_READ, fail)
    with ours, theirs, pytest.raises(RuntimeError, match="a defect"):
        supervisor.run()
    (worker,) = machine.workers.values()
    with pytest.raises(ProcessLookupError):
        os.kill(worker.pid, 0)


def test_the_workers_program_is_for_a_supervisor_to_start() -> None:
    with pytest.raises(GomicroError, match="started by its supervisor"):
        main([])
