"""A Unix socket's file: when it is there, with which permissions, and who may remove it."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from gomicro.errors import StartupError
from gomicro.server.binding import listen
from gomicro.server.unix_socket import bind_unix


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s"


@contextmanager
def bound(path: Path, mode: int | None = None) -> Iterator[socket.socket]:
    sock, file = bind_unix(str(path), mode)
    with sock:
        yield sock
    file.remove()


def connects(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0


def left_in(directory: Path) -> list[str]:
    return sorted(entry.name for entry in directory.iterdir())


def test_the_file_has_its_name_as_soon_as_it_listens(path: Path) -> None:
    with bound(path) as sock:
        assert not path.exists()
        listen(sock)
        assert connects(path)
        assert left_in(path.parent) == ["s"]
    assert left_in(path.parent) == []


def test_listening_twice_changes_nothing(path: Path) -> None:
    with bound(path) as sock:
        listen(sock)
        listen(sock)
        assert connects(path)


def test_it_is_removed_though_it_never_listened(path: Path) -> None:
    with bound(path):
        assert len(left_in(path.parent)) == 1
    assert left_in(path.parent) == []


@pytest.mark.parametrize("mode", [0o600, 0o666, 0o660])
def test_it_has_the_permissions_that_were_asked_for(path: Path, mode: int) -> None:
    with bound(path, mode) as sock:
        listen(sock)
        assert stat.S_IMODE(path.stat().st_mode) == mode


def test_without_permissions_the_umask_leaves_them(path: Path) -> None:
    before = os.umask(0o027)
    try:
        with bound(path) as sock:
            listen(sock)
            assert stat.S_IMODE(path.stat().st_mode) == 0o750
    finally:
        os.umask(before)


def test_a_relative_path_is_one_wherever_the_application_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with bound(Path("s")) as sock:
        monkeypatch.chdir("/")
        listen(sock)
        assert connects(tmp_path / "s")
    assert left_in(tmp_path) == []


def test_a_socket_that_nobody_listens_on_is_replaced(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    with bound(path) as sock:
        listen(sock)
        assert connects(path)


@pytest.mark.parametrize("full", [False, True], ids=["free", "with a full queue"])
def test_a_socket_that_somebody_listens_on_is_left_alone(path: Path, full: bool) -> None:
    with socket.socket(socket.AF_UNIX) as other, ExitStack() as stack:
        other.bind(str(path))
        other.listen(0)
        while full:
            client = stack.enter_context(socket.socket(socket.AF_UNIX))
            client.setblocking(False)
            full = client.connect_ex(str(path)) == 0
        with pytest.raises(StartupError) as caught, bound(path):
            raise AssertionError("it is bound")
        assert path.exists()
    assert str(caught.value) == f"cannot listen on unix:{path}: already in use"


def test_another_that_has_come_to_listen_meanwhile_is_left_alone(path: Path) -> None:
    with bound(path) as first, bound(path) as second:
        listen(second)
        with pytest.raises(StartupError, match="already in use"):
            listen(first)
        assert connects(path)
    assert left_in(path.parent) == []


def test_two_processes_that_have_the_socket_may_both_listen(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever is later finds that it is done, even where it looked before that."""
    with bound(path) as sock:
        name = sock.getsockname()
        rename = os.rename

        def late(*names: str) -> None:
            rename(*names)  # the other process's
            rename(*names)  # this one's

        monkeypatch.setattr(os, "rename", late)
        listen(sock)
        assert not os.path.lexists(name)
        assert connects(path)


def test_a_file_that_is_no_socket_is_left_alone(path: Path) -> None:
    path.write_text("precious")
    with pytest.raises(StartupError, match="it is there, and is no socket"), bound(path):
        raise AssertionError("it is bound")
    assert path.read_text() == "precious"


def test_a_directory_that_has_taken_the_name_is_a_startup_error(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bound(path) as sock:
        monkeypatch.setattr("gomicro.server.unix_socket._refuse_others", lambda path: None)
        path.mkdir()
        with pytest.raises(StartupError, match=f"cannot listen on unix:{path}: Is a directory"):
            listen(sock)


def test_a_socket_of_another_sort_is_left_alone(path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.bind(str(path))
        with pytest.raises(StartupError, match=f"cannot listen on unix:{path}: "), bound(path):
            raise AssertionError("it is bound")
        assert path.exists()


def test_the_file_of_one_that_came_after_is_left_alone(path: Path) -> None:
    with bound(path) as first:
        listen(first)
        first.close()
        sock, file = bind_unix(str(path), None)
        with sock:
            listen(sock)
    assert path.exists()  # the first has gone and has not taken it along
    file.remove()
    file.remove()  # and is gone already
    assert left_in(path.parent) == []


@pytest.mark.parametrize("path", ["/no/such/directory/s", f"/{'x' * 110}"], ids=["where", "long"])
def test_a_path_that_cannot_be_bound_is_a_startup_error(path: str) -> None:
    with pytest.raises(StartupError, match=f"^cannot listen on unix:{path}: ") as caught:
        bind_unix(path, None)
    assert caught.value.exit_code == 3
